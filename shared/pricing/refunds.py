"""What is given back for some of an order line's units."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shared.currency import decimals


@dataclass(frozen=True, slots=True)
class SoldLine:
    """An order line as booked: what all its units cost without tax, their tax, and how many were given back so far."""

    quantity: int
    total: Decimal
    tax: Decimal
    currency: str
    units_refunded: int = 0


@dataclass(frozen=True, slots=True)
class LineRefund:
    """What goes back, in the currency."""

    total: Decimal
    tax: Decimal

    @property
    def amount(self) -> Decimal:
        """What the customer gets."""
        return self.total + self.tax


def refund_of(line: SoldLine, units: int) -> LineRefund:
    """What goes back for so many more units.

    However a line is given back, unit by unit or in lots, its refunds sum to the line. Raises ValueError for no units,
    or for more than are left.
    """
    if not 0 < units <= line.quantity - line.units_refunded:
        raise ValueError("A refund is of one unit or more, and of no more than are left.")
    before, after = line.units_refunded, line.units_refunded + units
    return LineRefund(*(_up_to(part, line, after) - _up_to(part, line, before) for part in (line.total, line.tax)))


def _up_to(amount: Decimal, line: SoldLine, units: int) -> Decimal:
    """What has gone back once so many units have: the difference of two of these loses nothing."""
    places = Decimal(1).scaleb(-decimals(line.currency))
    return (amount * units / line.quantity).quantize(places, rounding=ROUND_HALF_UP)
