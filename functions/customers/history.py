"""What a customer has ordered: their own orders, and nobody else's."""

from sqlalchemy import select, tuple_

from functions.customers.shared_schemas import (
    CustomerOrderDetailRead,
    CustomerOrderLineRead,
    CustomerOrderRead,
    CustomerShipmentRead,
)
from shared.currency import in_currency
from shared.errors import NotFoundError
from shared.models import Order, OrderItem, Shipment
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

_AMOUNTS = ("subtotal", "shipping_cost", "tax_amount", "discount_amount", "total")
_LINE_AMOUNTS = ("unit_price", "discount_amount", "tax_amount", "subtotal")


def list_orders(session: TenantSession, customer_id: str, limit: int, cursor: str | None) -> Page[CustomerOrderRead]:
    """A page of a customer's orders, newest first. Raises MalformedError for a broken cursor."""
    query = select(Order).where(Order.customer_id == customer_id)
    query = query.order_by(Order.created_at.desc(), Order.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(Order.created_at, Order.id) < place_of_newest(cursor))
    currency = tenant_of(session).currency
    return page_of_newest(session.scalars(query).all(), limit, lambda row: _summary(row, currency))


def read_order(session: TenantSession, customer_id: str, order_number: str) -> CustomerOrderDetailRead:
    """An order of a customer by its number. Raises NotFoundError, also for somebody else's."""
    own = (Order.customer_id == customer_id) & (Order.order_number == order_number)
    order = session.scalar(select(Order).where(own))
    if order is None:
        raise NotFoundError("order_not_found", "There is no such order.")
    currency = tenant_of(session).currency
    items = session.scalars(select(OrderItem).where(OrderItem.order_id == order.id).order_by(OrderItem.id))
    parcels = session.scalars(select(Shipment).where(Shipment.order_id == order.id).order_by(Shipment.created_at))
    return CustomerOrderDetailRead(
        **_summary(order, currency).model_dump(exclude=set(_AMOUNTS)),
        **{name: str(in_currency(getattr(order, name), currency)) for name in _AMOUNTS},
        coupon_code=order.coupon_code,
        shipping_address=order.shipping_address,
        billing_address=order.billing_address,
        items=[_line(row, currency) for row in items],
        shipments=[CustomerShipmentRead.model_validate(row, from_attributes=True) for row in parcels],
    )


def _summary(order: Order, currency: str) -> CustomerOrderRead:
    names = set(CustomerOrderRead.model_fields) - {"total", "currency"}
    facts = {name: getattr(order, name) for name in names}
    return CustomerOrderRead(total=str(in_currency(order.total, currency)), currency=currency, **facts)


def _line(item: OrderItem, currency: str) -> CustomerOrderLineRead:
    names = set(CustomerOrderLineRead.model_fields) - set(_LINE_AMOUNTS)
    amounts = {name: str(in_currency(getattr(item, name), currency)) for name in _LINE_AMOUNTS}
    return CustomerOrderLineRead(**amounts, **{name: getattr(item, name) for name in names})
