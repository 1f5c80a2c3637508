"""Lists of orders, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, tuple_

from functions.orders.schemas import OrderSummaryRead
from functions.orders.showing import summary
from shared.models import Order
from shared.models.enums import FulfillmentStatus, OrderStatus, PaymentStatus
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.tenancy import tenant_of
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from shared.text_search import begins_with


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What a list of orders is narrowed by; `q` begins an order's number, with `deleted` it can be restored."""

    status: OrderStatus | None = None
    payment_status: PaymentStatus | None = None
    fulfillment_status: FulfillmentStatus | None = None
    customer_id: str | None = None
    email: str | None = None
    q: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    deleted: bool = False


def list_orders(session: TenantSession, wanted: OrderFilter, limit: int, cursor: str | None) -> Page[OrderSummaryRead]:
    """A page of orders in one statement. Raises MalformedError for a broken cursor."""
    query = narrowed(session, select(Order), wanted)
    query = query.order_by(Order.created_at.desc(), Order.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(Order.created_at, Order.id) < place_of_newest(cursor))
    currency = tenant_of(session).currency
    return page_of_newest(session.scalars(query).all(), limit, lambda row: summary(row, currency))


def narrowed(session: TenantSession, query: Select[Any], wanted: OrderFilter) -> Select[Any]:
    """A query of orders, of those that a filter lets pass."""
    for name in ("status", "payment_status", "fulfillment_status", "customer_id"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(Order, name) == value)
    if wanted.email:
        query = query.where(Order.customer_email == wanted.email.strip().lower())
    if wanted.q:
        query = query.where(begins_with(session, Order.order_number, wanted.q.strip().upper()))
    if wanted.created_from is not None:
        query = query.where(Order.created_at >= wanted.created_from)
    if wanted.created_to is not None:
        query = query.where(Order.created_at < wanted.created_to)
    if wanted.deleted:
        query = query.where(Order.deleted_at.is_not(None)).execution_options(**{INCLUDE_DELETED: True})
    return query
