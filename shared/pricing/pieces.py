"""A cart's lines in minor units, each with the rates that it meets: what coupons and taxes are worked out on."""

from dataclasses import dataclass
from decimal import Decimal

from shared.pricing.cart import Cart, Item, Rules
from shared.pricing.flash_sales import Part, parts_of
from shared.pricing.money import ZERO, rounded
from shared.pricing.taxes import PLACES, Rates, taxes_on


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of an item at one price. `price` is of all of them, in minor units; `included`: it includes the rates."""

    part: Part
    price: Decimal
    included: bool
    rates: Rates

    @property
    def item(self) -> Item:
        """The item that it is of."""
        return self.part.item

    @property
    def quantity(self) -> int:
        """Units."""
        return self.part.quantity

    def taxes_on(self, amount: Decimal) -> dict[str, Decimal]:
        """The taxes of a part of its price, by rate, unrounded."""
        return taxes_on(amount, self.rates, included=self.included)

    def without_tax(self, amount: Decimal) -> Decimal:
        """A part of its price without tax."""
        return amount - sum(self.taxes_on(amount).values(), ZERO) if self.included else amount


def pieces_of(cart: Cart, rules: Rules) -> list[Piece]:
    """The pieces of a cart, by item id: nothing that follows depends on the order of its lines."""
    return [_piece(part, cart, rules) for part in parts_of(cart, rules.decimals)]


def of_class(rates: Rates, tax_class: str) -> Rates:
    """The rates of a class."""
    return tuple(rate for rate in rates if rate.tax_class == tax_class)


def _piece(part: Part, cart: Cart, rules: Rules) -> Piece:
    # More decimals than this are noise: a unit price that was itself worked out.
    price = rounded((part.unit_price * part.quantity).scaleb(rules.decimals), max(2, PLACES - rules.decimals))
    rates = _rates(part.item, cart, cart.tax_rates) if part.item.taxable and not cart.tax_exempt else ()
    if not rules.prices_include_tax or not part.item.taxable:
        return Piece(part, price, included=rules.prices_include_tax, rates=rates)
    base = _rates(part.item, cart, cart.tax_rates if cart.base_tax_rates is None else cart.base_tax_rates)
    if cart.tax_exempt:
        return Piece(part, rounded(_without(price, base)), included=False, rates=())
    if rates != base:
        without = _without(price, base)
        price = without + sum(taxes_on(without, rates, included=False).values(), ZERO)
    return Piece(part, price, included=True, rates=rates)


def _rates(item: Item, cart: Cart, rates: Rates) -> Rates:
    return of_class(rates, item.tax_class) if item.tax_rates is None else item.tax_rates


def _without(price: Decimal, rates: Rates) -> Decimal:
    return price - sum(taxes_on(price, rates, included=True).values(), ZERO)
