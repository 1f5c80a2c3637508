"""Orders of another shop, mirrored: their state is whatever the newest body says, its totals as they computed them.

They do not go through the life that our own orders have. The other shop takes the money, sends the goods and writes to
the customer; here nothing is asked for, mailed or cancelled by a clock. What is ours is the number and the stock.
"""

from dataclasses import asdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from functions.sync.entities import ORDER, ExternalAddress, ExternalOrder
from functions.sync.inbound import customers, lines, links, lives, payments, policies, versions
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result, SetAsideError
from functions.sync.inbound.versions import Age
from shared.audit import Actor, record
from shared.currency import decimals
from shared.models import ExternalLink, Order
from shared.models.base import now
from shared.models.enums import ExternalPlatform, FulfillmentStatus, OrderStatus, PaymentStatus
from shared.order_numbers import next_number
from shared.orders import shipping
from shared.orders.buyers import count_orders
from shared.plan_limits import Resource, take_place
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

_FULFILLED = {
    OrderStatus.SHIPPED: FulfillmentStatus.SHIPPED,
    OrderStatus.DELIVERED: FulfillmentStatus.DELIVERED,
}
_GOES_ON = (OrderStatus.CONFIRMED, OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.DELIVERED)
_PAID = (PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED)


def apply(session: TenantSession, integration: Integration, entity: ExternalOrder, *, force: bool) -> Outcome:
    """Keep an order as it is there. Raises SetAsideError, PlanError.

    One whose units are not here is kept all the same, as a conflict: it was sold, and somebody must see to it.
    """
    policies.check_currency(session, entity.currency)
    link = links.locked(session, integration, ORDER, entity.external_id, entity.customer_id)
    lives.heed(session, link, entity, force=force)
    age, is_new = versions.age(link, entity), links.is_stub(link)
    if age is Age.OLDER and not force:
        lines.recalled(session, integration, link, entity)
        return lives.settled(session, link, Order, Outcome(Result.IGNORED, link.entity_id, "older"))
    row = links.row_of(session, Order, link.entity_id)
    made, changed = row is None, is_new or force or age is Age.NEWER
    if row is None:
        row = _made(session, integration, link, entity)
    whole = lines.remembered(link, entity)
    if changed:
        _write(session, integration, row, link, whole)
    if is_new:
        links.bind(session, link)
        links.detail(link, live=row.deleted_at is None)
    versions.note(link, entity)
    links.detail(link, number=entity.number)
    session.flush()
    short = lines.sell(session, integration, link, whole)
    result = Result.CREATED if made else Result.UPDATED if changed else Result.UNCHANGED
    outcome = lives.settled(session, link, Order, Outcome(result, link.entity_id))
    return _short(outcome, entity, short) if short is not None else outcome


def _short(outcome: Outcome, entity: ExternalOrder, why: SetAsideError) -> Outcome:
    message = f"The order {entity.number} was sold in the other shop, and is kept here; its stock is not. {why.message}"
    return Outcome(Result.CONFLICT, outcome.entity_id, why.reason, message, why.waits_for)


def _made(session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalOrder) -> Order:
    take_place(session, Resource.ORDERS)
    row = Order(
        id=link.entity_id,
        order_number=next_number(session),
        subtotal=Decimal(0),
        total=Decimal(0),
        shipping_address={},
        billing_address={},
        customer_email="",
        created_at=entity.placed_at or now(),
    )
    session.add(row)
    session.flush()
    return row


def _write(
    session: TenantSession, integration: Integration, row: Order, link: ExternalLink, entity: ExternalOrder
) -> None:
    before = {"status": row.status, "payment_status": row.payment_status, "total": str(row.total)}
    _total(session, row, entity)
    _address(session, integration, row, entity)
    row.status = entity.status
    row.payment_status = entity.payment
    row.fulfillment_status = _FULFILLED.get(entity.status, FulfillmentStatus.UNFULFILLED)
    row.confirmed_at = entity.paid_at or row.confirmed_at
    canceled = entity.status is OrderStatus.CANCELED
    row.canceled_at = (entity.canceled_at or entity.updated_at or now()) if canceled else None
    row.cancel_reason = (entity.cancel_reason or "canceled in the other shop") if canceled else None
    row.notes = entity.note
    row.updated_at = now()
    session.flush()
    lines.write(session, integration, row, link, entity)
    _send(session, row)
    payments.write(session, integration, row, entity)
    for refund in entity.refunds:
        payments.refund(session, integration, row, link, refund)
    if integration.platform is ExternalPlatform.WOOCOMMERCE:
        payments.take_back(session, integration, row, entity)
    payments.reckon(session, row, entity.payment)
    count_orders(session, row.customer_id)
    after = {"status": row.status, "payment_status": row.payment_status, "total": str(row.total)}
    if after != before:
        actor = Actor(None, f"sync.{integration.platform.value.lower()}")
        record(session, "order.synced", "order", row.id, before=before, after=after, actor=actor)


def _send(session: TenantSession, row: Order) -> None:
    """What has left from here counts, however far the other shop says that it is."""
    if row.status in _GOES_ON and (fulfilment := shipping.fulfilment_of(session, row)) is not None:
        row.fulfillment_status = fulfilment
        if fulfilment in (FulfillmentStatus.SHIPPED, FulfillmentStatus.DELIVERED):
            row.status = OrderStatus(fulfilment)
        elif row.status is OrderStatus.CONFIRMED:
            row.status = OrderStatus.PROCESSING
        session.flush()


def _total(session: TenantSession, row: Order, entity: ExternalOrder) -> None:
    """Fees go with the shipping, so that the lines sum to the subtotal; one below zero is a discount."""

    def money(amount: Decimal) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-decimals(tenant_of(session).currency)), ROUND_HALF_UP)

    row.currency = entity.currency
    row.subtotal = money(entity.subtotal)
    row.shipping_cost = money(entity.shipping + max(entity.fees, Decimal(0)))
    row.discount_amount = money(entity.discount - min(entity.fees, Decimal(0)))
    row.shipping_tax, row.tax_amount, row.total = money(entity.shipping_tax), money(entity.tax), money(entity.total)
    row.amount_paid = row.total if entity.payment in _PAID else Decimal(0)
    row.coupon_code = ", ".join(code.upper() for code, _ in entity.coupons) or None
    row.discounts = [{"code": code.upper(), "amount": str(money(amount))} for code, amount in entity.coupons]
    row.taxes = [{"name": name, "amount": str(money(amount))} for name, amount in entity.taxes]


def _address(session: TenantSession, integration: Integration, row: Order, entity: ExternalOrder) -> None:
    billing, shipping = _snapshot(entity.billing), _snapshot(entity.shipping_address)
    row.billing_address = billing or shipping
    row.shipping_address = shipping if shipping.get("address1") else billing or shipping
    row.shipping_method = entity.shipping_method or None
    row.customer_email = (entity.email or "").lower()
    row.customer_phone = entity.phone or None
    names = row.billing_address
    guest = {
        "email": row.customer_email,
        "first_name": names.get("first_name") or "",
        "last_name": names.get("last_name"),
        "phone": row.customer_phone,
    }
    row.customer_id = customers.of_order(session, integration, entity.customer_id, guest)


def _snapshot(address: ExternalAddress | None) -> dict[str, Any]:
    if address is None:
        return {}
    found = {name: value or None for name, value in asdict(address).items()}
    return found if any(value for name, value in found.items() if name != "country") else {}
