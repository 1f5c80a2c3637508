"""Which orders and refunds figures are made of: docs/reports.md says it to those who read them.

An order counts on the day it was placed, unless it was cancelled or deleted. What was given back counts on the day
that it went, whenever the order was placed.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, or_

from functions.orders.reports.periods import Period
from shared.column_types import Money
from shared.models import Order, OrderItem, Refund, RefundItem
from shared.models.enums import OrderStatus, RefundStatus

NONE = literal_column("0", Money())
"""No amount, where another part of a UNION has one."""
NO_UNITS: ColumnElement[int] = literal_column("0")
ONE: ColumnElement[int] = literal_column("1")
OF_ITEM = and_(Order.store_id == OrderItem.store_id, Order.id == OrderItem.order_id)
OF_REFUND = and_(Order.store_id == Refund.store_id, Order.id == Refund.order_id)
REFUND_OF_LINE = and_(Refund.store_id == RefundItem.store_id, Refund.id == RefundItem.refund_id)
ITEM_OF_LINE = and_(OrderItem.store_id == RefundItem.store_id, OrderItem.id == RefundItem.order_item_id)


def sold(period: Period, *, since: Period | None = None) -> list[ColumnElement[bool]]:
    """That an order counts in a period, or from the beginning of another one on."""
    start = (since or period).start
    return [Order.created_at >= start, Order.created_at < period.end, *counts(period)]


def given_back(period: Period, *, since: Period | None = None) -> list[ColumnElement[bool]]:
    """That a refund, joined to its order, counts in a period, or from the beginning of another one on."""
    start = (since or period).start
    done = Refund.status == RefundStatus.COMPLETED
    return [done, Refund.processed_at >= start, Refund.processed_at < period.end, *counts(period)]


def counts(period: Period, order: Any = Order) -> list[ColumnElement[bool]]:
    """That an order, or an alias of it, counts at all: amounts in a currency that the store has left do not."""
    own = or_(order.currency.is_(None), order.currency == period.currency)
    return [order.status != OrderStatus.CANCELED, own]
