"""Tax rates of places, written as percentages, and which of them apply at an address."""

import importlib.resources
from typing import Any

import pytest

from functions.pricing.countries import COUNTRIES
from tests.conftest import Database
from tests.functions.pricing.prices import ask, audited, pages, places, tax_rate
from tests.functions.stores.people import make_shop


def test_the_countries_are_those_of_iso_3166() -> None:
    table = importlib.resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text()
    assert {line.split("\t")[0] for line in table.splitlines() if not line.startswith("#")} == COUNTRIES


def test_a_rate_is_read_as_it_was_written(either: Database) -> None:
    shop = make_shop()
    facts: dict[str, Any] = {
        "country": "US",
        "state": "CA",
        "city": "Beverly Hills",
        "postal_code": "90210; 902*; 90000...90300",
        "rate": "8.25",
        "priority": 2,
        "is_compound": True,
        "taxes_shipping": False,
        "is_active": False,
    }
    found = tax_rate(shop, **facts | {"country": "us", "state": "ca", "rate": "8.2500"})
    assert found | {**facts, "postal_code": "90210; 902*; 90000...90300"} == found
    answer = ask(shop, "GET", f"/v1/tax-rates/{found['id']}")
    assert (answer.json, answer.headers["etag"]) == (found, '"1"')
    assert audited(shop, found["id"]) == ["tax_rate.created"]


@pytest.mark.parametrize(
    ("given", "shown"), [("0", "0"), (19, "19"), ("7.5", "7.5"), ("0.0001", "0.0001"), ("100", "100")]
)
def test_a_percentage_keeps_what_it_says(database: Database, given: Any, shown: str) -> None:
    shop = make_shop()
    found = tax_rate(shop, rate=given)
    assert found["rate"] == shown
    assert ask(shop, "PATCH", f"/v1/tax-rates/{found['id']}", {"name": "A"}).json["rate"] == shown


ONE: list[tuple[dict[str, Any], list[Any]]] = [
    ({"country": "XX"}, ["country"]),
    ({"country": "Germany"}, ["country"]),
    ({"country": ""}, ["country"]),
    ({"state": "US-CA"}, ["state"]),
    ({"rate": "100.01"}, ["rate"]),
    ({"rate": "-1"}, ["rate"]),
    ({"rate": "8.25001"}, ["rate"]),
    ({"rate": "NaN"}, ["rate"]),
    ({"priority": -1}, ["priority"]),
    ({"postal_code": "9*0"}, ["postal_code"]),
    ({"postal_code": "90300...90000"}, ["postal_code"]),
    ({"postal_code": "AB1...AB10"}, ["postal_code"]),
    ({"postal_code": "10115;;10117"}, ["postal_code"]),
    ({"postal_code": "..."}, ["postal_code"]),
    ({"postal_code": "Ä"}, ["postal_code"]),
]


@pytest.mark.parametrize(("given", "place"), ONE)
def test_one_mistake_is_named_by_its_place(database: Database, given: dict[str, Any], place: list[Any]) -> None:
    shop = make_shop()
    body = {"name": "VAT", "country": "DE", "rate": "19"} | given
    assert places(ask(shop, "POST", "/v1/tax-rates", body)) == [place]
    kept = tax_rate(shop)["id"]
    assert places(ask(shop, "PATCH", f"/v1/tax-rates/{kept}", given)) == [place]


def test_everything_that_is_wrong_is_named_at_once(database: Database) -> None:
    body = {"name": "", "country": "DE", "state": "US-CA", "postal_code": "*;1...0", "rate": "200"}
    found = places(ask(make_shop(), "POST", "/v1/tax-rates", body))
    assert found == [["name"], ["rate"], ["state"], ["postal_code"], ["postal_code"]]


@pytest.mark.parametrize(
    "strange", [None, True, -1, 10**400, "", "\ud800", "NaN", [], {}, [[]], "x" * 3000], ids=lambda v: repr(v)[:9]
)
def test_anything_anywhere_in_a_rate_is_no_fault(database: Database, strange: Any) -> None:
    shop = make_shop()
    kept = tax_rate(shop)["id"]
    whole = {"name": "VAT", "country": "DE", "state": "BE", "city": "A", "postal_code": "1", "rate": "1", "priority": 1}
    for field in whole:
        assert ask(shop, "POST", "/v1/tax-rates", whole | {field: strange}).status in {201, 422}
        assert ask(shop, "PATCH", f"/v1/tax-rates/{kept}", {field: strange}).status in {200, 422}


def test_rates_are_listed_by_country_page_by_page(either: Database) -> None:
    shop = make_shop()
    german = [tax_rate(shop)["id"] for _ in range(3)]
    french = tax_rate(shop, country="FR")["id"]
    assert [item["id"] for item in pages(shop, "/v1/tax-rates", 2)] == [french, *german[::-1]]
    assert [item["id"] for item in pages(shop, "/v1/tax-rates?country=de", 2)] == german[::-1]


def test_a_rate_is_changed_by_who_knows_its_version_and_deleted(either: Database) -> None:
    shop = make_shop()
    path = f"/v1/tax-rates/{tax_rate(shop, state='BE', city='Berlin')['id']}"
    changed = ask(shop, "PATCH", path, {"rate": "16", "state": None, "city": ""}, if_match='"1"')
    assert (changed.json["rate"], changed.json["state"], changed.json["city"]) == ("16", None, None)
    assert ask(shop, "PATCH", path, {"rate": "7"}, if_match='"1"').status == 412
    assert ask(shop, "DELETE", path, if_match='"1"').status == 412
    assert ask(shop, "DELETE", path, if_match='"2"').status == 204
    assert [ask(shop, method, path).status for method in ("GET", "DELETE")] == [404, 404]
    assert ask(shop, "GET", "/v1/tax-rates").json["items"] == []
    assert ask(shop, "POST", "/v1/tax-rates/preview", {"country": "DE"}).json["rates"] == []


def test_a_preview_says_which_rates_apply(either: Database) -> None:
    shop = make_shop()
    tax_rate(shop, country="US", name="Federal", rate="1")
    tax_rate(shop, country="US", name="State", state="CA", rate="7.25", priority=1)
    tax_rate(shop, country="US", name="Elsewhere", state="NY", rate="4", priority=1)
    tax_rate(shop, country="US", name="District", state="US-CA", postal_code="902*", rate="1.5", priority=2)
    tax_rate(shop, country="US", name="Off", rate="50", priority=3, is_active=False)
    tax_rate(make_shop(), country="US", name="Theirs", rate="50", priority=4)

    def applying(**place: str) -> list[tuple[str, str]]:
        answer = ask(shop, "POST", "/v1/tax-rates/preview", {"country": "US"} | place)
        return [(rate["name"], rate["rate"]) for rate in answer.json["rates"]]

    assert applying() == [("Federal", "1")]
    assert applying(state="ca") == [("Federal", "1"), ("State", "7.25")]
    both = [("Federal", "1"), ("State", "7.25"), ("District", "1.5")]
    assert applying(state="CA", postal_code="90210", city="Anywhere") == both
    assert applying(state="US-CA", postal_code="90210") == both
    assert applying(country="DE") == []


def test_what_another_store_has_is_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    path = f"/v1/tax-rates/{tax_rate(other)['id']}"
    for method, body in (("GET", None), ("PATCH", {"name": "B"}), ("DELETE", None)):
        assert ask(shop, method, path, body).status == 404
