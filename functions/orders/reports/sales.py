"""Sales by day, week or month, beside those of as many days before: one statement."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, select, union_all

from functions.orders.reports.counted import NO_UNITS, NONE, OF_ITEM, OF_REFUND, ONE, given_back, sold
from functions.orders.reports.periods import By, Period
from functions.orders.reports.schemas import SalesFiguresRead, SalesOfPeriodRead, SalesReportRead
from shared.currency import in_currency
from shared.local_days import local_day
from shared.models import Order, OrderItem, Refund
from shared.tenant_session import TenantSession


@dataclass(slots=True)
class Figures:
    """The sums of some days."""

    orders: int = 0
    units: int = 0
    gross_sales: Decimal = Decimal(0)
    discounts: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    total_sales: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)

    def add(self, row: Any) -> None:
        """Add those of a day."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(row, name))


_SUMS = tuple(field.name for field in fields(Figures))


def read_sales(session: TenantSession, period: Period, by: By) -> SalesReportRead:
    """The sales of a period."""
    days = {date.fromisoformat(row.day): row for row in session.execute(_by_day(period))}
    before, currency = period.previous, period.currency
    return SalesReportRead(
        currency=currency,
        timezone=period.zone,
        by=by,
        totals=_of_period(days, period.first, period.last, currency),
        previous=_of_period(days, before.first, before.last, currency),
        items=[_of_period(days, first, last, currency) for first, last in period.buckets(by)],
    )


def shown(figures: Figures, currency: str) -> SalesFiguresRead:
    """Figures as the API has them."""
    money = {name: getattr(figures, name) for name in _SUMS if name not in {"orders", "units"}}
    money["net_sales"] = figures.gross_sales - figures.discounts
    money["total_after_refunds"] = figures.total_sales - figures.refunds
    average = in_currency(figures.total_sales / figures.orders, currency) if figures.orders else None
    return SalesFiguresRead(
        orders=figures.orders,
        units=figures.units,
        average_order_value=None if average is None else str(average),
        **{name: str(in_currency(value, currency)) for name, value in money.items()},
    )


def _of_period(days: dict[date, Any], first: date, last: date, currency: str) -> SalesOfPeriodRead:
    figures = Figures()
    for row in _between(days, first, last):
        figures.add(row)
    return SalesOfPeriodRead(first_day=first, last_day=last, **shown(figures, currency).model_dump())


def _between(days: dict[date, Any], first: date, last: date) -> Iterable[Any]:
    return (row for day, row in days.items() if first <= day <= last)


def _by_day(period: Period) -> Select[Any]:
    parts = union_all(_orders(period), _units(period), _refunds(period)).subquery()
    sums = [func.sum(parts.c[name]).label(name) for name in _SUMS]
    return select(parts.c.day, *sums).group_by(parts.c.day)


def _orders(period: Period) -> Select[Any]:
    amounts = {
        "gross_sales": Order.subtotal,
        "discounts": Order.discount_amount,
        "shipping": Order.shipping_cost,
        "tax": Order.tax_amount,
        "total_sales": Order.total,
    }
    return _part(local_day(Order.created_at, period.zone), orders=ONE, **amounts).where(
        *sold(period, since=period.previous)
    )


def _units(period: Period) -> Select[Any]:
    query = _part(local_day(Order.created_at, period.zone), units=OrderItem.quantity)
    return query.join_from(Order, OrderItem, OF_ITEM).where(*sold(period, since=period.previous))


def _refunds(period: Period) -> Select[Any]:
    query = _part(local_day(Refund.processed_at, period.zone), refunds=Refund.amount)
    return query.join_from(Refund, Order, OF_REFUND).where(*given_back(period, since=period.previous))


def _part(day: Any, **given: Any) -> Select[Any]:
    """A part of the UNION: of the sums that it does not give it has none."""
    none = {name: NO_UNITS if name in {"orders", "units"} else NONE for name in _SUMS}
    return select(day.label("day"), *(value.label(name) for name, value in (none | given).items()))
