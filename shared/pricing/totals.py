"""A cart worked out in minor units: flash sales, then coupons, then shipping, then fees, then tax.

The figures are those of WooCommerce's cart to the cent (docs/decisions/0014). The order of the lines does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from shared.pricing.cart import Cart, Rules
from shared.pricing.coupons import Admission, admitted
from shared.pricing.discounts import discounts_of
from shared.pricing.extras import Extra, fees_of, shipping_of
from shared.pricing.money import ZERO, rounded
from shared.pricing.pieces import Piece, pieces_of

Taxes = dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Goods:
    """A piece with its amounts without tax and its taxes by rate, before and after coupons."""

    piece: Piece
    subtotal: Decimal
    subtotal_taxes: Taxes
    total: Decimal
    taxes: Taxes


class Totals:
    """What a cart comes to. Taxes of lines and fees are rounded already, unless that is done at the subtotal."""

    def __init__(self, cart: Cart, rules: Rules) -> None:
        self.cart, self.rules = cart, rules
        self.pieces = pieces_of(cart, rules)
        counted, self.dropped = admitted(Admission(cart, rules, self.pieces, self._spent()))
        self.discounts = discounts_of(self.pieces, counted, rules)
        self.goods = [self._goods(at, piece) for at, piece in enumerate(self.pieces)]
        self.frees_shipping = {coupon.code for coupon in counted if coupon.frees_shipping}
        self.shipping = shipping_of(cart, rules, self.pieces, free=bool(self.frees_shipping))
        fees = fees_of(cart, rules, [(one.piece, one.total) for one in self.goods], self.shipping)
        self.fees = [(fee, Extra(extra.amount, self._on_line(extra.taxes))) for fee, extra in fees]
        self._sum_up()

    def discount(self, code: str) -> Decimal:
        """What a coupon took off, without tax."""
        return added(piece.without_tax(less) for piece, less in self._discounted(code))

    def discount_tax(self, code: str) -> Decimal:
        """The tax that went with what a coupon took off."""
        return added(all_of(piece.taxes_on(less)) for piece, less in self._discounted(code))

    def _sum_up(self) -> None:
        self.subtotal = self._items(one.subtotal for one in self.goods)
        self.subtotal_tax = added(all_of(one.subtotal_taxes) for one in self.goods)
        self.goods_total = self._items(one.total for one in self.goods)
        self.goods_tax = added(all_of(one.taxes) for one in self.goods)
        self.shipping_tax = all_of(self.shipping.taxes)
        self.fee_total = added(extra.amount for _, extra in self.fees)
        self.fee_tax = added(all_of(extra.taxes) for _, extra in self.fees)
        before_tax = self.goods_total + self.shipping.amount + self.fee_total
        self.exact_total = rounded(before_tax + self.goods_tax + self.shipping_tax + self.fee_tax)
        self.total = max(ZERO, self.exact_total)
        self.total_tax = self._tax_rounded(self.goods_tax + rounded(self.shipping_tax + self.fee_tax))

    def _goods(self, at: int, piece: Piece) -> Goods:
        price = max(ZERO, piece.price - added(taken[at] for taken in self.discounts.values()))
        before, after = self._on_line(piece.taxes_on(piece.price)), self._on_line(piece.taxes_on(price))
        return Goods(piece, piece.without_tax(piece.price), before, piece.without_tax(price), after)

    def _discounted(self, code: str) -> Iterable[tuple[Piece, Decimal]]:
        return zip(self.pieces, self.discounts[code], strict=True)

    def _items(self, amounts: Iterable[Decimal]) -> Decimal:
        return added(amount if self.rules.round_at_subtotal else rounded(amount) for amount in amounts)

    def _on_line(self, taxes: Taxes) -> Taxes:
        if self.rules.round_at_subtotal:
            return taxes
        return {rate_id: self._tax_rounded(tax) for rate_id, tax in taxes.items()}

    def _tax_rounded(self, tax: Decimal) -> Decimal:
        # Half down where prices include the tax: price less tax then rounds half up, and the two make the price.
        return rounded(tax, mode=ROUND_HALF_DOWN if self.rules.prices_include_tax else ROUND_HALF_UP)

    def _spent(self) -> Decimal:
        """The goods before coupons, in the currency, as minimum orders count them."""
        spent = self._items(piece.without_tax(piece.price) for piece in self.pieces)
        with_tax = self.rules.minimum_with_tax
        if self.rules.prices_include_tax if with_tax is None else with_tax:
            spent += added(all_of(self._on_line(piece.taxes_on(piece.price))) for piece in self.pieces)
        return spent.scaleb(-self.rules.decimals)


def added(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts."""
    return sum(amounts, ZERO)


def all_of(taxes: Mapping[str, Decimal]) -> Decimal:
    """The sum of the taxes of all rates."""
    return added(taxes.values())
