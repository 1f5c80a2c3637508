"""Carts to price, made in a line."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from shared.pricing import Cart, Coupon, CouponKind, Item, Quote, Rules, TaxRate, price_cart

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
VAT = TaxRate("vat", Decimal("0.15"), "VAT")


def item(name: str, price: str, quantity: int = 1, **more: Any) -> Item:
    """Units of a product of the same name."""
    return Item(name, more.pop("product_id", name), Decimal(price), quantity, **more)


def coupon(kind: CouponKind, amount: str = "0", code: str = "SAVE", **more: Any) -> Coupon:
    """A coupon with the code SAVE."""
    return Coupon(code, kind, Decimal(amount), **more)


def cart(*items: Item, **more: Any) -> Cart:
    """A cart at noon on the first of June."""
    return Cart(items, AT, **more)


def priced(*items: Item, rules: Rules | None = None, **more: Any) -> Quote:
    """A cart's quote in dollars, by our own rules."""
    return price_cart(cart(*items, **more), rules or Rules("USD"))


def amounts(values: Iterable[Decimal]) -> list[str]:
    """Amounts as text, without zeros at the end."""
    return [format(value.normalize() + 0, "f") for value in values]


def reasons(quote: Quote) -> list[str]:
    """Why coupons were dropped."""
    return [dropped.reason.value for dropped in quote.dropped]
