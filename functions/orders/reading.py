"""One order with all that belongs to it: as many statements for one line as for a hundred."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from functions.orders.schemas import OrderRead, RefundRead, RefundsRead, ShipmentRead, TimelineEntryRead
from functions.orders.showing import (
    discounts_shown,
    item_shown,
    money,
    payment_shown,
    refund_shown,
    shipment_shown,
    summary,
    taxes_shown,
)
from shared.models import Order, OrderNote, Payment, Refund, RefundItem, Shipment, ShipmentItem
from shared.models.enums import RefundStatus
from shared.orders.goods import items_of
from shared.orders.lifecycle import TRANSITIONS, order_of
from shared.orders.mails import currency_of
from shared.orders.money import due, payments_of, refunds_of
from shared.orders.refunding import shipping_left
from shared.orders.shipping import parcels_of
from shared.tenant_session import TenantSession
from shared.versions import tag

_AMOUNTS = ("subtotal", "discount_amount", "shipping_cost", "shipping_tax", "tax_amount")
_PLAIN = (
    "coupon_code",
    "shipping_method",
    "shipping_address",
    "billing_address",
    "customer_phone",
    "notes",
    "confirmed_at",
    "shipped_at",
    "delivered_at",
    "canceled_at",
    "cancel_reason",
)


class _Parts(NamedTuple):
    payments: list[Payment]
    parcels: list[Shipment]
    refunds: list[Refund]
    notes: Sequence[OrderNote]


def read_order(session: TenantSession, order_id: str) -> OrderRead:
    """An order, its version on the answer. Raises NotFoundError."""
    session.flush()
    order = order_of(session, order_id)
    tag(session, order)
    currency = currency_of(session, order)
    parts = _Parts(
        payments_of(session, order), parcels_of(session, order), refunds_of(session, order), notes_of(session, order)
    )
    return OrderRead(
        **summary(order, currency).model_dump(),
        **{name: money(getattr(order, name), currency) for name in _AMOUNTS},
        **{name: getattr(order, name) for name in _PLAIN},
        amount_due=money(due(order), currency),
        refundable=money(order.amount_paid - order.amount_refunded, currency),
        taxes=taxes_shown(order.taxes, currency),
        discounts=discounts_shown(order.discounts, currency),
        pay_before=order.auto_cancel_at,
        may_become=list(TRANSITIONS[order.status]),
        items=[item_shown(item, currency) for item in items_of(session, order)],
        payments=[payment_shown(row, parts.refunds) for row in parts.payments],
        shipments=shipments_shown(session, parts.parcels, currency),
        refunds=refunds_shown(session, parts.refunds, currency),
        timeline=_timeline(order, parts, currency),
    )


def read_refunds(session: TenantSession, order_id: str) -> RefundsRead:
    """The refunds of an order, and what is left to be given back. Raises NotFoundError."""
    order = order_of(session, order_id)
    currency, rows = currency_of(session, order), refunds_of(session, order)
    return RefundsRead(
        items=refunds_shown(session, rows, currency),
        currency=currency,
        refundable=money(order.amount_paid - order.amount_refunded, currency),
        shipping_refundable=money(shipping_left(order, rows), currency),
    )


def shipments_shown(session: TenantSession, rows: Iterable[Shipment], currency: str) -> list[ShipmentRead]:
    """Parcels with what they hold."""
    found = list(rows)
    lines = _lines(session, ShipmentItem, ShipmentItem.shipment_id, [row.id for row in found])
    return [shipment_shown(row, lines[row.id], currency) for row in found]


def refunds_shown(session: TenantSession, rows: Iterable[Refund], currency: str) -> list[RefundRead]:
    """Refunds with their lines."""
    found = list(rows)
    lines = _lines(session, RefundItem, RefundItem.refund_id, [row.id for row in found])
    return [refund_shown(row, lines[row.id], currency) for row in found]


def notes_of(session: TenantSession, order: Order) -> Sequence[OrderNote]:
    """The notes of an order, oldest first."""
    query = select(OrderNote).where(OrderNote.order_id == order.id)
    return session.scalars(query.order_by(OrderNote.created_at, OrderNote.id)).all()


def _lines(session: TenantSession, model: Any, column: Any, ids: list[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.scalars(select(model).where(column.in_(ids)).order_by(model.order_item_id)) if ids else ():
        found[getattr(row, column.key)].append(row)
    return found


def _timeline(order: Order, parts: _Parts, currency: str) -> list[TimelineEntryRead]:
    """What has happened, oldest first."""
    found: list[tuple[datetime | None, str, str | None, str | None]] = [
        (order.created_at, "placed", None, None),
        (order.confirmed_at, "confirmed", None, None),
        (order.delivered_at, "delivered", None, None),
        (order.canceled_at, "canceled", order.cancel_reason, None),
    ]
    found += [(row.paid_at, "paid", money(row.amount, currency), row.id) for row in parts.payments]
    found += [(row.failed_at, "payment_failed", row.error_message, row.id) for row in parts.payments]
    found += [(row.shipped_at, "shipped", _tracking(row), row.id) for row in parts.parcels]
    found += [(row.delivered_at, "shipment_delivered", _tracking(row), row.id) for row in parts.parcels]
    for row in parts.refunds:
        what = "refunded" if row.status is RefundStatus.COMPLETED else "refund_failed"
        found += [(row.created_at, "refund_asked", money(row.amount, currency), row.id)]
        found += [(row.processed_at, what, money(row.amount, currency), row.id)]
    found += [(row.created_at, "note", row.text, row.id) for row in parts.notes]
    entries = [TimelineEntryRead(at=at, what=what, detail=detail, id=key) for at, what, detail, key in found if at]
    return sorted(entries, key=lambda entry: entry.at)


def _tracking(row: Shipment) -> str | None:
    return " ".join(filter(None, [row.carrier, row.tracking_number])) or None
