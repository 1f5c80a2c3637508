"""Page after page, every product comes exactly once, whatever is sorted, shared, filtered, added or taken away."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from shared.models import Product
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import PUBLISHED
from tests.functions.storefront.shopping import every, found, get, one, open_shop, pages, priced, sell

SORTS = ["newest", "price", "-price", "name", "-name"]
LIMITS = [1, 7, 100]


@pytest.mark.parametrize("store", ["aurora", "borealis"])
def test_pages_of_any_length_join_to_the_whole_list(shops: Database, store: str) -> None:
    for sort, limit in product(SORTS, LIMITS):
        whole = found(store, sort=sort)
        assert len(whole) == len(set(whole)) == {"aurora": 38, "borealis": 31}[store]
        assert every(store, limit, sort=sort) == whole


def test_pages_of_a_search_join_to_the_whole_result(shops: Database) -> None:
    whole = found("aurora", q="a")

    assert len(whole) > 7
    for limit in LIMITS:
        assert every("aurora", limit, q="a") == whole
        assert every("aurora", limit, q="a", sort="relevance") == whole


def test_products_that_are_alike_in_everything_come_once_each(either: Database) -> None:
    store_id = open_shop()
    slugs = [f"twin-{number}" for number in range(16)]
    for slug in slugs:
        sell(store_id, slug, priced("5.00"), name="Twin")

    for sort, limit in product([*SORTS, "relevance"], LIMITS):
        assert sorted(every("shop", limit, sort=sort, q="twin")) == sorted(slugs)


def test_the_last_page_is_full_and_names_no_next_one(either: Database) -> None:
    store_id = open_shop()
    for number in range(14):
        sell(store_id, f"p-{number}")

    assert [len(page) for page in pages("shop", 7)] == [7, 7]
    assert get("products", limit=14).json["next_cursor"] is None
    assert get("products", limit=13).json["next_cursor"] is not None


def test_an_empty_list_is_one_empty_page(either: Database) -> None:
    open_shop()

    assert get("products").json == {"items": [], "next_cursor": None}


def test_filters_hold_on_every_page(shops: Database) -> None:
    narrowed = {"attribute": ["color:White", "color:Black"], "in_stock": "true", "max_price": "300"}
    for sort, limit in product(SORTS, LIMITS):
        whole = found("aurora", **narrowed, sort=sort)
        assert 7 < len(whole) < 38
        assert every("aurora", limit, **narrowed, sort=sort) == whole


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_added_or_taken_between_pages_moves_nothing_else(either: Database, sort: str) -> None:
    store_id = open_shop()
    ids = {}
    for number in range(12):
        facts: dict[str, Any] = {"name": f"M{number:02}", "published_at": PUBLISHED + timedelta(hours=number)}
        ids[f"m-{number:02}"] = sell(store_id, f"m-{number:02}", priced(f"{50 + number}.00"), **facts)
    before = found(sort=sort)

    reading = pages("shop", 4, sort=sort)
    seen = next(reading)
    gone = [seen[-1], before[6]]
    with tenant_session(store_id) as session:
        for slug in gone:
            soft_delete(session, one(session, Product, ids[slug]))
    sell(store_id, "low", priced("1.00"), name="A", published_at=PUBLISHED - timedelta(days=1))
    sell(store_id, "high", priced("99.00"), name="Z", published_at=PUBLISHED + timedelta(days=9))
    seen += [slug for page in reading for slug in page]

    assert len(seen) == len(set(seen))
    assert [slug for slug in seen if slug in ids] == [slug for slug in before if slug != before[6]]
    assert len({"low", "high"} & set(seen)) == 1


@pytest.mark.parametrize("sort", ["name", "-name"])
def test_a_cursor_after_the_longest_name_is_accepted(either: Database, sort: str) -> None:
    store_id = open_shop()
    names = ["n" * 200, "é" * 200, "名" * 200, "👕" * 200, '"\\' * 100]
    for place, name in enumerate(names):
        sell(store_id, f"p-{place}", name=name)

    assert len(every("shop", 1, sort=sort)) == len(names)


def test_a_cursor_of_the_longest_search_is_accepted(either: Database) -> None:
    store_id = open_shop()
    for letter in ("x", "ж", "茶", "🍵"):
        typed = (f"tee {letter * 3} " * 40)[:200].strip()
        for copy in ("a", "b"):
            sell(store_id, f"{copy}-{ord(letter)}", name=f"tee {letter * 3}")

        first = get("products", q=typed, limit=1).json
        assert first["next_cursor"], "the search must have a second page"
        assert get("products", q=typed, limit=1, cursor=first["next_cursor"]).status == 200, letter
