"""What Shopify's bodies of orders and refunds say. Their amounts are in the shop's currency, not the shopper's."""

from decimal import Decimal
from typing import Any

from functions.sync.coercing import (
    Body,
    amount,
    body_of,
    flag,
    identity,
    moment,
    named,
    objects,
    part,
    sum_of,
    texts,
    units,
    words,
)
from functions.sync.coercing import text as text_of
from functions.sync.entities import ExternalLine, ExternalOrder, ExternalRefund, UnreadableError
from functions.sync.shopify.reading import read_address
from shared.models.enums import OrderStatus, PaymentStatus

_PAYMENTS = {
    "pending": PaymentStatus.PENDING,
    "authorized": PaymentStatus.AUTHORIZED,
    "partially_paid": PaymentStatus.PARTIALLY_PAID,
    "paid": PaymentStatus.PAID,
    "partially_refunded": PaymentStatus.PARTIALLY_REFUNDED,
    "refunded": PaymentStatus.REFUNDED,
    "voided": PaymentStatus.FAILED,
    "expired": PaymentStatus.FAILED,
}
_BEGUN = (PaymentStatus.PAID, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.AUTHORIZED)
_PROGRESS = tuple(_PAYMENTS)


def read_order(body: Any) -> ExternalOrder:
    """An order. Raises UnreadableError."""
    body = body_of(body)
    if "line_items" not in body or not text_of(body.get("currency")):
        raise UnreadableError("wrong_resource", "The body has no lines or no currency: it is of no order.")
    external_id, total = named(body), sum_of(body.get("total_price"), "total_price")
    paid = words(body.get("financial_status")).lower()
    payment = _PAYMENTS.get(paid, PaymentStatus.PENDING)
    canceled_at, placed_at = moment(body.get("cancelled_at")), moment(body.get("created_at"))
    lines = tuple(_line(one) for one in objects(body.get("line_items")) if (units(one.get("quantity")) or 0) > 0)
    refunds = tuple(read_refund(one, external_id) for one in objects(body.get("refunds")))
    status = _status(body, payment)
    customer = part(body, "customer")
    shipping = [_shipping(one) for one in objects(body.get("shipping_lines"))]
    return ExternalOrder(
        external_id=external_id,
        updated_at=moment(body.get("updated_at")),
        rank=(
            int(canceled_at is not None),
            len(refunds),
            len(objects(body.get("fulfillments"))),
            _PROGRESS.index(paid) if paid in _PROGRESS else 0,
        ),
        number=words(body.get("name"), 50) or words(body.get("order_number"), 50) or external_id,
        currency=words(body.get("currency"), 3).upper(),
        status=status,
        payment=payment,
        total=total,
        lines=lines,
        subtotal=sum((line.subtotal for line in lines), Decimal(0)),
        discount=sum_of(body.get("total_discounts"), "total_discounts"),
        shipping=sum((cost for cost, _ in shipping), Decimal(0)),
        shipping_tax=sum((tax for _, tax in shipping), Decimal(0)),
        tax=sum_of(body.get("total_tax"), "total_tax"),
        takes_stock=canceled_at is None and not flag(body.get("test")),
        taken_at=placed_at,
        customer_id=identity(customer.get("id")),
        email=text_of(body.get("email"), 254)
        or text_of(body.get("contact_email"), 254)
        or text_of(customer.get("email"), 254),
        phone=text_of(body.get("phone"), 50),
        billing=read_address(part(body, "billing_address")) if part(body, "billing_address") else None,
        shipping_address=read_address(part(body, "shipping_address")) if part(body, "shipping_address") else None,
        shipping_method=next((words(one.get("title"), 200) for one in objects(body.get("shipping_lines"))), None),
        coupons=tuple(
            (words(one.get("code"), 50), sum_of(one.get("amount"), "amount"))
            for one in objects(body.get("discount_codes"))
        ),
        taxes=tuple(
            (words(one.get("title"), 100), sum_of(one.get("price"), "price")) for one in objects(body.get("tax_lines"))
        ),
        payment_method=next(iter(texts(body.get("payment_gateway_names"), 100)), None)
        or text_of(body.get("gateway"), 100),
        refunds=refunds,
        note=text_of(body.get("note"), 2000),
        placed_at=placed_at,
        paid_at=moment(body.get("processed_at")) if payment in _BEGUN else None,
        canceled_at=canceled_at,
        cancel_reason=text_of(body.get("cancel_reason"), 200),
    )


def read_refund(body: Any, order_id: str | None = None) -> ExternalRefund:
    """A refund, with its lines. Without transactions it gave back what its lines came to. Raises UnreadableError."""
    body = body_of(body)
    lines = tuple(
        (line, count, sum_of(one.get("subtotal"), "subtotal") + sum_of(one.get("total_tax"), "total_tax"))
        for one in objects(body.get("refund_line_items"))
        if (line := identity(one.get("line_item_id"))) and (count := units(one.get("quantity")) or 0) > 0
    )
    made = [
        amount(one.get("amount"), "amount") or Decimal(0)
        for one in objects(body.get("transactions"))
        if words(one.get("kind")) == "refund" and words(one.get("status")) in ("success", "")
    ]
    return ExternalRefund(
        external_id=named(body),
        order_id=order_id or named(body, "order_id"),
        amount=sum(made, Decimal(0)) if made else sum((back for _, _, back in lines), Decimal(0)),
        reason=text_of(body.get("note"), 500),
        lines=lines,
        created_at=moment(body.get("created_at")) or moment(body.get("processed_at")),
    )


def _line(body: Body) -> ExternalLine:
    count, each = units(body.get("quantity")) or 1, sum_of(body.get("price"), "price")
    allocated = [sum_of(one.get("amount"), "amount") for one in objects(body.get("discount_allocations"))]
    discount = sum(allocated, Decimal(0)) or sum_of(body.get("total_discount"), "total_discount")
    named_options = [
        (words(one.get("name"), 100), words(one.get("value"), 200)) for one in objects(body.get("properties"))
    ]
    variant = text_of(body.get("variant_title"), 200)
    return ExternalLine(
        external_id=named(body),
        product_id=identity(body.get("product_id")),
        variant_id=identity(body.get("variant_id")),
        sku=text_of(body.get("sku"), 50),
        name=words(body.get("title"), 200) or words(body.get("name"), 200) or "?",
        quantity=count,
        unit_price=each,
        subtotal=each * count,
        discount=min(discount, each * count),
        tax=sum((sum_of(one.get("price"), "price") for one in objects(body.get("tax_lines"))), Decimal(0)),
        options=tuple(pair for pair in named_options if all(pair)) + ((("Variant", variant),) if variant else ()),
        needs_shipping=flag(body.get("requires_shipping")) is not False,
    )


def _status(body: Body, payment: PaymentStatus) -> OrderStatus:
    if moment(body.get("cancelled_at")) is not None:
        return OrderStatus.CANCELED
    if payment is PaymentStatus.REFUNDED:
        return OrderStatus.REFUNDED
    if words(body.get("fulfillment_status")).lower() == "fulfilled":
        return OrderStatus.SHIPPED
    if payment is PaymentStatus.PENDING:
        return OrderStatus.PENDING
    return OrderStatus.PROCESSING if objects(body.get("fulfillments")) else OrderStatus.CONFIRMED


def _shipping(body: Body) -> tuple[Decimal, Decimal]:
    cost = body.get("discounted_price") if text_of(body.get("discounted_price")) else body.get("price")
    taxes = (sum_of(one.get("price"), "price") for one in objects(body.get("tax_lines")))
    return sum_of(cost, "shipping"), sum(taxes, Decimal(0))
