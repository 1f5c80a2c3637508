"""No storefront shows anything of another store, and none tells whether another store has something."""

import pytest

from tests.calls import Answer
from tests.conftest import Database
from tests.functions.storefront.shopping import BASE, every, found, get
from tests.functions.storefront.whole_catalogue import owned, values

BOTH = [("aurora", "borealis"), ("borealis", "aurora")]


def _all_answers(store: str) -> list[Answer]:
    """Every route of a store, with every product, and what a shopper of both stores may type."""
    paths = ["store", "categories", "brands"]
    paths += [f"products/{slug}" for slug in found(store)]
    paths += [f"suggest?q={typed}" for typed in ("a", "e", "tee", "vacuum", "hoodie", "borealis", "aurora")]
    paths += [f"products?limit=100&sort={sort}" for sort in ("newest", "price", "-price", "name", "-name")]
    paths += [f"products?limit=100&q={typed}" for typed in ("a", "tee", "cotton", "vacuum", "juice")]
    paths += ["products?brand=polarweft&brand=aurora&brand=borealis", "products?category=t-shirts"]
    paths += ["products?attribute=color:White&attribute=size:M", "products?label=SALE&label=NEW&label=HOT"]
    return [get(path, store) for path in paths]


@pytest.mark.parametrize(("mine", "other"), BOTH)
def test_no_answer_holds_anything_of_another_store(shops: Database, mine: str, other: str) -> None:
    ours, theirs = owned(shops, mine), owned(shops, other)
    assert len(theirs.ids) > 200
    assert ours.ids.isdisjoint(theirs.ids)
    foreign = (theirs.texts - ours.texts) | (theirs.amounts - ours.amounts)
    seen: set[str] = set()

    for answer in _all_answers(mine):
        assert answer.status == 200, answer.text
        assert not [row_id for row_id in theirs.ids if row_id in answer.text]
        seen |= set(values(answer.json))

    assert seen & foreign == set()
    assert len(seen & ours.ids) > 100
    assert len(seen & ours.amounts) > 15


@pytest.mark.parametrize(("mine", "other"), BOTH)
def test_anothers_product_answers_like_one_that_exists_nowhere(shops: Database, mine: str, other: str) -> None:
    nowhere = get("products/exists-in-no-store-at-all", mine)
    assert nowhere.status == 404
    expected = nowhere.json | {"request_id": ""}

    for slug in set(found(other)) - set(found(mine)):
        answer = get(f"products/{slug}", mine)
        assert (answer.status, answer.json | {"request_id": ""}) == (404, expected)
        assert answer.headers == nowhere.headers


@pytest.mark.parametrize(("mine", "other"), BOTH)
def test_anothers_brands_shelves_skus_and_values_filter_nothing_in(shops: Database, mine: str, other: str) -> None:
    own = {item["id"] for item in get("products", mine, limit=100).json["items"]}
    for item in get("products", other, limit=100).json["items"]:
        asked = {"brand": item["brand"]["slug"], "category": item["categories"][0]["slug"], "q": item["name"]}
        for name, value in asked.items():
            answer = get("products", mine, limit=100, **{name: value})
            assert {shown["id"] for shown in answer.json["items"]} <= own


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "name", "-name"])
def test_reading_on_from_anywhere_in_another_store_stays_at_home(shops: Database, sort: str) -> None:
    own = set(every("aurora", 100))
    cursor = None
    while True:
        step: dict[str, str] = {"cursor": cursor} if cursor else {}
        theirs = get("products", "borealis", limit=10, sort=sort, **step).json
        cursor = theirs["next_cursor"]
        if cursor is None:
            break
        shown = get("products", "aurora", limit=100, sort=sort, cursor=cursor)
        assert set(found_in(shown)) <= own


def found_in(answer: Answer) -> list[str]:
    """The slugs of an answer."""
    return [item["slug"] for item in answer.json["items"]]


def test_nothing_but_header_and_host_names_the_store(shops: Database) -> None:
    expected = get("store", "aurora").text
    for query in ("store=borealis", "x-store=borealis", "store_id=1", "slug=borealis", "host=borealis"):
        assert get(f"store?{query}", "aurora").text == expected
    assert get(f"..{BASE}/store", "aurora").status == 404
