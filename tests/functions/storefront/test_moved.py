"""A link that was given out once leads on: to the same product, category or brand, whatever it is called now."""

import pytest

from functions.storefront.handler import handler
from tests.api import api
from tests.calls import Answer, call
from tests.conftest import Database
from tests.functions.catalog.goods import ask, made, product
from tests.functions.stores.people import Shop, make_shop


def _see(shop: Shop, slug: str) -> Answer:
    return call(handler, f"/v1/storefront/products/{slug}", store=shop.slug)


def _leads(shop: Shop, slug: str) -> str | None:
    answer = _see(shop, slug)
    assert answer.status in {200, 301, 404}
    return {200: slug, 404: None}.get(answer.status, answer.headers.get("location", "").rpartition("/")[2])


def _rename(shop: Shop, found: dict[str, str], slug: str, kind: str = "products") -> None:
    answer = ask(shop, "PATCH", f"/v1/{kind}/{found['id']}", {"slug": slug})
    assert answer.status == 200, answer.text


def _active(shop: Shop, **given: str) -> dict[str, str]:
    return product(shop, status="ACTIVE", **given)


def test_the_old_link_answers_with_the_new_one(either: Database) -> None:
    shop = make_shop()
    _rename(shop, _active(shop, slug="a"), "b")
    answer = _see(shop, "a")
    assert (answer.status, answer.headers["location"]) == (301, "/v1/storefront/products/b")
    assert _see(shop, "b").status == 200
    assert _see(make_shop(), "a").status == 404


def test_each_link_of_a_chain_leads_to_the_last_at_once(either: Database) -> None:
    shop = make_shop()
    found = _active(shop, slug="a")
    for slug in "bcd":
        _rename(shop, found, slug)
    assert [_leads(shop, slug) for slug in "abcd"] == ["d"] * 4


def test_going_back_to_an_old_name_turns_the_links_round(either: Database) -> None:
    shop = make_shop()
    found = _active(shop, slug="a")
    for slug in ("b", "a", "b", "a"):
        _rename(shop, found, slug)
    assert [_leads(shop, slug) for slug in "ab"] == ["a", "a"]


def test_a_new_product_takes_the_old_link_over(either: Database) -> None:
    shop = make_shop()
    first = _active(shop, slug="a", name="First")
    _rename(shop, first, "b")
    second = _active(shop, slug="a", name="Second")
    assert _see(shop, "a").json["name"] == "Second"
    _rename(shop, second, "c")
    assert [_leads(shop, slug) for slug in "abc"] == ["c", "b", "c"]


def test_two_products_may_change_names(either: Database) -> None:
    shop = make_shop()
    first, second = _active(shop, slug="a"), _active(shop, slug="b")
    for found, slug in ((first, "c"), (second, "a"), (first, "b")):
        _rename(shop, found, slug)
    assert [_leads(shop, slug) for slug in "abc"] == ["a", "b", "b"]


@pytest.mark.parametrize(
    "change", [{"status": "DRAFT"}, {"status": "ARCHIVED"}, {"published_at": "2999-01-01T00:00:00Z"}]
)
def test_an_old_link_does_not_tell_of_what_is_not_on_sale(either: Database, change: dict[str, str]) -> None:
    shop = make_shop()
    found = _active(shop, slug="a")
    _rename(shop, found, "secret")
    ask(shop, "PATCH", f"/v1/products/{found['id']}", change)
    answer = _see(shop, "a")
    assert answer.status == 404
    assert "secret" not in str(answer)


def test_a_deleted_products_old_link_is_dead_until_it_is_restored(either: Database) -> None:
    shop = make_shop()
    found = _active(shop, slug="a")
    _rename(shop, found, "b")
    ask(shop, "DELETE", f"/v1/products/{found['id']}")
    assert _leads(shop, "a") is None
    ask(shop, "POST", f"/v1/products/{found['id']}/restore")
    assert _leads(shop, "a") == "b"


@pytest.mark.parametrize(("kind", "filtered"), [("categories", "category"), ("brands", "brand")])
def test_lists_are_found_by_an_old_name_until_another_takes_it(either: Database, kind: str, filtered: str) -> None:
    shop = make_shop()
    first = made(shop, f"/v1/{kind}", {"name": "First", "slug": "a"})
    _of(shop, kind, first, "one")
    _rename(shop, first, "b", kind)
    assert [_listed(shop, filtered, slug) for slug in "ab"] == [["one"], ["one"]]
    second = made(shop, f"/v1/{kind}", {"name": "Second", "slug": "a"})
    _of(shop, kind, second, "two")
    assert [_listed(shop, filtered, slug) for slug in "ab"] == [["two"], ["one"]]


@pytest.mark.parametrize(("kind", "filtered"), [("categories", "category"), ("brands", "brand")])
def test_what_is_restored_has_its_name_for_itself(either: Database, kind: str, filtered: str) -> None:
    shop = make_shop()
    first = made(shop, f"/v1/{kind}", {"name": "First", "slug": "a"})
    _of(shop, kind, first, "one")
    ask(shop, "DELETE", f"/v1/{kind}/{first['id']}")
    second = made(shop, f"/v1/{kind}", {"name": "Second", "slug": "a"})
    _of(shop, kind, second, "two")
    _rename(shop, second, "b", kind)
    assert ask(shop, "POST", f"/v1/{kind}/{first['id']}/restore").status == 200
    assert [_listed(shop, filtered, slug) for slug in "ab"] == [["one"], ["two"]]


def _of(shop: Shop, kind: str, found: dict[str, str], slug: str) -> None:
    given = {"brand_id": found["id"]} if kind == "brands" else {"categories": [{"category_id": found["id"]}]}
    product(shop, status="ACTIVE", slug=slug, **given)


def _listed(shop: Shop, filtered: str, slug: str) -> list[str]:
    answer = api("GET", f"/v1/storefront/products?{filtered}={slug}", x_store=shop.slug)
    return [item["slug"] for item in answer.json["items"]]
