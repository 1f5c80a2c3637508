"""A hundred products are changed alike, all of them or none."""

from typing import Any

import pytest

from tests.conftest import Database
from tests.functions.catalog.goods import ask, made, places, product
from tests.functions.stores.people import make_shop

PATH = "/v1/products"


def test_a_hundred_are_published_and_put_on_a_shelf(database: Database) -> None:
    shop = make_shop()
    shelf = made(shop, "/v1/categories", {"name": "New"})["id"]
    ids = [product(shop, name=f"{n}")["id"] for n in range(100)]
    ask(shop, "PATCH", f"{PATH}/{ids[0]}", {"categories": [{"category_id": shelf, "is_primary": True}]})
    for _ in range(2):
        answer = ask(shop, "PATCH", PATH, {"ids": ids, "status": "ACTIVE", "category_id": shelf})
        assert (answer.status, answer.json) == (200, {"updated": 100})
    listed = ask(shop, "GET", f"{PATH}?limit=100&status=ACTIVE").json["items"]
    assert len(listed) == 100
    assert all(item["published_at"] for item in listed)
    assert [c["is_primary"] for c in ask(shop, "GET", f"{PATH}/{ids[0]}").json["categories"]] == [True]
    assert ask(shop, "PATCH", PATH, {"ids": [*ids, "one-more"], "status": "DRAFT"}).status == 422


@pytest.mark.parametrize(
    ("currency", "price", "percent", "becomes"),
    [
        ("USD", "19.99", "10", "21.99"),
        ("JPY", "999", "-33.33", "666"),
        ("KWD", "1.005", "50", "1.508"),
        ("USD", "0.01", "-99", "0.00"),
    ],
)
def test_prices_are_rounded_to_the_currency(
    either: Database, currency: str, price: str, percent: str, becomes: str
) -> None:
    shop = make_shop(currency=currency)
    found = product(shop, variants=[{"price": price}])
    assert ask(shop, "PATCH", PATH, {"ids": [found["id"]], "price_percent": percent}).status == 200
    assert ask(shop, "GET", f"{PATH}/{found['id']}").json["variants"][0]["price"] == becomes
    listed = ask(shop, "GET", PATH).json["items"][0]
    assert (listed["price_min"], listed["price_max"]) == (becomes, becomes)


def test_a_price_that_passes_the_one_before_it_is_no_reduction(either: Database) -> None:
    shop = make_shop()
    found = product(shop, variants=[{"price": "10", "compare_at_price": "12"}])
    path = f"{PATH}/{found['id']}"
    for percent, before in (("10", "12.00"), ("10", None)):
        ask(shop, "PATCH", PATH, {"ids": [found["id"]], "price_percent": percent})
        assert ask(shop, "GET", path).json["variants"][0]["compare_at_price"] == before
    variant = f"{path}/variants/{found['variants'][0]['id']}"
    assert ask(shop, "PATCH", variant, {"barcode": "1"}).status == 200


def test_a_price_beyond_all_limits_is_refused(either: Database) -> None:
    shop = make_shop()
    found = product(shop, variants=[{"price": "999999999"}])
    answer = ask(shop, "PATCH", PATH, {"ids": [found["id"]], "price_percent": "1000"})
    assert places(answer) == [["body", "price_percent"]]


@pytest.mark.parametrize("change", [{"status": "ACTIVE"}, {"price_percent": "10"}, {}])
def test_one_that_is_not_there_leaves_all_as_they_were(either: Database, change: dict[str, Any]) -> None:
    shop, other = make_shop(), make_shop()
    own, foreign, gone = product(shop), product(other)["id"], product(shop)["id"]
    ask(shop, "DELETE", f"{PATH}/{gone}")
    answer = ask(shop, "PATCH", PATH, {"ids": [own["id"], foreign, gone, "none"]} | change)
    assert answer.status == 404
    assert {error["message"] for error in answer.json["errors"]} == {foreign, gone, "none"}
    assert ask(shop, "GET", f"{PATH}/{own['id']}").json == own


def test_a_shelf_that_is_not_there_leaves_all_as_they_were(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    foreign = made(other, "/v1/categories", {"name": "New"})["id"]
    own = product(shop)
    answer = ask(shop, "PATCH", PATH, {"ids": [own["id"]], "status": "ACTIVE", "category_id": foreign})
    assert places(answer) == [["body", "category_id"]]
    assert ask(shop, "GET", f"{PATH}/{own['id']}").json == own


def test_each_that_is_changed_has_a_new_version(either: Database) -> None:
    shop = make_shop()
    own = product(shop)
    ask(shop, "PATCH", PATH, {"ids": [own["id"]], "price_percent": "5"})
    assert ask(shop, "PATCH", f"{PATH}/{own['id']}", {"name": "B"}, if_match='"1"').status == 412
