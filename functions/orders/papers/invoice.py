"""An invoice: what was bought and from whom, the taxes by rate, what was paid and given back."""

from collections.abc import Iterator
from decimal import Decimal

from functions.orders.papers.addresses import address_lines, seller_lines
from functions.orders.papers.facts import Facts, texts
from functions.orders.papers.heading import write_blocks, write_heading
from functions.orders.papers.page import FAINT, MARGIN, Column, Paper, Row
from shared.models import OrderItem
from shared.models.enums import OrderStatus, PaymentMethod, PaymentStatus

_STATES = {
    PaymentStatus.PENDING: "Unpaid",
    PaymentStatus.AUTHORIZED: "Authorised, not yet paid",
    PaymentStatus.PARTIALLY_PAID: "Partly paid",
    PaymentStatus.PAID: "Paid",
    PaymentStatus.PARTIALLY_REFUNDED: "Paid, partly refunded",
    PaymentStatus.REFUNDED: "Refunded",
    PaymentStatus.FAILED: "Unpaid",
}
_METHODS = {
    PaymentMethod.CREDIT_CARD: "Credit card",
    PaymentMethod.DEBIT_CARD: "Debit card",
    PaymentMethod.PAYPAL: "PayPal",
    PaymentMethod.BANK_TRANSFER: "Bank transfer",
    PaymentMethod.CASH_ON_DELIVERY: "Cash on delivery",
    PaymentMethod.OTHER: "Other",
}
_LABELS, _AMOUNTS = 50.0, 32.0
Sum = tuple[str, str, bool]
"""A label, an amount, and whether it is one to look at."""


def invoice(facts: Facts, logo: bytes | None) -> bytes:
    """The PDF. Its number is the order's."""
    order, store = facts.order, facts.store
    paper = Paper(f"Invoice {order.order_number}", store.name, store.primary_color, order.created_at, _text(facts))
    write_heading(paper, store.name, logo, "INVOICE", order.order_number)
    write_blocks(
        paper,
        [
            ("From", seller_lines(store)),
            ("Bill to", [*address_lines(order.billing_address), order.customer_email]),
            ("Ship to", address_lines(order.shipping_address)),
        ],
    )
    write_blocks(paper, _particulars(facts))
    paper.write_table(_columns(facts), [_row(facts, item) for item in facts.items])
    _write_sums(paper, list(_sums(facts)))
    if order.notes:
        paper.ln(6)
        paper.keep_together(15)
        paper.block(MARGIN, paper.get_y(), paper.epw, "Notes", [order.notes])
    return bytes(paper.output())


def state(facts: Facts) -> str:
    """Whether it is paid, in words."""
    paid = _STATES[facts.order.payment_status]
    if facts.order.status is OrderStatus.CANCELED:
        return "Cancelled" if facts.order.payment_status in _UNPAID else f"Cancelled; {paid.lower()}"
    return paid


_UNPAID = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED, PaymentStatus.FAILED)


def _text(facts: Facts) -> str:
    return "".join(texts(facts))


def _particulars(facts: Facts) -> list[tuple[str, list[str]]]:
    order = facts.order
    methods = dict.fromkeys(_METHODS[payment.method] for payment in facts.payments)
    found = [
        ("Invoice and order", [order.order_number]),
        ("Date", [facts.day(order.created_at)]),
        ("Payment", [state(facts), *methods]),
    ]
    return [*found, ("Shipping", [order.shipping_method])] if order.shipping_method else found


def _columns(facts: Facts) -> list[Column]:
    return [
        Column("Item", 74),
        Column("Qty", 12, "R"),
        Column("Unit price", 24, "R"),
        Column("Discount", 20, "R"),
        Column("Tax", 20, "R"),
        Column(f"Total {facts.currency}", 24, "R"),
    ]


def _row(facts: Facts, item: OrderItem) -> Row:
    money = facts.money
    return Row(
        [
            item.product_name,
            f"{item.quantity:,}",
            money(item.unit_price),
            money(-item.discount_amount) if item.discount_amount else "",
            money(item.tax_amount),
            money(item.subtotal - item.discount_amount + item.tax_amount),
        ],
        small=small_print(item),
    )


def small_print(item: OrderItem) -> str:
    """SKU and options of a line."""
    options = (f"{name}: {value}" for name, value in (item.attributes or {}).items())
    return "  \u00b7  ".join([item.variant_sku, *options])


def _sums(facts: Facts) -> Iterator[Sum]:
    order, money = facts.order, facts.money
    yield "Subtotal, without tax", money(order.subtotal), False
    if order.discount_amount:
        codes = ", ".join(str(one["code"]) for one in order.discounts if one.get("code")) or order.coupon_code
        yield f"Discount{f' ({codes})' if codes else ''}", money(-order.discount_amount), False
    if order.shipping_cost or order.shipping_method:
        yield "Shipping", money(order.shipping_cost), False
    yield from _taxes(facts)
    yield f"Total {facts.currency}", money(order.total), True
    if order.amount_paid:
        yield "Paid", money(order.amount_paid), False
    for refund in facts.refunds:
        yield f"Refunded {facts.day(refund.processed_at or refund.created_at)}", money(-refund.amount), False
    if order.status is not OrderStatus.CANCELED:
        yield f"Amount due {facts.currency}", money(max(order.total - order.amount_paid, Decimal(0))), True


def _taxes(facts: Facts) -> Iterator[Sum]:
    for tax in facts.order.taxes:
        rate = f"{(Decimal(tax['rate']) * 100).normalize():f} %"
        yield f"{tax['name']} {rate}", facts.money(Decimal(tax["amount"])), False
    if not facts.order.taxes:
        yield "Tax", facts.money(facts.order.tax_amount), False


def _write_sums(paper: Paper, sums: list[Sum]) -> None:
    """The sums at the right, on one page."""
    paper.ln(4)
    paper.keep_together(len(sums) * 6.5)
    left = paper.w - MARGIN - _LABELS - _AMOUNTS
    for label, amount, is_main in sums:
        top = paper.get_y()
        paper.set_xy(left, top)
        size, color = (11, paper.accent) if is_main else (9.5, FAINT)
        paper.write_line(label, size, bold=is_main, color=color, width=_LABELS)
        below = paper.get_y()
        paper.set_xy(left + _LABELS, top)
        paper.write_line(amount, size, bold=is_main, width=_AMOUNTS, align="R")
        paper.set_y(max(below, paper.get_y()) + 1.5)
