"""An order as rows of a CSV file: one for each line. What is of the whole order stands on the first alone.

So a column of amounts may be summed as it is. Times are UTC, amounts text with the currency's decimals.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.currency import in_currency
from shared.models import Order, OrderItem
from shared.spreadsheets import guarded

_TIMES = ("created_at", "confirmed_at", "shipped_at", "delivered_at", "canceled_at")
_STATES = ("status", "payment_status", "fulfillment_status")
_AMOUNTS = (*("subtotal", "discount_amount", "shipping_cost", "tax_amount", "total", "amount_paid", "amount_refunded"),)
_TEXTS = ("customer_phone", "coupon_code", "shipping_method", "cancel_reason", "notes")
_PARTS = (
    *("first_name", "last_name", "company", "address1", "address2", "city", "state", "postal_code", "country", "phone"),
)
_LINE_AMOUNTS = ("unit_price", "subtotal", "discount_amount", "tax_amount")
_LINE_COUNTS = ("quantity", "quantity_fulfilled", "quantity_shipped", "quantity_refunded")
COLUMNS = (
    *("order_number", "customer_email", *_TIMES[:1], *_STATES, "currency", *_AMOUNTS, "payment_methods", *_TEXTS),
    *_TIMES[1:],
    *(f"{kind}_{part}" for kind in ("shipping", "billing") for part in _PARTS),
    *("line_sku", "line_name", "line_options", *(f"line_{name}" for name in (*_LINE_COUNTS, *_LINE_AMOUNTS))),
    "line_total",
)


def rows_of(order: Order, currency: str) -> Iterator[list[str]]:
    """The rows of an order with its lines and payments; `currency` is for orders that do not say theirs."""
    own = order.currency or currency
    first = _of_order(order, own)
    items: list[OrderItem | None] = [*sorted(order.items, key=lambda item: (item.created_at, item.id))]
    for item in items or [None]:
        same = {"order_number": order.order_number, "customer_email": order.customer_email}
        cells = same | first | (_of_line(item, own) if item is not None else {})
        yield [guarded(cells.get(column, "")) for column in COLUMNS]
        first = {}


def _of_order(order: Order, currency: str) -> dict[str, str]:
    cells = {name: _text(getattr(order, name)) for name in (*_STATES, *_TEXTS)}
    cells |= {name: _moment(getattr(order, name)) for name in _TIMES}
    cells |= {name: _money(getattr(order, name), currency) for name in _AMOUNTS}
    cells |= {"currency": currency}
    cells |= {"payment_methods": ", ".join(sorted({str(payment.method) for payment in order.payments}))}
    for kind, address in (("shipping", order.shipping_address), ("billing", order.billing_address)):
        cells |= {f"{kind}_{part}": _text(address.get(part)) for part in _PARTS}
    return cells


def _of_line(item: OrderItem, currency: str) -> dict[str, str]:
    options = "; ".join(f"{name}: {value}" for name, value in sorted((item.attributes or {}).items()))
    cells = {"line_sku": item.variant_sku, "line_name": item.product_name, "line_options": options}
    cells |= {f"line_{name}": str(getattr(item, name)) for name in _LINE_COUNTS}
    cells |= {f"line_{name}": _money(getattr(item, name), currency) for name in _LINE_AMOUNTS}
    total = item.subtotal - item.discount_amount + item.tax_amount
    return cells | {"line_total": _money(total, currency)}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _moment(value: datetime | None) -> str:
    return "" if value is None else value.isoformat(timespec="seconds").replace("+00:00", "Z")


def _money(amount: Decimal, currency: str) -> str:
    return str(in_currency(amount, currency))
