"""What WooCommerce's bodies of orders and refunds say."""

from decimal import Decimal
from typing import Any

from functions.sync.coercing import (
    Body,
    amount,
    amount_or_none,
    begun_units,
    body_of,
    flag,
    identity,
    moment,
    named,
    objects,
    part,
    sum_of,
    units,
    words,
)
from functions.sync.coercing import text as text_of
from functions.sync.entities import ExternalLine, ExternalOrder, ExternalRefund, Pairs, UnreadableError
from functions.sync.woocommerce.reading import read_address
from shared.models.enums import OrderStatus, PaymentStatus

_STATUSES = {
    "pending": OrderStatus.PENDING,
    "on-hold": OrderStatus.PENDING,
    "failed": OrderStatus.PENDING,
    "processing": OrderStatus.PROCESSING,
    "completed": OrderStatus.DELIVERED,
    "cancelled": OrderStatus.CANCELED,
    "refunded": OrderStatus.REFUNDED,
}
_TAKES = ("on-hold", "processing", "completed")
"""While an order is one of these WooCommerce has taken its units; it puts them back when it is cancelled."""
_PROGRESS = ("pending", "failed", "on-hold", "processing", "completed", "cancelled", "refunded", "trash")
_DRAFTS = ("checkout-draft", "auto-draft")


def read_order(body: Any) -> ExternalOrder:
    """An order. Raises UnreadableError; `draft` is for a checkout that goes on."""
    body = body_of(body)
    status = words(body.get("status")).removeprefix("wc-")
    if "line_items" not in body or not text_of(body.get("currency")):
        raise UnreadableError("wrong_resource", "The body has no lines or no currency: it is of no order.")
    if status in _DRAFTS:
        raise UnreadableError("draft", "Somebody is still checking out.")
    external_id, total = named(body), sum_of(body.get("total"), "total")
    refunds = tuple(read_refund(one, external_id) for one in objects(body.get("refunds")))
    lines = tuple(_line(one) for one in objects(body.get("line_items")) if begun_units(one.get("quantity")) > 0)
    paid_at, placed_at = moment(body.get("date_paid_gmt")), moment(body.get("date_created_gmt"))
    billing, shipping = part(body, "billing"), part(body, "shipping")
    return ExternalOrder(
        external_id=external_id,
        updated_at=moment(body.get("date_modified_gmt")),
        rank=(_PROGRESS.index(status) if status in _PROGRESS else 0, len(refunds)),
        number=words(body.get("number"), 50) or external_id,
        currency=words(body.get("currency"), 3).upper(),
        # A status of a plug-in's own is one of work that goes on.
        status=_STATUSES.get(status, OrderStatus.PROCESSING),
        payment=_payment(body, status, total, refunds),
        total=total,
        lines=lines,
        subtotal=sum((line.subtotal for line in lines), Decimal(0)),
        discount=sum_of(body.get("discount_total"), "discount_total"),
        shipping=sum_of(body.get("shipping_total"), "shipping_total"),
        shipping_tax=sum_of(body.get("shipping_tax"), "shipping_tax"),
        tax=sum_of(body.get("total_tax"), "total_tax"),
        fees=sum((amount(one.get("total"), "fee") or Decimal(0) for one in objects(body.get("fee_lines"))), Decimal(0)),
        takes_stock=status in _TAKES or any(_reduced(one) for one in objects(body.get("line_items"))),
        taken_at=placed_at,
        customer_id=identity(body.get("customer_id")),
        email=text_of(billing.get("email"), 254),
        phone=text_of(billing.get("phone"), 50),
        billing=read_address(billing),
        shipping_address=read_address(shipping),
        shipping_method=next(
            (words(one.get("method_title"), 200) for one in objects(body.get("shipping_lines"))), None
        ),
        coupons=tuple(
            (words(one.get("code"), 50), sum_of(one.get("discount"), "discount"))
            for one in objects(body.get("coupon_lines"))
        ),
        taxes=tuple(
            (
                words(one.get("label"), 100) or words(one.get("rate_code"), 100),
                sum_of(one.get("tax_total"), "tax_total") + sum_of(one.get("shipping_tax_total"), "shipping_tax_total"),
            )
            for one in objects(body.get("tax_lines"))
        ),
        payment_method=text_of(body.get("payment_method"), 100),
        transaction_id=text_of(body.get("transaction_id"), 200),
        refunds=refunds,
        note=text_of(body.get("customer_note"), 2000),
        placed_at=placed_at,
        paid_at=paid_at,
        canceled_at=moment(body.get("date_modified_gmt")) if status == "cancelled" else None,
        deleted=status == "trash",
    )


def read_refund(body: Any, order_id: str) -> ExternalRefund:
    """A refund, as a body of its own or as an order lists it, with its amounts below zero. Raises UnreadableError."""
    body = body_of(body)
    given = amount(body.get("amount") if "amount" in body else body.get("total"), "refund")
    lines = []
    for one in objects(body.get("line_items")):
        meta = {words(pair.get("key")): pair.get("value") for pair in objects(one.get("meta_data"))}
        line, count = identity(meta.get("_refunded_item_id")), _count_back(one)
        if line and count:
            gone = _back(one, "total") + _back(one, "total_tax")
            lines.append((line, count, gone))
    return ExternalRefund(
        external_id=named(body),
        order_id=order_id,
        amount=abs(given or Decimal(0)),
        reason=text_of(body.get("reason"), 500),
        lines=tuple(lines),
        created_at=moment(body.get("date_created_gmt")),
    )


def _count_back(body: Body) -> int:
    told = amount_or_none(body.get("quantity"))
    return begun_units(abs(told)) if told is not None else 0


def _back(body: Body, field: str) -> Decimal:
    return abs(amount(body.get(field), field) or Decimal(0))


def _line(body: Body) -> ExternalLine:
    count = begun_units(body.get("quantity"))
    before, after = sum_of(body.get("subtotal"), "subtotal"), sum_of(body.get("total"), "total")
    return ExternalLine(
        external_id=named(body),
        product_id=identity(body.get("product_id")),
        variant_id=identity(body.get("variation_id")) or identity(body.get("product_id")),
        sku=text_of(body.get("sku"), 50),
        name=words(body.get("name"), 200) or "?",
        quantity=count,
        # A price put up by hand is above what it was.
        unit_price=max(before, after) / count,
        subtotal=max(before, after),
        discount=max(before - after, Decimal(0)),
        tax=sum_of(body.get("total_tax"), "total_tax"),
        options=_options(body),
        needs_shipping=True,
    )


def _options(body: Body) -> Pairs:
    found = tuple(
        (words(one.get("display_key"), 100), words(one.get("display_value"), 200))
        for one in objects(body.get("meta_data"))
        if not words(one.get("key")).startswith("_") and text_of(one.get("display_value"))
    )
    told = amount_or_none(body.get("quantity"))
    # What is sold by weight or length; here it counts as so many whole ones, at what they cost together.
    parts = told is not None and told != told.to_integral_value()
    return (*found, ("Quantity", words(body.get("quantity"), 20))) if parts else found


def _reduced(line: Body) -> bool:
    return any(
        words(one.get("key")) == "_reduced_stock" and (units(one.get("value")) or 0) > 0
        for one in objects(line.get("meta_data"))
    )


def _payment(body: Body, status: str, total: Decimal, refunds: tuple[ExternalRefund, ...]) -> PaymentStatus:
    back = sum((one.amount for one in refunds), Decimal(0))
    if status == "refunded" or (back and back >= total):
        return PaymentStatus.REFUNDED
    if back:
        return PaymentStatus.PARTIALLY_REFUNDED
    if status == "failed":
        return PaymentStatus.FAILED
    paid = moment(body.get("date_paid_gmt")) is not None or status == "completed"
    return PaymentStatus.PAID if paid or (status == "processing" and not _on_delivery(body)) else PaymentStatus.PENDING


def _on_delivery(body: Body) -> bool:
    return words(body.get("payment_method")) == "cod" or flag(body.get("needs_payment")) is True
