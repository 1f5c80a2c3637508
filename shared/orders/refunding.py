"""Money given back: never more than was captured, in total, by payment and by line.

Everybody who refunds holds the order's lock, so what is left to give back is what is read here. A refund counts from
the moment it is asked for. Of payments by hand it is COMPLETED when somebody says that the money was handed over; of
a gateway's it waits, PENDING, until the gateway has answered (`complete`, `fail`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from shared.currency import in_currency
from shared.errors import ConflictError, FieldError, NotFoundError, invalid
from shared.models import Order, OrderItem, Payment, Refund, RefundItem
from shared.models.base import new_id, now
from shared.models.enums import OrderStatus, RefundReason, RefundStatus
from shared.orders import goods, shipping
from shared.orders.buyers import count_orders
from shared.orders.lifecycle import TRANSITIONS, move
from shared.orders.mails import currency_of, tell
from shared.orders.money import TAKEN, VOID, count_money, given_back, payments_of, refunds_of
from shared.orders.shops import refuse_refund, shop_of
from shared.pricing.refunds import SoldLine, refund_of
from shared.tenant_session import TenantSession

MANUAL = "manual"
"""The gateway of payments that people make and take by hand."""
_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class LineAsked:
    """Units of a line to give back the money for: what they cost, or less if an amount is given."""

    units: int
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What shall be given back: lines by their ids, shipping with its tax, and a sum beside both."""

    lines: Mapping[str, LineAsked] = field(default_factory=dict)
    shipping: Decimal = _NOTHING
    extra: Decimal = _NOTHING
    payment_id: str | None = None
    reason: RefundReason = RefundReason.CUSTOMER_REQUEST
    notes: str | None = None
    restock: bool = False
    is_paid_out: bool = True
    """Of a payment by hand: that the money was handed over already."""
    transaction_id: str | None = None


def refund(session: TenantSession, order: Order, asked: Asked) -> Refund:
    """Give money back for a locked order.

    Raises NotFoundError for a line or payment that it does not have; InvalidError for nothing at all; ConflictError
    `refund_there`, `refund_exceeds_line`, `refund_exceeds_shipping`, `refund_exceeds_captured`, naming what is left.
    """
    refuse_refund(session, order)
    items = {item.id: item for item in goods.items_of(session, order)}
    refunds = refunds_of(session, order)
    lines = _lines(session, order, items, asked)
    _check_shipping(session, order, refunds, asked.shipping)
    amount = sum(lines.values(), _NOTHING) + asked.shipping + asked.extra
    # What was free can come back too.
    if not amount and not lines:
        raise invalid([FieldError(loc=["body"], message="Say what to give back: items, shipping or an amount.")])
    payment = _payment(session, order, refunds, asked.payment_id, amount)
    row = _write(session, order, payment, amount, asked)
    for item_id, worth in lines.items():
        units = asked.lines[item_id].units
        session.add(RefundItem(refund_id=row.id, order_item_id=item_id, quantity=units, amount=worth))
        items[item_id].quantity_refunded += units
    if asked.restock:
        _restock(session, order, items, asked)
    count_money(session, order)
    if payment.gateway == MANUAL and asked.is_paid_out:
        complete(session, order, row, transaction_id=asked.transaction_id)
    shipping.settle(session, order)
    count_orders(session, order.customer_id)
    return row


def refund_all(
    session: TenantSession, order: Order, reason: RefundReason = RefundReason.OTHER, notes: str | None = None
) -> list[Refund]:
    """Give back all that is left of each captured payment of a locked order; a second time there is nothing left.

    Of an order of a connected shop nothing: that gives its money back when it is cancelled there.
    """
    if shop_of(session, order) is not None:
        return []
    refunds, made = refunds_of(session, order), []
    for payment in payments_of(session, order):
        left = _left(payment, refunds)
        if left:
            asked = Asked(reason=reason, notes=notes, extra=left)
            made.append(_write(session, order, payment, left, asked))
    count_money(session, order)
    return made


def complete(
    session: TenantSession, order: Order, row: Refund, *, transaction_id: str | None = None, at: datetime | None = None
) -> None:
    """The money of a refund of a locked order has gone back; a second time nothing happens.

    Raises ConflictError `refund_over` for one that has failed.
    """
    if row.status is RefundStatus.COMPLETED:
        return
    _refuse_over(row)
    row.status, row.processed_at = RefundStatus.COMPLETED, at or now()
    row.transaction_id = transaction_id or row.transaction_id
    count_money(session, order)
    _close(session, order)
    if row.amount:
        tell(session, order, "refund_made", f"refund:{row.id}", amount=row.amount)


def fail(session: TenantSession, order: Order, row: Refund, why: str | None = None) -> None:
    """The money of a refund of a locked order has not gone back, so that it may be asked for again.

    What was put back on the shelf stays there. Raises ConflictError `refund_over` for one that is COMPLETED.
    """
    if row.status in VOID:
        return
    _refuse_over(row)
    row.status, row.processed_at, row.notes = RefundStatus.FAILED, now(), why or row.notes
    items = {item.id: item for item in goods.items_of(session, order)}
    for line in session.scalars(select(RefundItem).where(RefundItem.refund_id == row.id)):
        items[line.order_item_id].quantity_refunded -= line.quantity
    count_money(session, order)
    shipping.settle(session, order)
    count_orders(session, order.customer_id)


def refund_row(session: TenantSession, order: Order, refund_id: str) -> Refund:
    """A refund of a locked order. Raises NotFoundError."""
    query = select(Refund).where(Refund.id == refund_id, Refund.order_id == order.id)
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFoundError("refund_not_found", "The order has no such refund.")
    return row


def shipping_left(order: Order, refunds: list[Refund]) -> Decimal:
    """What of the shipping, with its tax, has not gone back."""
    gone = sum((one.shipping_amount for one in refunds if one.status not in VOID), _NOTHING)
    return order.shipping_cost + order.shipping_tax - gone


def _lines(session: TenantSession, order: Order, items: Mapping[str, OrderItem], asked: Asked) -> dict[str, Decimal]:
    """What goes back for each line."""
    if unknown := [item_id for item_id in asked.lines if item_id not in items]:
        errors = [FieldError(loc=["body", "items"], message=item_id) for item_id in unknown]
        raise NotFoundError("order_item_not_found", "The order has no such line; `errors` names each.", errors)
    if asked.lines and order.status is OrderStatus.PENDING:
        raise ConflictError("order_not_confirmed", "Lines go back once the order is confirmed; cancel it instead.")
    gone = _gone_by_line(session, order) if asked.lines else {}
    currency = currency_of(session, order)
    found = {}
    for item_id, line in asked.lines.items():
        item = items[item_id]
        left = item.quantity - item.quantity_refunded
        if line.units > left:
            raise _too_much("line", f"{item.variant_sku}: {left} units are left.", item_id=item_id, units_left=left)
        sold = SoldLine(
            item.quantity, item.subtotal - item.discount_amount, item.tax_amount, currency, item.quantity_refunded
        )
        whole = item.subtotal - item.discount_amount + item.tax_amount
        most = min(refund_of(sold, line.units).amount, whole - gone.get(item_id, _NOTHING))
        if line.amount is not None and line.amount > most:
            told = str(in_currency(most, currency))
            raise _too_much("line", f"{item.variant_sku}: {told} at most.", item_id=item_id, refundable=told)
        found[item_id] = most if line.amount is None else line.amount
    return found


def _gone_by_line(session: TenantSession, order: Order) -> dict[str, Decimal]:
    """What has gone back for each line so far."""
    of_refund = (Refund.id == RefundItem.refund_id) & (Refund.store_id == RefundItem.store_id)
    query = select(RefundItem.order_item_id, func.sum(RefundItem.amount)).join(Refund, of_refund)
    query = query.where(Refund.order_id == order.id, Refund.status.not_in(VOID)).group_by(RefundItem.order_item_id)
    return {str(item_id): Decimal(amount) for item_id, amount in session.execute(query)}


def _check_shipping(session: TenantSession, order: Order, refunds: list[Refund], amount: Decimal) -> None:
    left = shipping_left(order, refunds)
    if amount > left:
        told = str(in_currency(left, currency_of(session, order)))
        raise _too_much("shipping", f"Of the shipping, {told} can still go back.", refundable=told)


def _payment(
    session: TenantSession, order: Order, refunds: list[Refund], payment_id: str | None, amount: Decimal
) -> Payment:
    """The payment that the money goes back by: the one that is named, or one that was large enough."""
    payments = payments_of(session, order)
    if payment_id is not None:
        payments = [payment for payment in payments if payment.id == payment_id]
        if not payments:
            raise NotFoundError("payment_not_found", "The order has no such payment.")
    currency = currency_of(session, order)
    left = {payment.id: _left(payment, refunds) for payment in payments}
    for payment in payments:
        if payment.status in TAKEN and left[payment.id] >= amount:
            return payment
    told = {key: str(in_currency(most, currency)) for key, most in left.items() if most}
    whole = str(in_currency(sum(left.values(), _NOTHING), currency))
    detail = f"{in_currency(amount, currency)} is more than one payment has left; `payments` says what each has."
    raise _too_much("captured", detail, refundable=whole, payments=told)


def _left(payment: Payment, refunds: list[Refund]) -> Decimal:
    return payment.amount - given_back(refunds, payment.id) if payment.status in TAKEN else _NOTHING


def _too_much(of: str, detail: str, **members: Any) -> ConflictError:
    return ConflictError(f"refund_exceeds_{of}", detail, **members)


def _write(session: TenantSession, order: Order, payment: Payment, amount: Decimal, asked: Asked) -> Refund:
    row = Refund(
        id=new_id(),
        order_id=order.id,
        payment_id=payment.id,
        amount=amount,
        shipping_amount=asked.shipping,
        reason=asked.reason,
        notes=asked.notes,
        is_restocked=asked.restock and bool(asked.lines),
        refund_method=str(payment.method),
    )
    session.add(row)
    session.flush()
    return row


def _restock(session: TenantSession, order: Order, items: Mapping[str, OrderItem], asked: Asked) -> None:
    units: dict[str, int] = {}
    for item_id, line in asked.lines.items():
        variant = items[item_id].variant_id
        units[variant] = units.get(variant, 0) + line.units
    session.flush()
    goods.take_back(session, order, units)


def _refuse_over(row: Refund) -> None:
    if row.status is RefundStatus.COMPLETED or row.status in VOID:
        raise ConflictError("refund_over", f"The refund is {row.status} already.")


def _close(session: TenantSession, order: Order) -> None:
    """An order of which all has gone back is REFUNDED; one that was cancelled stays that."""
    done = [row for row in refunds_of(session, order) if row.status is RefundStatus.COMPLETED]
    whole = given_back(done) >= order.amount_paid >= order.total > 0
    if whole and OrderStatus.REFUNDED in TRANSITIONS[order.status]:
        move(session, order, OrderStatus.REFUNDED)
