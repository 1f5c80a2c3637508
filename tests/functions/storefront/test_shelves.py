"""The category filter: a shelf and all that is inside it, but nothing that is hidden."""

import pytest

from shared.models import Category, ProductCategory
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.storefront.shopping import found, get, hide, one, open_shop, put, sell, shelf


def _three_deep(store_id: str) -> dict[str, str]:
    top = shelf(store_id, "top")
    middle = shelf(store_id, "middle", top)
    inner = shelf(store_id, "inner", middle)
    ids = {"top": top, "middle": middle, "inner": inner, "beside": shelf(store_id, "beside")}
    for slug, category_id in ids.items():
        sell(store_id, f"on-{slug}", on=category_id)
    return ids


def test_a_shelf_holds_what_stands_on_it_and_on_those_inside(either: Database) -> None:
    _three_deep(open_shop())

    assert set(found(category="top")) == {"on-top", "on-middle", "on-inner"}
    assert set(found(category="middle")) == {"on-middle", "on-inner"}
    assert found(category="inner") == ["on-inner"]
    assert found(category="beside") == ["on-beside"]
    assert found(category="nowhere") == []


def test_a_product_on_two_shelves_of_one_tree_is_listed_once(either: Database) -> None:
    store_id = open_shop()
    ids = _three_deep(store_id)
    product_id = sell(store_id, "twice", on=ids["middle"])
    put(store_id, ProductCategory(product_id=product_id, category_id=ids["inner"]))

    assert found(category="top").count("twice") == 1
    assert get("products/twice").json["categories"][0]["slug"] == "middle"


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_a_hidden_shelf_in_the_middle_cuts_off_what_is_inside_it(either: Database, how: str) -> None:
    store_id = open_shop()
    ids = _three_deep(store_id)
    hide(store_id, Category, ids["middle"], how)

    assert found(category="top") == ["on-top"]
    assert found(category="middle") == []
    assert get("products/on-middle").json["categories"] == []
    assert get("suggest", q="middle").json["items"] == []


@pytest.mark.parametrize("how", ["deactivate", "delete"])
def test_what_lies_in_a_hidden_shelf_is_hidden_wherever_shelves_show(either: Database, how: str) -> None:
    store_id = open_shop()
    top = shelf(store_id, "top")
    inner = shelf(store_id, "inner", shelf(store_id, "middle", top), name="Innermost")
    sell(store_id, "tee", on=inner)
    hide(store_id, Category, top, how)
    assert get("categories").json == {"items": []}

    shown = {
        "filter": found(category="inner"),
        "detail": [category["slug"] for category in get("products/tee").json["categories"]],
        "suggestions": [item["slug"] for item in get("suggest", q="innermost").json["items"]],
    }

    assert shown == {"filter": [], "detail": [], "suggestions": []}


def test_a_circle_of_shelves_ends(either: Database) -> None:
    store_id = open_shop()
    ids = _three_deep(store_id)
    with tenant_session(store_id) as session:
        one(session, Category, ids["top"]).parent_id = ids["inner"]

    assert set(found(category="top")) == {"on-top", "on-middle", "on-inner"}
    assert [item["slug"] for item in get("categories").json["items"]] == ["beside"]


def test_a_shelf_of_the_same_slug_in_two_stores_holds_each_ones_own(shops: Database) -> None:
    assert found("aurora", category="t-shirts") == ["classic-tee"]
    assert "ascii-tee" in found("borealis", category="t-shirts")
    assert set(found("aurora", category="kitchen")) > set(found("aurora", category="coffee-machines")) != set()
    assert found("aurora", category="staff-merch") == ["classic-tee"]
    assert found("aurora", category="sneakers") == []
