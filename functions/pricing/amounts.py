"""Amounts and percentages as the API shows them."""

from decimal import Decimal

from shared.currency import in_currency
from shared.models.enums import DiscountType


def money(amount: Decimal | None, currency: str) -> str | None:
    """An amount with its currency's decimals."""
    return None if amount is None else str(in_currency(amount, currency))


def percent(value: Decimal) -> str:
    """A percentage without needless zeros: `8.250` becomes `8.25`, and `10.000` becomes `10`."""
    return f"{value.normalize():f}"


def value_shown(kind: DiscountType, value: Decimal, currency: str) -> str | None:
    """What a discount takes off: an amount, a percentage, or nothing where it only frees shipping."""
    if kind is DiscountType.FREE_SHIPPING:
        return None
    return money(value, currency) if kind is DiscountType.FIXED_AMOUNT else percent(value)
