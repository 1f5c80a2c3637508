"""The orders of the list, checked against the database's own."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.conftest import Database
from tests.factories import PUBLISHED
from tests.functions.storefront.shopping import found, open_shop, priced, sell

EXPECTED = {
    "newest": "published_at DESC, id DESC",
    "price": "price_min, id",
    "-price": "price_min DESC, id DESC",
    "name": "name, id",
    "-name": "name DESC, id DESC",
}


@pytest.mark.parametrize("store", ["aurora", "borealis"])
def test_demo_shops_are_sorted_by_what_was_asked_then_by_id(shops: Database, store: str) -> None:
    of_store = "store_id = (SELECT id FROM stores WHERE slug = :store)"
    with shops.engine("PLATFORM_DATABASE_URL").connect() as platform:
        for sort, order in EXPECTED.items():
            query = text(f"SELECT slug FROM products WHERE {of_store} AND status = 'ACTIVE' ORDER BY {order}")
            expected = list(platform.execute(query, {"store": store}).scalars())
            assert len(expected) > 30
            assert found(store, sort=sort) == expected


def test_newest_first_is_the_default(either: Database) -> None:
    store_id = open_shop()
    for age, slug in enumerate(["today", "yesterday", "before"]):
        sell(store_id, slug, published_at=PUBLISHED - timedelta(days=age))

    assert found() == found(sort="newest") == ["today", "yesterday", "before"]


def test_price_means_the_lowest_of_a_product_in_both_directions(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "wide", priced("100.00"), priced("5.00"))
    sell(store_id, "ten", priced("10.00"))
    sell(store_id, "nine", priced("9.00"))

    assert found(sort="price") == ["wide", "nine", "ten"]
    assert found(sort="-price") == ["ten", "nine", "wide"]


def test_prices_are_compared_as_numbers(either: Database) -> None:
    store_id = open_shop()
    for price in ("100.00", "9.00", "20.00", "1000.00"):
        sell(store_id, f"at-{price[:-3]}", priced(price))

    assert found(sort="price") == ["at-9", "at-20", "at-100", "at-1000"]


def test_names_are_sorted_both_ways(either: Database) -> None:
    store_id = open_shop()
    for name in ("Beta", "Alpha", "Gamma"):
        sell(store_id, name.lower(), name=name)

    assert found(sort="name") == ["alpha", "beta", "gamma"]
    assert found(sort="-name") == ["gamma", "beta", "alpha"]


def test_a_search_may_be_sorted_by_anything(either: Database) -> None:
    store_id = open_shop()
    sell(store_id, "dear", priced("20.00"), name="Tea kettle")
    sell(store_id, "cheap", priced("10.00"), name="Tea")
    sell(store_id, "coffee", priced("1.00"), name="Coffee")

    assert found(q="tea", sort="price") == ["cheap", "dear"]
    assert found(q="tea", sort="-price") == ["dear", "cheap"]
