"""What comes beside the goods: shipping and fees with their taxes, in minor units. Both are without tax."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.pricing.cart import Cart, Fee, Rules
from shared.pricing.money import ZERO, rounded
from shared.pricing.pieces import Piece, of_class
from shared.pricing.taxes import PLACES, Rates, summed, taxes_on


@dataclass(frozen=True, slots=True)
class Extra:
    """An amount and its taxes by rate."""

    amount: Decimal
    taxes: dict[str, Decimal]


NOTHING = Extra(ZERO, {})


def shipping_of(cart: Cart, rules: Rules, pieces: Sequence[Piece], *, free: bool) -> Extra:
    """The parcel. Its taxes are rounded half up, even where prices include tax: its cost does not."""
    if cart.shipping is None or free:
        return NOTHING
    cost = cart.shipping.cost.scaleb(rules.decimals)
    rates = () if cart.tax_exempt else _shipping_rates(cart, rules, pieces)
    taxes = taxes_on(cost, rates, included=False, places=PLACES - rules.decimals)
    if not rules.round_at_subtotal:
        taxes = {rate_id: rounded(amount) for rate_id, amount in taxes.items()}
    return Extra(rounded(cost), taxes)


def fees_of(
    cart: Cart, rules: Rules, goods: Sequence[tuple[Piece, Decimal]], shipping: Extra
) -> list[tuple[Fee, Extra]]:
    """The fees, the highest first. `goods` are the pieces with their totals without tax.

    A negative one goes no further than nothing, and takes off its share of everybody's tax, taxable or not.
    """
    done: list[tuple[Fee, Extra]] = []
    room = sum((total if rules.round_at_subtotal else rounded(total) for _, total in goods), shipping.amount)
    for fee in sorted(cart.fees, key=lambda fee: (-fee.amount, fee.name)):
        amount = max(rounded(fee.amount.scaleb(rules.decimals)), -rounded(room))
        rates = of_class(cart.tax_rates, fee.tax_class) if fee.taxable and not cart.tax_exempt else ()
        taxes = taxes_on(amount, rates, included=False)
        if amount < 0 and not cart.tax_exempt:
            taxes = _taken_off(amount, _costs(cart, rules, goods, shipping, done))
        done.append((fee, Extra(amount, taxes)))
        room += amount
    return done


def _shipping_rates(cart: Cart, rules: Rules, pieces: Sequence[Piece]) -> Rates:
    tax_class = rules.shipping_tax_class
    if tax_class is None:
        classes = {piece.item.tax_class for piece in pieces if piece.item.taxable and piece.item.needs_shipping}
        if not classes:
            return ()
        # The standard class is "", so it comes first; otherwise the first by name.
        tax_class = min(classes)
    return tuple(rate for rate in of_class(cart.tax_rates, tax_class) if rate.on_shipping)


def _costs(
    cart: Cart,
    rules: Rules,
    goods: Sequence[tuple[Piece, Decimal]],
    shipping: Extra,
    fees: Sequence[tuple[Fee, Extra]],
) -> dict[Rates, Decimal]:
    """What is paid so far, by the rates that tax it."""
    first = goods[0][0].item.tax_class if goods else ""
    parcel = first if rules.shipping_tax_class is None else rules.shipping_tax_class
    costs: dict[Rates, Decimal] = {}
    parts = [(piece.rates, total) for piece, total in goods] + [(of_class(cart.tax_rates, parcel), shipping.amount)]
    parts += [(of_class(cart.tax_rates, fee.tax_class) if fee.taxable else (), extra.amount) for fee, extra in fees]
    for rates, amount in parts:
        costs[rates] = costs.get(rates, ZERO) + max(ZERO, amount)
    return costs


def _taken_off(amount: Decimal, costs: dict[Rates, Decimal]) -> dict[str, Decimal]:
    whole = sum(costs.values(), ZERO)
    if not whole:
        return {}
    return summed(taxes_on(amount * cost / whole, rates, included=False) for rates, cost in costs.items())
