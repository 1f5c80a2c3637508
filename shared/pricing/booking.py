"""The figures that an order stores: whole minor units whose sums are exact.

Rounding per line needs no more than rounding. Rounding at the subtotal settles the order's figures first and splits
them over the lines by largest remainder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.pricing.money import ZERO, rounded, shares
from shared.pricing.quote import BookedLine, BookedOrder


@dataclass(frozen=True, slots=True)
class Sums:
    """What was worked out, in minor units, unrounded but for `total` and `total_tax`.

    `shipping` and `fees` are whole already. Of the lists, those of goods have an amount a line.
    """

    subtotals: Sequence[Decimal]
    totals: Sequence[Decimal]
    taxes: Sequence[Decimal]
    shipping: Decimal
    shipping_tax: Decimal
    fees: Decimal
    fee_tax: Decimal
    total: Decimal
    total_tax: Decimal
    prices_include_tax: bool


def booked_lines(sums: Sums, *, per_line: bool) -> tuple[list[BookedLine], BookedOrder]:
    """The lines and the order, in minor units."""
    if per_line:
        totals, taxes = [rounded(total) for total in sums.totals], list(sums.taxes)
        shipping_tax, fee_tax = sums.shipping_tax, sums.fee_tax
        subtotals = [rounded(subtotal) for subtotal in sums.subtotals]
    else:
        totals, taxes, shipping_tax, fee_tax = _at_subtotal(sums)
        less = [subtotal - total for subtotal, total in zip(sums.subtotals, sums.totals, strict=True)]
        discounts = shares(rounded(sum(less, ZERO)), less) if less else []
        subtotals = [total + discount for total, discount in zip(totals, discounts, strict=True)]
    lines = [BookedLine(*line) for line in zip(subtotals, _less(subtotals, totals), totals, taxes, strict=True)]
    return lines, _order(lines, sums, shipping_tax, fee_tax)


def _less(subtotals: Sequence[Decimal], totals: Sequence[Decimal]) -> list[Decimal]:
    return [subtotal - total for subtotal, total in zip(subtotals, totals, strict=True)]


def _at_subtotal(sums: Sums) -> tuple[list[Decimal], list[Decimal], Decimal, Decimal]:
    """Line totals, line taxes, shipping tax and fee tax."""
    before_tax = rounded(sum(sums.totals, ZERO)) + sums.shipping + sums.fees
    # Prices are whole: what they include is worked out of them, what comes on top is worked out after them.
    tax = sums.total_tax if sums.prices_include_tax else sums.total - before_tax
    goods = sums.total - tax - sums.shipping - sums.fees
    # A fee that takes tax off has no share of the tax that the others bring.
    fee_tax = rounded(sums.fee_tax) if sums.fee_tax < 0 else ZERO
    weights = [*sums.taxes, sums.shipping_tax, max(ZERO, sums.fee_tax)]
    *taxes, shipping_tax, more = shares(tax - fee_tax, weights)
    return (shares(goods, sums.totals) if sums.totals else []), taxes, shipping_tax, fee_tax + more


def _order(lines: Sequence[BookedLine], sums: Sums, shipping_tax: Decimal, fee_tax: Decimal) -> BookedOrder:
    goods_tax = sum((line.tax for line in lines), ZERO)
    return BookedOrder(
        subtotal=sum((line.subtotal for line in lines), ZERO),
        discount=sum((line.discount for line in lines), ZERO),
        shipping=sums.shipping,
        fees=sums.fees,
        goods_tax=goods_tax,
        shipping_tax=shipping_tax,
        fee_tax=fee_tax,
        tax=goods_tax + shipping_tax + fee_tax,
        total=sums.total,
    )
