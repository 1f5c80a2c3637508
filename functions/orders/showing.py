"""Orders and their parts as staff see them."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from functions.orders.schemas import (
    OrderDiscountRead,
    OrderItemRead,
    OrderNoteRead,
    OrderPaymentRead,
    OrderSummaryRead,
    OrderTaxRead,
    RefundItemRead,
    RefundRead,
    ShipmentItemRead,
    ShipmentRead,
)
from shared.currency import in_currency
from shared.models import Order, OrderItem, OrderNote, Payment, Refund, RefundItem, Shipment, ShipmentItem
from shared.orders.money import TAKEN, given_back
from shared.orders.shipping import left_to_pack

_SUMMARY_AMOUNTS = ("total", "amount_paid", "amount_refunded")
_LINE_AMOUNTS = ("unit_price", "subtotal", "discount_amount", "tax_amount")


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency's decimals."""
    return str(in_currency(amount, currency))


def summary(order: Order, currency: str) -> OrderSummaryRead:
    """An order in a list. `currency` is for orders that do not say theirs."""
    own = order.currency or currency
    return OrderSummaryRead(
        **_plain(order, OrderSummaryRead, {"currency", *_SUMMARY_AMOUNTS}),
        **{name: money(getattr(order, name), own) for name in _SUMMARY_AMOUNTS},
        currency=own,
    )


def taxes_shown(taxes: Iterable[Mapping[str, Any]], currency: str) -> list[OrderTaxRead]:
    """What was charged of each tax."""
    return [
        OrderTaxRead(
            name=str(tax["name"]),
            rate=f"{(Decimal(str(tax['rate'])) * 100).normalize():f}",
            amount=_rounded(tax["amount"], currency),
        )
        for tax in taxes
    ]


def discounts_shown(discounts: Iterable[Mapping[str, Any]], currency: str) -> list[OrderDiscountRead]:
    """What each coupon took off."""
    return [OrderDiscountRead(code=str(one["code"]), amount=_rounded(one["amount"], currency)) for one in discounts]


def item_shown(item: OrderItem, currency: str) -> OrderItemRead:
    """A line."""
    special = {"quantity_to_ship", "total", "regular_price", "taxes", "discounts", *_LINE_AMOUNTS}
    regular = item.regular_price
    return OrderItemRead(
        **_plain(item, OrderItemRead, special),
        **{name: money(getattr(item, name), currency) for name in _LINE_AMOUNTS},
        total=money(item.subtotal - item.discount_amount, currency),
        regular_price=None if regular is None else money(regular, currency),
        quantity_to_ship=left_to_pack(item),
        taxes=taxes_shown(item.taxes, currency),
        discounts=discounts_shown(item.discounts, currency),
    )


def payment_shown(row: Payment, refunds: Iterable[Refund]) -> OrderPaymentRead:
    """A payment."""
    left = row.amount - given_back(refunds, row.id) if row.status in TAKEN else Decimal(0)
    return OrderPaymentRead(
        **_plain(row, OrderPaymentRead, {"amount", "refundable"}),
        amount=money(row.amount, row.currency),
        refundable=money(left, row.currency),
    )


def shipment_shown(row: Shipment, lines: Iterable[ShipmentItem], currency: str) -> ShipmentRead:
    """A parcel with what it holds."""
    return ShipmentRead(
        **_plain(row, ShipmentRead, {"shipping_cost", "items"}),
        shipping_cost=money(row.shipping_cost, currency),
        items=[ShipmentItemRead.model_validate(line, from_attributes=True) for line in lines],
    )


def refund_shown(row: Refund, lines: Iterable[RefundItem], currency: str) -> RefundRead:
    """A refund with its lines."""
    return RefundRead(
        **_plain(row, RefundRead, {"currency", "amount", "shipping_amount", "items"}),
        currency=currency,
        amount=money(row.amount, currency),
        shipping_amount=money(row.shipping_amount, currency),
        items=[
            RefundItemRead(
                order_item_id=line.order_item_id, quantity=line.quantity, amount=money(line.amount, currency)
            )
            for line in lines
        ],
    )


def note_shown(row: OrderNote) -> OrderNoteRead:
    """A note."""
    return OrderNoteRead.model_validate(row, from_attributes=True)


def _plain(row: Any, model: Any, special: set[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in model.model_fields.keys() - special}


def _rounded(amount: Any, currency: str) -> str:
    return money(Decimal(str(amount)), currency)
