"""The taxes that orders were charged, by region and rate: one statement."""

from typing import Any

from sqlalchemy import Select, Text, func, select

from functions.orders.reports.counted import sold
from functions.orders.reports.periods import Period
from functions.orders.reports.schemas import TaxOfRateRead
from shared.currency import in_currency
from shared.json_sql import each_row, money_in, text_in
from shared.models import Order
from shared.tenant_session import TenantSession

MOST = 500


def read_taxes(session: TenantSession, period: Period) -> list[TaxOfRateRead]:
    """What each rate brought in each country and state that goods went to, at most 500 of them."""
    return [
        TaxOfRateRead(
            country=row.country,
            state=row.state,
            name=row.name,
            rate=row.rate,
            orders=row.orders,
            currency=period.currency,
            tax=str(in_currency(row.tax, period.currency)),
        )
        for row in session.execute(_by_rate(period))
    ]


def _by_rate(period: Period) -> Select[Any]:
    each = each_row(Order.taxes)
    parts = (
        select(
            Order.id.label("order_id"),
            Order.shipping_address["country"].as_string().label("country"),
            Order.shipping_address["state"].as_string().label("state"),
            text_in(each.c.value, "name").label("name"),
            text_in(each.c.value, "rate").label("rate"),
            money_in(each.c.value, "amount").label("tax"),
        )
        .join_from(Order, each, Order.id.is_not(None))
        .where(*sold(period))
        .subquery()
    )
    keys = (parts.c.country, parts.c.state, parts.c.name, parts.c.rate)
    query = select(*keys, func.count(parts.c.order_id.distinct()).label("orders"), func.sum(parts.c.tax).label("tax"))
    blank = [func.coalesce(key, "", type_=Text()) for key in keys]
    return query.group_by(*keys).order_by(*blank).limit(MOST)
