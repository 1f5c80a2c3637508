"""Who buys: new and returning customers of a period and those who have spent most, in one statement; recent buyers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import aliased

from functions.orders.reports.counted import counts, sold
from functions.orders.reports.periods import Period
from functions.orders.reports.schemas import (
    BuyersRead,
    BuyersReportRead,
    RecentBuyerRead,
    RecentOrderRead,
    TopBuyerRead,
)
from shared.currency import in_currency
from shared.json_sql import json_object, json_rows, money_text
from shared.models import Customer, Order
from shared.models.base import now
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

_LATEST = 5
_NOTHING = Decimal(0)


def read_buyers(session: TenantSession, period: Period, limit: int) -> BuyersReportRead:
    """How many customers bought for the first time and how many again, and who has spent most since they came."""
    row = session.execute(_buyers(period, limit)).one()
    currency = period.currency
    return BuyersReportRead(
        currency=currency,
        new=_kind(row.new_customers, row.new_orders, row.new_sales, currency),
        returning=_kind(row.returning_customers, row.returning_orders, row.returning_sales, currency),
        top=[_top(one, currency) for one in row.top],
    )


def read_recent(session: TenantSession, days: int, limit: int) -> list[RecentBuyerRead]:
    """Customers who ordered in the last so many days, the last to do so first, each with up to 5 newest orders."""
    currency = tenant_of(session).currency
    latest = func.max(Order.created_at)
    lately = (
        select(Order.customer_id.label("id"), latest.label("latest"))
        .where(Order.created_at >= now() - timedelta(days=days), Order.customer_id.is_not(None))
        .group_by(Order.customer_id)
        .order_by(latest.desc(), Order.customer_id)
        .limit(limit)
        .subquery()
    )
    query = (
        select(Customer.id, Customer.email, Customer.first_name, Customer.last_name, _newest().label("orders"))
        .join(lately, lately.c.id == Customer.id)
        .order_by(lately.c.latest.desc(), Customer.id)
    )
    return [
        RecentBuyerRead(
            id=row.id,
            email=row.email,
            first_name=row.first_name,
            last_name=row.last_name,
            orders=[_order(one, currency) for one in row.orders],
        )
        for row in session.execute(query)
    ]


def _buyers(period: Period, limit: int) -> Select[Any]:
    bought = (
        select(
            Order.customer_id.label("id"),
            func.count(Order.id).label("orders"),
            func.sum(Order.total).label("sales"),
        )
        .where(*sold(period), Order.customer_id.is_not(None))
        .group_by(Order.customer_id)
        .subquery()
    )
    earlier = aliased(Order)
    # An order that was cancelled makes nobody a customer, before or after.
    before = and_(earlier.customer_id == bought.c.id, earlier.created_at < period.start, *counts(period, earlier))
    knew = select(earlier.id).where(before).exists()
    each = select(bought.c.orders, bought.c.sales, case((knew, 1), else_=0).label("is_returning")).subquery()
    sums: list[ColumnElement[Any]] = []
    for name, flag in (("new", 0), ("returning", 1)):
        is_one = each.c.is_returning == flag
        sums += [
            func.count(case((is_one, 1))).label(f"{name}_customers"),
            func.coalesce(func.sum(case((is_one, each.c.orders))), 0).label(f"{name}_orders"),
            func.sum(case((is_one, each.c.sales))).label(f"{name}_sales"),
        ]
    return select(*sums, _most_spent(limit).label("top"))


def _most_spent(limit: int) -> ColumnElement[list[dict[str, Any]]]:
    row = json_object(
        id=Customer.id,
        email=Customer.email,
        first_name=Customer.first_name,
        last_name=Customer.last_name,
        orders=Customer.total_orders,
        spent=money_text(Customer.total_spent),
    )
    spent = select(row.label("row")).where(Customer.total_spent > _NOTHING)
    return json_rows(spent.order_by(Customer.total_spent.desc(), Customer.id).limit(limit))


def _newest() -> ColumnElement[list[dict[str, Any]]]:
    own = (Order.store_id == Customer.store_id) & (Order.customer_id == Customer.id)
    row = json_object(
        id=Order.id,
        order_number=Order.order_number,
        status=Order.status,
        total=money_text(Order.total),
        created_at=Order.created_at,
    )
    newest = select(row.label("row")).where(own).order_by(Order.created_at.desc(), Order.id.desc())
    return json_rows(newest.limit(_LATEST).correlate(Customer))


def _kind(customers: int, orders: int, sales: Decimal | None, currency: str) -> BuyersRead:
    return BuyersRead(customers=customers, orders=orders, total_sales=str(in_currency(sales or _NOTHING, currency)))


def _top(row: dict[str, Any], currency: str) -> TopBuyerRead:
    spent = Decimal(row["spent"])
    average = in_currency(spent / row["orders"], currency) if row["orders"] else None
    return TopBuyerRead(
        **{name: row[name] for name in ("id", "email", "first_name", "last_name", "orders")},
        lifetime_value=str(in_currency(spent, currency)),
        average_order_value=None if average is None else str(average),
    )


def _order(row: dict[str, Any], currency: str) -> RecentOrderRead:
    made = datetime.fromisoformat(row["created_at"])
    # SQLite writes UTC without saying so.
    made = made.astimezone(UTC) if made.tzinfo else made.replace(tzinfo=UTC)
    return RecentOrderRead(**row | {"total": str(in_currency(row["total"], currency)), "created_at": made})
