"""Which tax rates apply at an address, and what they come to.

Rates that do not compound tax the price side by side; a compound rate taxes the price with all taxes before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shared.pricing.money import ZERO, rounded
from shared.pricing.places import Address, closeness, same_state

PLACES = 6
"""Decimals that a tax keeps before it is rounded to the currency, as in WooCommerce."""


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax of a place. The share is of one: 0.075 is 7.5 per cent. An empty place means everywhere.

    `postal_code` may hold several patterns, with semicolons between them. `tax_class` is for shops that tax groups of
    products differently: an item meets the rates of its own class alone.
    """

    id: str
    share: Decimal
    name: str = ""
    priority: int = 0
    compound: bool = False
    on_shipping: bool = True
    tax_class: str = ""
    country: str = ""
    state: str = ""
    city: str = ""
    postal_code: str = ""

    def __post_init__(self) -> None:
        if self.share < 0:
            raise ValueError("A tax rate is not negative.")


Rates = tuple[TaxRate, ...]


def rates_at(rates: Iterable[TaxRate], address: Address) -> Rates:
    """The rates that apply at an address, in the order they are worked out: one a class and priority.

    Of several the most specific wins: one that names the country, then the state, a postal code, the city; then the
    lowest id.
    """
    chosen: dict[tuple[str, int], TaxRate] = {}
    for rate in sorted((rate for rate in rates if _applies(rate, address)), key=_specific_first):
        chosen.setdefault((rate.tax_class, rate.priority), rate)
    return tuple(chosen.values())


def taxes_on(amount: Decimal, rates: Sequence[TaxRate], *, included: bool, places: int = PLACES) -> dict[str, Decimal]:
    """What each rate comes to, by its id, to `places` decimals: in the amount, or on top of it."""
    exact = _contained(amount, rates) if included else _added(amount, rates)
    return {rate.id: rounded(exact[rate.id], places) for rate in rates}


def summed(taxes: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Taxes by rate, over several."""
    total: dict[str, Decimal] = {}
    for each in taxes:
        for rate_id, amount in each.items():
            total[rate_id] = total.get(rate_id, ZERO) + amount
    return total


def _applies(rate: TaxRate, address: Address) -> bool:
    return (
        rate.country.upper() in ("", address.country.upper())
        and (not rate.state or same_state(rate.state, address))
        and rate.city.strip().casefold() in ("", address.city.strip().casefold())
        and (not rate.postal_code or _has_postal_code(rate, address))
    )


def _has_postal_code(rate: TaxRate, address: Address) -> bool:
    return any(closeness(pattern, address.postal_code)[0] for pattern in rate.postal_code.split(";"))


def _specific_first(rate: TaxRate) -> tuple[str, int, bool, bool, bool, bool, str]:
    return (
        rate.tax_class,
        rate.priority,
        not rate.country,
        not rate.state,
        not rate.postal_code,
        not rate.city,
        rate.id,
    )


def _added(amount: Decimal, rates: Sequence[TaxRate]) -> dict[str, Decimal]:
    taxes = {rate.id: amount * rate.share for rate in rates if not rate.compound}
    for rate in rates:
        if rate.compound:
            taxes[rate.id] = (amount + sum(taxes.values(), ZERO)) * rate.share
    return taxes


def _contained(amount: Decimal, rates: Sequence[TaxRate]) -> dict[str, Decimal]:
    taxes: dict[str, Decimal] = {}
    rest = amount
    # The last compound rate was added last, so it comes off first.
    for rate in reversed([rate for rate in rates if rate.compound]):
        taxes[rate.id] = rest - rest / (1 + rate.share)
        rest -= taxes[rate.id]
    parallel = [rate for rate in rates if not rate.compound]
    all_shares = sum((rate.share for rate in parallel), ZERO)
    return taxes | {rate.id: rest * rate.share / (1 + all_shares) for rate in parallel}
