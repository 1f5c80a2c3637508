"""The store itself, its categories and its brands."""

from itertools import product

import pytest
from sqlalchemy import select

from shared.models import Brand, Store
from shared.models.base import new_id, now
from shared.models.enums import StoreStatus
from shared.tenancy import platform_session
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.storefront.shopping import get, one, open_shop, put, shelf

ROUTES = ["store", "products", "products/classic-tee", "categories", "brands", "suggest?q=a"]


def test_a_store_tells_visitors_who_it_is_and_nothing_internal(either: Database) -> None:
    open_shop(name="Blå Butik", currency="DKK", language="da", tax_id="DK-1", settings={"secret": "hidden"})

    answer = get("store").json

    assert (answer["slug"], answer["name"], answer["currency"], answer["language"]) == (
        "shop",
        "Blå Butik",
        "DKK",
        "da",
    )
    assert set(answer) == {
        *("slug", "name", "currency", "language", "timezone"),
        *("email", "phone", "logo_url", "favicon_url", "primary_color"),
    }


@pytest.mark.parametrize("status", [StoreStatus.SUSPENDED, StoreStatus.CLOSED])
def test_a_closed_store_answers_nothing(own_shops: Database, status: StoreStatus) -> None:
    with platform_session(reason="close", actor="tests") as session:
        session.scalars(select(Store).where(Store.slug == "aurora")).one().status = status

    for path in ROUTES:
        answer = get(path, "aurora")
        assert (answer.status, answer.json["code"]) == (403, "store_closed")
        assert get(path, "borealis").status == 200


def test_a_store_that_is_unknown_or_deleted_is_not_found(own_shops: Database) -> None:
    store_id = make_store(slug="gone")
    with platform_session(reason="delete", actor="tests") as session:
        one(session, Store, store_id).deleted_at = now()

    for slug, path in product(("gone", "never-was", "Aurora", "aurora,borealis", "", "aurora' --"), ROUTES):
        answer = get(path, slug)
        assert (answer.status, answer.json["code"]) == (404, "store_not_found")


def test_categories_are_a_tree_in_display_order_then_by_name(either: Database) -> None:
    store_id = open_shop()
    second = shelf(store_id, "second", display_order=2)
    shelf(store_id, "first", display_order=1)
    shelf(store_id, "b", second, display_order=1, name="B")
    shelf(store_id, "z", second, display_order=0, name="Z")
    shelf(store_id, "a", second, display_order=1, name="A")

    items = get("categories").json["items"]

    assert [item["slug"] for item in items] == ["first", "second"]
    assert [child["slug"] for child in items[1]["children"]] == ["z", "a", "b"]
    assert items[0]["children"] == []


def test_the_tree_goes_five_levels_down(either: Database) -> None:
    store_id, parent = open_shop(), None
    for level in range(1, 6):
        parent = shelf(store_id, f"level-{level}", parent)

    found, level = get("categories").json["items"], 0
    while found:
        level += 1
        assert [item["slug"] for item in found] == [f"level-{level}"]
        found = found[0]["children"]
    assert level == 5


def test_the_trees_of_the_demo_shops(shops: Database) -> None:
    ours = {item["slug"]: item for item in get("categories", "aurora").json["items"]}
    theirs = {item["slug"]: item for item in get("categories", "borealis").json["items"]}

    assert next(iter(ours)) == "kitchen"
    assert [child["slug"] for child in ours["kitchen"]["children"]][:2] == ["coffee-machines", "air-fryers"]
    assert ours["staff-merch"]["children"][0]["children"][0]["slug"] == "t-shirts"
    assert list(theirs) == ["accessories", "apparel", "groceries", "featured-products", "summer-picks"]


def test_brands_are_listed_by_name(either: Database) -> None:
    store_id = open_shop()
    for slug, name in (("b", "Beta"), ("a", "Alpha"), ("c", "Gamma")):
        put(store_id, Brand(id=new_id(), slug=slug, name=name, logo_url=f"https://example.com/{slug}.png"))

    items = get("brands").json["items"]

    assert [item["name"] for item in items] == ["Alpha", "Beta", "Gamma"]
    assert items[0] == {"slug": "a", "name": "Alpha", "logo_url": "https://example.com/a.png"}


def test_a_new_store_has_empty_lists(either: Database) -> None:
    open_shop()

    assert get("brands").json == get("categories").json == {"items": []}
    assert get("suggest", q="a").json == {"items": []}
