"""Shipping zones and the ways to ship within them, and what a parcel would cost."""

from functools import partial
from typing import Any

import pytest

from tests.conftest import Database
from tests.functions.pricing.prices import ask, audited, pages, places, rate, zone
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import together

BRACKETS = [{"from": "2", "to": "30", "cost": "8.00", "each": "1.50"}, {"from": "0", "cost": "5.00"}]


def _preview(shop: Shop, goods: str = "10", weight: str = "1", **address: str) -> Any:
    body = {"address": {"country": "DE"} | address, "goods": goods, "weight": weight}
    answer = ask(shop, "POST", "/v1/shipping-zones/preview", body)
    assert answer.status == 200, answer.text
    return answer.json


def test_a_zone_is_read_as_it_was_written(either: Database) -> None:
    shop = make_shop()
    facts = {"countries": ["DE", "US"], "states": ["BE", "US-CA"], "postal_codes": ["10*", "90210", "90000...90300"]}
    given = {**facts, "countries": ["de", "DE", "us"], "is_active": False}
    found = zone(shop, **given)
    assert found | facts == found
    path = f"/v1/shipping-zones/{found['id']}"
    answer = ask(shop, "GET", path)
    assert (answer.json, answer.headers["etag"]) == (found, '"1"')
    changed = ask(shop, "PATCH", path, {"name": "Other", "states": []}, if_match='"1"')
    assert (changed.json["states"], changed.json["countries"], changed.headers["etag"]) == ([], ["DE", "US"], '"2"')
    assert ask(shop, "PATCH", path, {"name": "A"}, if_match='"1"').status == 412
    assert audited(shop, found["id"]) == ["shipping_zone.created", "shipping_zone.updated"]


ZONES: list[tuple[dict[str, Any], list[Any]]] = [
    ({"name": ""}, ["name"]),
    ({"countries": ["XX"]}, ["countries", 0]),
    ({"countries": ["DE"], "states": ["BE", "US-CA"]}, ["states", 1]),
    ({"states": ["Bavaria!"]}, ["states", 0]),
    ({"postal_codes": ["1", "2*3"]}, ["postal_codes", 1]),
    ({"postal_codes": ["2...1"]}, ["postal_codes", 0]),
    ({"postal_codes": ["1"] * 501}, ["postal_codes"]),
]


@pytest.mark.parametrize(("given", "place"), ZONES)
def test_a_mistake_in_a_zone_is_named_by_its_place(database: Database, given: dict[str, Any], place: list[Any]) -> None:
    shop = make_shop()
    assert places(ask(shop, "POST", "/v1/shipping-zones", {"name": "Zone"} | given)) == [place]
    path = f"/v1/shipping-zones/{zone(shop)['id']}"
    assert places(ask(shop, "PATCH", path, given)) == [place]


def test_two_zones_are_never_the_very_same_place(either: Database) -> None:
    shop = make_shop()
    first = zone(shop, name="Berlin", countries=["DE"], states=["BE"], postal_codes=["10 115", "12*"])
    same = {"name": "Again", "countries": ["de"], "states": ["be"], "postal_codes": ["12*", "10115"]}
    refused = ask(shop, "POST", "/v1/shipping-zones", same)
    assert (refused.status, refused.json["code"], refused.json["zone_id"]) == (409, "same_place", first["id"])
    assert "Berlin" in refused.json["detail"]
    resting = zone(shop, **same, is_active=False)
    assert ask(shop, "PATCH", f"/v1/shipping-zones/{resting['id']}", {"is_active": True}).status == 409
    assert ask(shop, "PATCH", f"/v1/shipping-zones/{first['id']}", {"name": "Still Berlin"}).status == 200
    ask(shop, "DELETE", f"/v1/shipping-zones/{first['id']}")
    assert ask(shop, "PATCH", f"/v1/shipping-zones/{resting['id']}", {"is_active": True}).status == 200


def test_of_six_zones_of_one_place_at_once_one_is_made(database: Database) -> None:
    shop = make_shop()
    body = {"name": "Germany", "countries": ["DE"]}
    answers = together(*[partial(ask, shop, "POST", "/v1/shipping-zones", body)] * 6)
    assert sorted(answer.status for answer in answers) == [201] + [409] * 5


def test_a_rate_is_read_as_it_was_written(either: Database) -> None:
    shop = make_shop()
    zone_id = zone(shop)["id"]
    facts = {
        "rate_type": "WEIGHT_BASED",
        "cost": "0.00",
        "free_shipping_threshold": "100.00",
        "min_delivery_days": 1,
        "max_delivery_days": 3,
        "is_active": True,
    }
    found = rate(shop, zone_id, **facts, conditions={"brackets": BRACKETS})
    assert found | facts == found
    assert found["conditions"]["brackets"] == [
        {"from": "0", "to": None, "cost": "5.00", "each": "0.00"},
        {"from": "2", "to": "30", "cost": "8.00", "each": "1.50"},
    ]
    path = f"/v1/shipping-zones/{zone_id}/rates/{found['id']}"
    answer = ask(shop, "GET", path)
    assert (answer.json, answer.headers["etag"]) == (found, '"1"')
    renamed = ask(shop, "PATCH", path, {"name": "Other"}, if_match='"1"').json
    assert renamed["conditions"] == found["conditions"]
    flat = ask(shop, "PATCH", path, {"rate_type": "FLAT_RATE", "cost": "4.90", "conditions": {"brackets": []}})
    assert (flat.json["cost"], flat.json["conditions"], flat.headers["etag"]) == ("4.90", {"brackets": []}, '"3"')
    assert ask(shop, "PATCH", path, {"name": "A"}, if_match='"1"').status == 412
    assert ask(shop, "DELETE", path, if_match='"3"').status == 204
    assert ask(shop, "GET", path).status == 404


def _by(kind: str, *brackets: dict[str, Any]) -> dict[str, Any]:
    return {"rate_type": kind, "cost": "0", "conditions": {"brackets": list(brackets)}}


RATES: list[tuple[dict[str, Any], list[Any]]] = [
    ({"name": ""}, ["name"]),
    ({"cost": "1.005"}, ["cost"]),
    ({"cost": "-1"}, ["cost"]),
    ({"rate_type": "PERCENTAGE", "cost": "100.5"}, ["cost"]),
    ({"free_shipping_threshold": "0.001"}, ["free_shipping_threshold"]),
    ({"min_delivery_days": 3, "max_delivery_days": 2}, ["max_delivery_days"]),
    ({"conditions": {"brackets": BRACKETS}}, ["conditions", "brackets"]),
    ({"conditions": {"weights": []}}, ["conditions", "weights"]),
    (_by("WEIGHT_BASED"), ["conditions", "brackets"]),
    (_by("WEIGHT_BASED", *BRACKETS) | {"cost": "1"}, ["cost"]),
    (_by("WEIGHT_BASED", {"from": "0"}), ["conditions", "brackets", 0, "cost"]),
    (_by("WEIGHT_BASED", {"cost": "1"}, {"cost": "2"}), ["conditions", "brackets", 1, "from"]),
    (_by("WEIGHT_BASED", {"from": "2", "to": "2", "cost": "1"}), ["conditions", "brackets", 0, "to"]),
    (
        _by("PRICE_BASED", {"from": "0", "to": "9", "cost": "1"}, {"from": "5", "cost": "1"}),
        ["conditions", "brackets", 0, "to"],
    ),
    (_by("PRICE_BASED", {"from": "0.001", "cost": "1"}), ["conditions", "brackets", 0, "from"]),
    (_by("PRICE_BASED", {"cost": "1.001"}), ["conditions", "brackets", 0, "cost"]),
    (_by("PRICE_BASED", *[{"from": str(n), "cost": "1"} for n in range(51)]), ["conditions", "brackets"]),
]


@pytest.mark.parametrize(("given", "place"), RATES)
def test_a_mistake_in_a_rate_is_named_by_its_place(database: Database, given: dict[str, Any], place: list[Any]) -> None:
    shop = make_shop()
    path = f"/v1/shipping-zones/{zone(shop)['id']}/rates"
    assert places(ask(shop, "POST", path, {"name": "Parcel", "cost": "5.00"} | given)) == [place]
    assert ask(shop, "GET", path).json["items"] == []


def test_everything_that_is_wrong_with_a_rate_is_named_at_once(database: Database) -> None:
    shop = make_shop()
    body = {"rate_type": "PRICE_BASED", "cost": "3", "free_shipping_threshold": "1.001", "max_delivery_days": 999}
    body |= {"conditions": {"brackets": [{"from": "5", "to": "4", "cost": "1.001"}]}}
    assert places(ask(shop, "POST", f"/v1/shipping-zones/{zone(shop)['id']}/rates", body)) == [
        *(["name"], ["max_delivery_days"], ["free_shipping_threshold"], ["cost"]),
        *(["conditions", "brackets", 0, "cost"], ["conditions", "brackets", 0, "to"]),
    ]


@pytest.mark.parametrize(
    "strange", [None, True, -1, 10**400, "", "\ud800", "NaN", [], {}, [[]], [None], [{}]], ids=repr
)
def test_anything_anywhere_is_no_fault(database: Database, strange: Any) -> None:
    shop = make_shop()
    path = f"/v1/shipping-zones/{zone(shop)['id']}"
    kept = rate(shop, zone(shop, countries=["DE"])["id"], **_by("WEIGHT_BASED", *BRACKETS))
    for field in ("name", "countries", "states", "postal_codes", "is_active"):
        assert ask(shop, "POST", "/v1/shipping-zones", {"name": "Z"} | {field: strange}).status in {201, 409, 422}
        assert ask(shop, "PATCH", path, {field: strange}).status in {200, 409, 422}
    for field in ("name", "rate_type", "cost", "free_shipping_threshold", "conditions", "min_delivery_days"):
        assert ask(shop, "POST", f"{path}/rates", {"name": "R"} | {field: strange}).status in {201, 422}
        where = f"/v1/shipping-zones/{kept['zone_id']}/rates/{kept['id']}"
        assert ask(shop, "PATCH", where, {field: strange}).status in {200, 422}
    for body in ({"conditions": {"brackets": strange}}, _by("WEIGHT_BASED", {"from": strange, "cost": "1"})):
        assert ask(shop, "POST", f"{path}/rates", {"name": "R"} | body).status in {201, 422}


def test_zones_and_rates_are_listed_page_by_page(either: Database) -> None:
    shop = make_shop()
    zones = [zone(shop, countries=[code])["id"] for code in ("DE", "FR", "PL")]
    rates = [rate(shop, zones[0])["id"] for _ in range(3)]
    rate(shop, zones[1])
    assert [item["id"] for item in pages(shop, "/v1/shipping-zones", 2)] == zones[::-1]
    assert [item["id"] for item in pages(shop, f"/v1/shipping-zones/{zones[0]}/rates", 2)] == rates[::-1]


def test_a_preview_takes_the_most_specific_zone_and_the_cheapest_way_first(either: Database) -> None:
    shop = make_shop()
    world, germany = zone(shop)["id"], zone(shop, countries=["DE"])["id"]
    berlin = zone(shop, countries=["DE"], postal_codes=["10*"])["id"]
    rate(shop, world, cost="30.00")
    flat = rate(shop, germany, cost="4.90", free_shipping_threshold="50", min_delivery_days=2, max_delivery_days=4)[
        "id"
    ]
    share = rate(shop, germany, rate_type="PERCENTAGE", cost="12.5")["id"]
    rate(shop, germany, cost="0.01", is_active=False)
    bike = rate(shop, berlin, **_by("WEIGHT_BASED", *BRACKETS))["id"]

    assert _preview(shop, country="FR")["zone_id"] == world
    found = _preview(shop, "10.04")
    assert (found["zone_id"], found["currency"], found["reason"], found["message"]) == (germany, "USD", None, "")
    assert [(option["rate_id"], option["cost"]) for option in found["options"]] == [(share, "1.26"), (flat, "4.90")]
    assert [option["cost"] for option in _preview(shop, "50")["options"]] == ["0.00", "6.25"]
    costs = {
        weight: _preview(shop, weight=weight, postal_code="10115")["options"] for weight in ("0", "2", "4.2", "30")
    }
    assert {weight: [(way["rate_id"], way["cost"]) for way in ways] for weight, ways in costs.items()} == {
        "0": [(bike, "5.00")],
        "2": [(bike, "8.00")],
        "4.2": [(bike, "12.50")],
        "30": [],
    }
    assert _preview(shop, weight="30", postal_code="10115")["reason"] == "no_shipping_rate"


def test_without_a_zone_a_preview_says_so(either: Database) -> None:
    shop = make_shop()
    zone_id = zone(shop, countries=["DE"])["id"]
    rate(shop, zone_id)
    assert _preview(shop, country="FR")["reason"] == "no_shipping_zone"
    assert _preview(make_shop())["reason"] == "no_shipping_zone"
    ask(shop, "DELETE", f"/v1/shipping-zones/{zone_id}")
    assert _preview(shop)["reason"] == "no_shipping_zone"
    assert ask(shop, "GET", f"/v1/shipping-zones/{zone_id}/rates").status == 404


def test_what_another_store_or_zone_has_is_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    theirs, own = zone(other)["id"], zone(shop)["id"]
    foreign = rate(other, theirs)["id"]
    elsewhere = rate(shop, zone(shop, countries=["DE"])["id"])["id"]
    paths = [f"/v1/shipping-zones/{theirs}", f"/v1/shipping-zones/{theirs}/rates/{foreign}"]
    paths += [f"/v1/shipping-zones/{own}/rates/{foreign}", f"/v1/shipping-zones/{own}/rates/{elsewhere}"]
    for path in paths:
        for method, body in (("GET", None), ("PATCH", {"name": "B"}), ("DELETE", None)):
            assert ask(shop, method, path, body).status == 404
    assert ask(shop, "POST", f"/v1/shipping-zones/{theirs}/rates", {"name": "A"}).status == 404
    assert ask(shop, "GET", f"/v1/shipping-zones/{theirs}/rates").status == 404
