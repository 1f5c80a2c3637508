"""Where a parcel can go, how, and for how much."""

from decimal import Decimal
from typing import Any

import pytest

from shared.pricing import (
    Address,
    NoShipping,
    Parcel,
    ShippingKind,
    ShippingRate,
    ShippingZone,
    shipping_choice,
)
from tests.shared.pricing.carts import amounts

HOME = Address("US", "CA", "Los Angeles", "90210")


def parcel(goods: str = "50", weight: str = "1", currency: str = "USD") -> Parcel:
    return Parcel(Decimal(goods), Decimal(weight), currency)


def way(name: str = "Post", cost: str = "5", kind: ShippingKind = ShippingKind.FLAT_RATE, **more: Any) -> ShippingRate:
    return ShippingRate(name, name, kind, Decimal(cost), **more)


def zone(name: str, *rates: ShippingRate, **where: Any) -> ShippingZone:
    return ShippingZone(name, name, rates or (way(),), **where)


@pytest.mark.parametrize(
    ("where", "other", "wins"),
    [
        ({}, {"countries": ["US"]}, "other"),
        ({"countries": ["US"]}, {"countries": ["US"], "states": ["CA"]}, "other"),
        ({"countries": ["US"]}, {"states": ["US-CA"]}, "other"),
        ({"countries": ["US"], "states": ["CA"]}, {"postal_codes": ["90000...91000"]}, "other"),
        ({"postal_codes": ["90000...91000"]}, {"postal_codes": ["9*"]}, "other"),
        ({"postal_codes": ["9*"]}, {"postal_codes": ["902*"]}, "other"),
        ({"postal_codes": ["902*"]}, {"postal_codes": ["90210"]}, "other"),
        ({"countries": ["US"]}, {"countries": ["US"]}, "one"),
        ({"countries": ["US"]}, {"countries": ["DE"], "postal_codes": ["90210"]}, "one"),
        ({"countries": ["US"]}, {"states": ["NY"]}, "one"),
        ({"countries": ["US"]}, {"states": ["AU-CA"]}, "one"),
    ],
)
def test_the_most_specific_zone_wins(where: dict[str, Any], other: dict[str, Any], wins: str) -> None:
    zones = [zone("one", **where), zone("other", **other)]
    expected = zones[0].id if wins == "one" else zones[1].id
    assert shipping_choice(zones, HOME, parcel()).zone_id == expected
    assert shipping_choice(zones[::-1], HOME, parcel()).zone_id == expected


def test_an_address_in_no_zone_has_a_clear_answer() -> None:
    choice = shipping_choice([zone("z", countries=["DE"])], HOME, parcel())
    assert (choice.zone_id, choice.options, choice.reason) == (None, (), NoShipping.NO_ZONE)
    assert choice.message
    assert shipping_choice([zone("z", postal_codes=["90210"])], Address("US"), parcel()).reason == "no_shipping_zone"


def test_a_zone_without_a_way_for_the_parcel_has_a_clear_answer() -> None:
    heavy = way(kind=ShippingKind.WEIGHT_BASED, conditions={"brackets": [{"from": "0", "to": "30", "cost": "9"}]})
    choice = shipping_choice([zone("z", heavy)], HOME, parcel(weight="30"))
    assert (choice.zone_id, choice.options, choice.reason) == ("z", (), NoShipping.NO_RATE)
    assert amounts(one.cost for one in shipping_choice([zone("z", heavy)], HOME, parcel(weight="29.9")).options) == [
        "9"
    ]
    no_brackets = way(kind=ShippingKind.PRICE_BASED)
    assert shipping_choice([zone("z", no_brackets)], HOME, parcel()).reason == "no_shipping_rate"


def test_the_cheapest_way_comes_first_then_the_fastest() -> None:
    rates = way("slow", "5", max_days=9), way("dear", "9"), way("fast", "5", max_days=2), way("someday", "5")
    choice = shipping_choice([zone("z", *rates)], HOME, parcel())
    assert [option.method_id for option in choice.options] == ["fast", "slow", "someday", "dear"]


@pytest.mark.parametrize(("goods", "cost"), [("49.99", "5"), ("50", "0"), ("50.01", "0")])
def test_shipping_is_free_from_the_threshold_on(goods: str, cost: str) -> None:
    choice = shipping_choice([zone("z", way(free_from=Decimal(50)))], HOME, parcel(goods))
    assert amounts(option.cost for option in choice.options) == [cost]


BRACKETS = [{"from": 0, "cost": 5}, {"from": 2, "cost": 8.5, "each": "1.50"}, {"from": "10", "to": "20", "cost": "30"}]


@pytest.mark.parametrize(
    ("weight", "cost"), [("0", "5"), ("1.99", "5"), ("2", "8.5"), ("2.1", "10"), ("4", "11.5"), ("10", "30")]
)
def test_a_bracket_counts_from_its_edge_on(weight: str, cost: str) -> None:
    rate = way(kind=ShippingKind.WEIGHT_BASED, conditions={"brackets": BRACKETS})
    choice = shipping_choice([zone("z", rate)], HOME, parcel(weight=weight))
    assert amounts(option.cost for option in choice.options) == [cost]


@pytest.mark.parametrize(("currency", "cost"), [("USD", "1.24"), ("JPY", "1"), ("KWD", "1.235")])
def test_a_percentage_of_the_goods_is_rounded_to_the_currency(currency: str, cost: str) -> None:
    rate = way(cost="10", kind=ShippingKind.PERCENTAGE)
    choice = shipping_choice([zone("z", rate)], HOME, parcel("12.35", currency=currency))
    assert amounts(option.cost for option in choice.options) == [cost]


@pytest.mark.parametrize(
    ("pattern", "code", "fits"),
    [
        ("SW1A 1AA", "sw1a1aa", True),
        ("SW1*", "SW1A 1AA", True),
        ("SW1*", "SW2A 1AA", False),
        ("00-001...00-950", "00-950", True),
        ("00-001...00-950", "00-951", False),
        ("1000...1999", "15000", False),
        ("A1A...A9Z", "A5B", True),
        ("A1A...A9Z", "A5B7", False),
        ("*", "1", True),
    ],
)
def test_postal_codes_are_compared_without_case_spaces_and_hyphens(pattern: str, code: str, fits: bool) -> None:
    choice = shipping_choice([zone("z", postal_codes=[pattern])], Address("GB", postal_code=code), parcel())
    assert bool(choice.options) is fits
