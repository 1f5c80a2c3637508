"""A shopper's own order: a guest's by its token, a customer's by the session. Nobody else's is there at all."""

import hmac
from collections.abc import Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path
from sqlalchemy import select

from functions.carts.order_schemas import (
    PlacedOrderLineRead,
    PlacedOrderNoteRead,
    PlacedOrderParcelRead,
    PlacedOrderRead,
)
from shared.audit import Actor, act_as
from shared.auth import public
from shared.currency import in_currency
from shared.errors import ConflictError, NotFoundError
from shared.models import Order, OrderItem, OrderNote, Payment
from shared.models.enums import OrderStatus, PaymentStatus, ShipmentStatus
from shared.orders.canceling import cancel
from shared.orders.goods import items_of
from shared.orders.lifecycle import order_of
from shared.orders.mails import currency_of
from shared.orders.shipping import parcels_of
from shared.shoppers import signed_in
from shared.tenancy import current_session
from shared.tenant_session import TenantSession
from shared.tokens import token_hash

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["carts"]
Id = Annotated[str, Path(max_length=40)]
_PLAIN = (
    "id",
    "order_number",
    "status",
    "payment_status",
    "fulfillment_status",
    "shipping_address",
    "billing_address",
    "shipping_method",
    "canceled_at",
    "cancel_reason",
    "created_at",
)
_AMOUNTS = {
    "subtotal": "subtotal",
    "discount": "discount_amount",
    "shipping_cost": "shipping_cost",
    "tax": "tax_amount",
    "total": "total",
    "amount_paid": "amount_paid",
    "amount_refunded": "amount_refunded",
}
_UNPAID = (PaymentStatus.PENDING, PaymentStatus.FAILED)


@router.get("/v1/storefront/orders/<order_id>", tags=TAGS)
@public
def read_placed_order(order_id: Id) -> PlacedOrderRead:
    """One's order. A guest sends its token as X-Order-Token, a customer is signed in."""
    session = current_session()
    return _shown(session, _own(session, order_id, router.current_event.raw_event))


@router.post("/v1/storefront/orders/<order_id>/cancel", tags=TAGS)
@public
def cancel_placed_order(order_id: Id) -> PlacedOrderRead:
    """Call off one's order, as long as nobody has paid or confirmed it."""
    session, event = current_session(), router.current_event.raw_event
    order = _own(session, order_id, event, lock=True)
    if not _may_cancel(order):
        told = f"The order is {order.status} and {order.payment_status}; ask the shop to cancel it."
        raise ConflictError("order_not_cancelable", told)
    http = event["requestContext"]["http"]
    act_as(session, Actor(None, order.customer_email, http.get("sourceIp"), http.get("userAgent")))
    cancel(session, order)
    session.flush()
    return _shown(session, order)


def _own(session: TenantSession, order_id: str, event: Mapping[str, Any], *, lock: bool = False) -> Order:
    order = order_of(session, order_id)
    given, kept = event.get("headers", {}).get("x-order-token"), order.access_token_hash
    by_token = bool(given and kept) and hmac.compare_digest(token_hash(str(given)), str(kept))
    if not by_token:
        caller = signed_in(session, event)
        if caller is None or caller.customer_id != order.customer_id:
            # As if there were none: who may not see it must not learn of it.
            raise NotFoundError("order_not_found", "There is no such order.")
    return order_of(session, order_id, lock=True) if lock else order


def _may_cancel(order: Order) -> bool:
    return order.status is OrderStatus.PENDING and order.payment_status in _UNPAID


def _shown(session: TenantSession, order: Order) -> PlacedOrderRead:
    currency = currency_of(session, order)
    method = select(Payment.method).where(Payment.order_id == order.id).order_by(Payment.created_at, Payment.id)
    notes = select(OrderNote).where(OrderNote.order_id == order.id, OrderNote.is_for_customer)
    parcels = [row for row in parcels_of(session, order) if row.status is not ShipmentStatus.PENDING]
    return PlacedOrderRead(
        **{name: getattr(order, name) for name in _PLAIN},
        **{name: in_currency(getattr(order, column), currency) for name, column in _AMOUNTS.items()},
        currency=currency,
        payment_method=str(session.scalars(method).first() or ""),
        email=order.customer_email,
        pay_before=order.auto_cancel_at,
        may_cancel=_may_cancel(order),
        items=[_line(item, currency) for item in items_of(session, order)],
        shipments=[PlacedOrderParcelRead.model_validate(row, from_attributes=True) for row in parcels],
        notes=[
            PlacedOrderNoteRead.model_validate(row, from_attributes=True)
            for row in session.scalars(notes.order_by(OrderNote.created_at, OrderNote.id))
        ],
    )


def _line(item: OrderItem, currency: str) -> PlacedOrderLineRead:
    return PlacedOrderLineRead(
        name=item.product_name,
        sku=item.variant_sku,
        attributes=item.attributes,
        quantity=item.quantity,
        quantity_shipped=item.quantity_shipped,
        quantity_refunded=item.quantity_refunded,
        unit_price=in_currency(item.unit_price, currency),
        total=in_currency(item.subtotal - item.discount_amount, currency),
        tax=in_currency(item.tax_amount, currency),
    )
