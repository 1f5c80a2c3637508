"""Cancelling an order: everything that it took goes back, in one transaction, once."""

from decimal import Decimal

from sqlalchemy import select

from shared.errors import ConflictError
from shared.models import Order, OrderItem, Shipment
from shared.models.enums import (
    FulfillmentStatus,
    OrderStatus,
    PaymentTransactionStatus,
    ShipmentStatus,
)
from shared.orders import goods, promotions, refunding
from shared.orders.buyers import count_orders
from shared.orders.lifecycle import check, move
from shared.orders.mails import tell
from shared.orders.money import count_money, payments_of
from shared.tenant_session import TenantSession


def cancel(session: TenantSession, order: Order, reason: str | None = None) -> None:
    """Cancel a locked order of which nothing has left yet.

    Its stock, coupons and flash-sale units are free again, payments that wait are called off, and what was captured is
    to be given back: a refund of each payment, PENDING until somebody has done so. A payment that was only authorized
    stays so until its gateway has let it go. Raises ConflictError `order_transition_not_allowed`, `already_shipped`.
    """
    check(order, OrderStatus.CANCELED)
    items = goods.items_of(session, order)
    _unpack(session, order, items)
    move(session, order, OrderStatus.CANCELED)
    order.cancel_reason, order.auto_cancel_at = reason, None
    promotions.give_back(session, order, items)
    goods.let_go(session, order)
    for payment in payments_of(session, order):
        if payment.status is PaymentTransactionStatus.PENDING:
            payment.status = PaymentTransactionStatus.CANCELED
    count_money(session, order)
    refunds = refunding.refund_all(session, order)
    count_orders(session, order.customer_id)
    back = sum((refund.amount for refund in refunds), Decimal(0)) or ""
    tell(session, order, "order_canceled", f"canceled:{order.id}:{order.version}", reason=reason or "", refund=back)


def _unpack(session: TenantSession, order: Order, items: list[OrderItem]) -> None:
    """What was packed but has not left stays; raises ConflictError once something has left."""
    if any(item.quantity_shipped for item in items):
        raise ConflictError("already_shipped", "Something of the order is on its way; refund it when it is back.")
    packed = select(Shipment).where(Shipment.order_id == order.id, Shipment.status == ShipmentStatus.PENDING)
    for parcel in session.scalars(packed):
        parcel.status = ShipmentStatus.RETURNED
    for item in items:
        item.quantity_fulfilled = 0
    order.fulfillment_status = FulfillmentStatus.UNFULFILLED
