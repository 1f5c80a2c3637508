"""Money that arrives. Whoever takes it, by hand or by a gateway, writes a Payment and tells of it here.

Telling twice, late or in another order changes nothing: a payment that is counted already is left alone.
"""

from datetime import datetime

from sqlalchemy import select

from shared.errors import ConflictError, NotFoundError
from shared.models import Order, OrderItem, Payment
from shared.models.base import now
from shared.models.enums import OrderStatus, PaymentTransactionStatus, RefundReason
from shared.orders import goods, promotions, refunding
from shared.orders.buyers import count_orders
from shared.orders.lifecycle import move, order_of, revive
from shared.orders.mails import currency_of, tell
from shared.orders.money import TAKEN, count_money, due, is_paid
from shared.tenant_session import TenantSession

_T = PaymentTransactionStatus


def captured(session: TenantSession, payment: Payment, *, at: datetime | None = None) -> Order:
    """A payment's money is ours. Returns its order, locked.

    An order that is paid in full is confirmed; one that is not waits, without an end. A cancelled order that is paid
    in full by this lives on if all of it is still there, else everything is to be given back (CHK058).
    Raises NotFoundError when the order was deleted, ConflictError `currency_differs`.
    """
    order = _locked(session, payment)
    if payment.status in TAKEN:
        return order
    _check_currency(session, order, payment)
    payment.status, payment.paid_at, payment.error_message = _T.CAPTURED, at or now(), None
    count_money(session, order)
    order.auto_cancel_at = None
    if order.status is OrderStatus.REFUNDED or (order.status is OrderStatus.CANCELED and not _revived(session, order)):
        notes = "It was paid after the order had ended."
        refunding.refund_all(session, order, RefundReason.OTHER, notes)
        return order
    if order.status is OrderStatus.PENDING and is_paid(order):
        confirm(session, order)
    if payment.amount:
        tell(session, order, "order_paid", f"paid:{payment.id}", paid=payment.amount, due=due(order) or "")
    return order


def authorized(session: TenantSession, payment: Payment) -> Order:
    """A payment's money is promised: its order is confirmed, and is not cancelled for want of money.

    Returns the order, locked. One that was cancelled stays that: let the payment go.
    """
    order = _locked(session, payment)
    if payment.status in (*TAKEN, _T.AUTHORIZED):
        return order
    _check_currency(session, order, payment)
    payment.status = _T.AUTHORIZED
    count_money(session, order)
    if order.status is OrderStatus.PENDING:
        confirm(session, order)
    return order


def failed(session: TenantSession, payment: Payment, why: str | None = None) -> Order:
    """A payment came to nothing; another may be tried until the order is cancelled. Returns the order, locked."""
    order = _locked(session, payment)
    if payment.status in (_T.PENDING, _T.AUTHORIZED):
        payment.status, payment.failed_at, payment.error_message = _T.FAILED, now(), why
        count_money(session, order)
    return order


def confirm(session: TenantSession, order: Order) -> None:
    """Accept a locked order: what it holds is sold, and it is not cancelled for want of money any more.

    Raises ConflictError naming what is allowed.
    """
    move(session, order, OrderStatus.CONFIRMED)
    order.auto_cancel_at = None
    goods.sell(session, order)


def _revived(session: TenantSession, order: Order) -> bool:
    """Whether a cancelled order lives again: paid in full, with all of its units there."""
    if order.amount_paid - order.amount_refunded < order.total:
        return False
    items = goods.items_of(session, order)
    try:
        with session.begin_nested():
            _take_again(session, order, items)
    except (ConflictError, NotFoundError):
        return False
    revive(session, order)
    goods.sell(session, order)
    count_orders(session, order.customer_id)
    return True


def _take_again(session: TenantSession, order: Order, items: list[OrderItem]) -> None:
    if not promotions.take_again(session, order, items):
        raise ConflictError("flash_sale_sold_out", "Others have bought what the flash sale had.")
    goods.hold_again(session, order, items)


def _locked(session: TenantSession, payment: Payment) -> Order:
    session.flush()
    order = order_of(session, payment.order_id, lock=True)
    # What was read before the lock is not what it is now.
    session.scalars(
        select(Payment).where(Payment.id == payment.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    return order


def _check_currency(session: TenantSession, order: Order, payment: Payment) -> None:
    if payment.currency != currency_of(session, order):
        raise ConflictError("currency_differs", "The payment is in another currency than the order.")
