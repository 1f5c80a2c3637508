"""Which ways a parcel can go, and what each costs. Costs are before tax, in the currency; weights in kilograms."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from shared.currency import decimals
from shared.pricing.places import Address, closeness, same_state


class ShippingKind(StrEnum):
    """What a cost is counted by."""

    FLAT_RATE = "FLAT_RATE"
    PERCENTAGE = "PERCENTAGE"
    WEIGHT_BASED = "WEIGHT_BASED"
    PRICE_BASED = "PRICE_BASED"


@dataclass(frozen=True, slots=True)
class ShippingRate:
    """A way to ship. `cost` is money, or the percentage of the goods; from `free_from` of goods on it is free.

    By weight or price, `conditions` holds the brackets: `{"brackets": [{"from": "0", "cost": "5.00"}, {"from": "2",
    "to": "30", "cost": "8.00", "each": "1.50"}]}`. The bracket with the highest `from` that is reached counts: its
    `cost`, and `each` for every whole or begun unit above its `from`. At its `to`, or below all, there is no such way.
    """

    id: str
    name: str
    kind: ShippingKind
    cost: Decimal = Decimal(0)
    free_from: Decimal | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    min_days: int | None = None
    max_days: int | None = None


@dataclass(frozen=True, slots=True)
class ShippingZone:
    """Where rates apply. An empty list is no condition; an address must meet each that there is."""

    id: str
    name: str
    rates: tuple[ShippingRate, ...]
    countries: Sequence[str] = ()
    states: Sequence[str] = ()
    postal_codes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent: the goods after coupons as the store writes prices (`Quote.goods`), and their weight."""

    goods: Decimal
    weight: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ShippingOption:
    """A way that is open to a parcel."""

    method_id: str
    name: str
    cost: Decimal
    min_days: int | None
    max_days: int | None


class NoShipping(StrEnum):
    """Why a parcel cannot be sent. The values are part of the API."""

    NO_ZONE = "no_shipping_zone"
    NO_RATE = "no_shipping_rate"


@dataclass(frozen=True, slots=True)
class ShippingChoice:
    """The ways to send a parcel, cheapest first, then fastest; or why there is none, with a message for the shopper."""

    zone_id: str | None
    options: tuple[ShippingOption, ...]
    reason: NoShipping | None = None
    message: str = ""


def shipping_choice(zones: Iterable[ShippingZone], address: Address, parcel: Parcel) -> ShippingChoice:
    """The ways that the most specific zone of an address offers: by postal code, then by state, then by country."""
    ranked = [(rank, zone) for zone in zones if (rank := _rank(zone, address)) is not None]
    if not ranked:
        return ShippingChoice(None, (), NoShipping.NO_ZONE, "We do not ship to this address.")
    zone = min(ranked, key=lambda found: (tuple(-part for part in found[0]), found[1].id))[1]
    options = [option for rate in zone.rates if (option := _option(rate, parcel)) is not None]
    if not options:
        return ShippingChoice(zone.id, (), NoShipping.NO_RATE, "There is no way to ship this cart to this address.")
    return ShippingChoice(zone.id, tuple(sorted(options, key=_cheapest_first)))


def _rank(zone: ShippingZone, address: Address) -> tuple[int, ...] | None:
    """How specific a zone is about an address, more is more; None if it is not in the zone."""
    if zone.countries and address.country.upper() not in {country.upper() for country in zone.countries}:
        return None
    if zone.states and not any(same_state(state, address) for state in zone.states):
        return None
    closest = max((closeness(pattern, address.postal_code) for pattern in zone.postal_codes), default=(0, 0))
    if zone.postal_codes and not closest[0]:
        return None
    return (*closest, bool(zone.states), bool(zone.countries))


def _cheapest_first(option: ShippingOption) -> tuple[Decimal, bool, int, str, str]:
    return option.cost, option.max_days is None, option.max_days or 0, option.name, option.method_id


def _option(rate: ShippingRate, parcel: Parcel) -> ShippingOption | None:
    cost = _cost(rate, parcel)
    if cost is None:
        return None
    if rate.free_from is not None and parcel.goods >= rate.free_from:
        cost = Decimal(0)
    cost = cost.quantize(Decimal(1).scaleb(-decimals(parcel.currency)), rounding=ROUND_HALF_UP)
    return ShippingOption(rate.id, rate.name, cost, rate.min_days, rate.max_days)


def _cost(rate: ShippingRate, parcel: Parcel) -> Decimal | None:
    match rate.kind:
        case ShippingKind.FLAT_RATE:
            return rate.cost
        case ShippingKind.PERCENTAGE:
            return parcel.goods * rate.cost / 100
        case ShippingKind.WEIGHT_BASED:
            return _by_bracket(rate.conditions, parcel.weight)
        case ShippingKind.PRICE_BASED:
            return _by_bracket(rate.conditions, parcel.goods)


def _by_bracket(conditions: Mapping[str, Any], amount: Decimal) -> Decimal | None:
    reached = [bracket for bracket in conditions.get("brackets", ()) if _number(bracket, "from") <= amount]
    if not reached:
        return None
    bracket = max(reached, key=lambda bracket: _number(bracket, "from"))
    if bracket.get("to") is not None and amount >= _number(bracket, "to"):
        return None
    units = (amount - _number(bracket, "from")).to_integral_value(ROUND_CEILING)
    return _number(bracket, "cost") + _number(bracket, "each") * units


def _number(bracket: Mapping[str, Any], name: str) -> Decimal:
    # JSON numbers arrive as floats; their shortest text is what was written.
    return Decimal(str(bracket.get(name) or 0))
