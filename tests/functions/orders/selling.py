"""Orders for tests, written as a checkout writes them: lines, payment, and sums that follow from the lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.models import Order, OrderItem, Payment, Product, Variant
from shared.models.base import new_id
from shared.models.enums import PaymentMethod
from shared.tenancy import tenant_session
from tests.factories import order_of, product_of, variant_of

ADDRESS = {
    **{"first_name": "Ada", "last_name": "Byron", "address1": "1 Main Street", "city": "Berlin"},
    **{"postal_code": "10119", "country": "DE", "state": "BE"},
}


@dataclass(frozen=True)
class Sold:
    """A line to be: how many at which price without tax, what was taken off all of them, and their tax."""

    price: str
    quantity: int = 1
    discount: str = "0"
    tax: str = "0"
    name: str = "Kettle"
    more: dict[str, Any] = field(default_factory=dict)


def sell(store_id: str, lines: Sequence[Sold] = (Sold("10.00"),), *, at: datetime | None = None, **given: Any) -> str:
    """Write an order. Amounts that are not given follow from the lines. Returns its id."""
    with tenant_session(store_id) as session:
        order = _order(lines, given, at)
        session.add(order)
        session.flush()
        variants = [_variant(session, line) for line in lines]
        for place, (line, variant) in enumerate(zip(lines, variants, strict=True)):
            # A moment apart, as a checkout writes them.
            session.add(_item(order, line, variant, at and at + timedelta(microseconds=place)))
            session.flush()
        session.add(
            Payment(
                order_id=order.id,
                method=PaymentMethod.BANK_TRANSFER,
                gateway="manual",
                amount=order.total,
                currency=order.currency or "USD",
            )
        )
        return order.id


def _order(lines: Sequence[Sold], given: dict[str, Any], at: datetime | None) -> Order:
    subtotal = sum((Decimal(line.price) * line.quantity for line in lines), Decimal(0))
    discount = sum((Decimal(line.discount) for line in lines), Decimal(0))
    goods_tax = sum((Decimal(line.tax) for line in lines), Decimal(0))
    shipping, shipping_tax = (Decimal(given.get(name, "0")) for name in ("shipping_cost", "shipping_tax"))
    tax = goods_tax + shipping_tax
    values: dict[str, Any] = {
        "currency": "USD",
        "subtotal": subtotal,
        "discount_amount": discount,
        "tax_amount": tax,
        "total": subtotal - discount + shipping + tax,
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "taxes": [{"rate_id": "r1", "name": "VAT", "rate": "0.2", "amount": str(tax)}] if tax else [],
    }
    values |= {"created_at": at} if at else {}
    values |= given | {"shipping_cost": shipping, "shipping_tax": shipping_tax}
    return order_of(**values)


def _variant(session: Any, line: Sold) -> Variant:
    if variant_id := line.more.get("variant_id"):
        return session.get_one(Variant, variant_id)  # type: ignore[no-any-return]
    product: Product = product_of(name=line.name)
    session.add(product)
    session.flush()
    variant = variant_of(product.id)
    session.add(variant)
    session.flush()
    return variant


def _item(order: Order, line: Sold, variant: Variant, at: datetime | None) -> OrderItem:
    price, tax = Decimal(line.price), Decimal(line.tax)
    values: dict[str, Any] = {
        "id": new_id(),
        "order_id": order.id,
        "variant_id": variant.id,
        "product_id": variant.product_id,
        "product_name": line.name,
        "variant_sku": variant.sku,
        "attributes": {"Color": "Red"},
        "quantity": line.quantity,
        "unit_price": price,
        "regular_price": price,
        "subtotal": price * line.quantity,
        "discount_amount": Decimal(line.discount),
        "tax_amount": tax,
        "taxes": [{"rate_id": "r1", "name": "VAT", "rate": "0.2", "amount": str(tax)}] if tax else [],
    }
    return OrderItem(**(values | ({"created_at": at} if at else {}) | line.more))
