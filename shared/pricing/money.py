"""Rounding, and splitting an amount without losing a cent.

Inside this package money is a Decimal of minor units: cents, yen, fils. What goes in and comes out is in the currency.
"""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)


def rounded(amount: Decimal, places: int = 0, mode: str = ROUND_HALF_UP) -> Decimal:
    """The amount with so many decimals. Halves go away from zero unless the mode says otherwise."""
    return amount.quantize(Decimal(1).scaleb(-places), rounding=mode)


def shares(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """A whole amount split by weights into whole amounts: what is left over goes to the largest fractions, in order.

    Weights are not negative; where none weighs anything, the first takes all. A negative amount is split like its
    opposite.
    """
    if amount < 0:
        return [-share for share in shares(-amount, weights)]
    whole = sum(weights, ZERO)
    if not whole:
        return [amount if place == 0 else ZERO for place in range(len(weights))]
    exact = [amount * weight / whole for weight in weights]
    split = [share.to_integral_value(ROUND_FLOOR) for share in exact]
    left = int(amount - sum(split))
    for place in sorted(range(len(split)), key=lambda place: split[place] - exact[place])[:left]:
        split[place] += 1
    return split
