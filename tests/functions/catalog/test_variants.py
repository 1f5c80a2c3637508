"""Variants come, change and go; one of them is always the default, and the product's prices follow."""

from functools import partial
from typing import Any

import pytest

from tests.conftest import Database
from tests.functions.catalog.goods import ask, made, places, product, sized
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import together


def _socks(shop: Shop, *sizes: str) -> tuple[str, dict[str, dict[str, Any]]]:
    found = made(shop, "/v1/products", sized(*sizes))
    return f"/v1/products/{found['id']}", _by_size(found)


def _by_size(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {variant["options"]["Size"]: variant for variant in found["variants"]}


def _defaults(shop: Shop, path: str) -> list[str]:
    found = ask(shop, "GET", path).json["variants"]
    return [variant["options"]["Size"] for variant in found if variant["is_default"]]


def _prices(shop: Shop) -> tuple[str, str, int]:
    item = ask(shop, "GET", "/v1/products").json["items"][0]
    return item["price_min"], item["price_max"], item["variant_count"]


def test_prices_of_the_product_follow_its_variants(either: Database) -> None:
    shop = make_shop()
    path, _ = _socks(shop, "S", "M")
    assert _prices(shop) == ("10.00", "10.00", 2)
    dear = ask(shop, "POST", f"{path}/variants", {"price": "30", "options": {"Size": "L"}, "stock_quantity": 4})
    assert (dear.status, dear.json["available"], dear.json["is_default"]) == (201, 4, False)
    assert _prices(shop) == ("10.00", "30.00", 3)
    at = f"{path}/variants/{dear.json['id']}"
    assert ask(shop, "PATCH", at, {"price": "5"}).json["price"] == "5.00"
    assert _prices(shop) == ("5.00", "10.00", 3)
    ask(shop, "PATCH", at, {"is_active": False})
    assert _prices(shop) == ("10.00", "10.00", 3)
    ask(shop, "PATCH", at, {"is_active": True})
    ask(shop, "DELETE", at)
    assert _prices(shop) == ("10.00", "10.00", 2)


@pytest.mark.parametrize(
    "options", [{}, {"Size": "S"}, {"Size": "L", "Color": "Red"}, {"Color": "Red"}, {"Size": " S "}]
)
def test_options_that_do_not_fit_are_refused(either: Database, options: dict[str, str]) -> None:
    shop = make_shop()
    path, variants = _socks(shop, "S", "M")
    for answer in (
        ask(shop, "POST", f"{path}/variants", {"price": "1", "options": options}),
        ask(shop, "PATCH", f"{path}/variants/{variants['M']['id']}", {"options": options}),
    ):
        assert ["body", "options"] in places(answer)
    assert ask(shop, "PATCH", f"{path}/variants/{variants['M']['id']}", {"options": {"Size": "L"}}).status == 200


def test_a_product_without_options_has_one_variant(either: Database) -> None:
    shop = make_shop()
    path = f"/v1/products/{product(shop)['id']}"
    assert places(ask(shop, "POST", f"{path}/variants", {"price": "1"})) == [["body", "options"]]


def test_a_sku_of_another_variant_is_refused_and_its_own_is_not(either: Database) -> None:
    shop = make_shop()
    path, variants = _socks(shop, "S", "M")
    own, other = variants["S"], variants["M"]
    at = f"{path}/variants/{own['id']}"
    assert places(ask(shop, "PATCH", at, {"sku": other["sku"]})) == [["body", "sku"]]
    assert ask(shop, "PATCH", at, {"sku": own["sku"], "price": "3"}).status == 200
    assert places(ask(shop, "PATCH", at, {"compare_at_price": "3"})) == [["body", "compare_at_price"]]
    for field in ("sku", "price", "options", "is_active", "track_inventory", "low_stock_threshold", "is_default"):
        assert ask(shop, "PATCH", at, {field: None}).status == 422
    assert ask(shop, "PATCH", at, {"is_default": False}).status == 422
    assert ask(shop, "PATCH", at, {"stock_quantity": 5}).status == 422


def test_of_ten_who_take_one_sku_or_size_at_once_one_has_it(database: Database) -> None:
    shop = make_shop()
    path, _ = _socks(shop, "S")
    for body in ({"sku": "X", "price": "1"}, {"price": "1"}):
        sizes = [f"{n}" for n in range(8)] if "sku" in body else ["M"] * 8
        acts = [partial(ask, shop, "POST", f"{path}/variants", body | {"options": {"Size": size}}) for size in sizes]
        statuses = sorted(answer.status for answer in together(*acts))
        assert statuses[0] == 201
        assert set(statuses[1:]) <= {409, 422}


def test_a_hundred_variants_are_the_most(database: Database) -> None:
    shop = make_shop()
    path, _ = _socks(shop, *(f"{n}" for n in range(99)))
    acts = [partial(ask, shop, "POST", f"{path}/variants", {"price": "1", "options": {"Size": s}}) for s in "ABC"]
    assert sorted(answer.status for answer in together(*acts)) == [201, 409, 409]


def test_there_is_always_one_default(either: Database) -> None:
    shop = make_shop()
    path, variants = _socks(shop, "S", "M")
    assert _defaults(shop, path) == ["S"]
    ask(shop, "PATCH", f"{path}/variants/{variants['M']['id']}", {"is_default": True})
    assert _defaults(shop, path) == ["M"]
    ask(shop, "POST", f"{path}/variants", {"price": "1", "options": {"Size": "L"}, "is_default": True})
    assert _defaults(shop, path) == ["L"]
    large = _by_size(ask(shop, "GET", path).json)["L"]
    assert ask(shop, "DELETE", f"{path}/variants/{large['id']}").status == 204
    assert len(_defaults(shop, path)) == 1


def test_the_default_moves_once_whoever_moves_it(database: Database) -> None:
    shop = make_shop()
    path, variants = _socks(shop, *"ABCDEF")
    acts = [partial(ask, shop, "PATCH", f"{path}/variants/{v['id']}", {"is_default": True}) for v in variants.values()]
    assert {answer.status for answer in together(*acts)} == {200}
    assert len(_defaults(shop, path)) == 1


def test_the_last_one_stays_whoever_deletes(database: Database) -> None:
    shop = make_shop()
    path, variants = _socks(shop, *"ABC")
    acts = [partial(ask, shop, "DELETE", f"{path}/variants/{variant['id']}") for variant in variants.values()]
    answers = together(*acts)
    assert sorted(answer.status for answer in answers) == [204, 204, 409]
    assert len(_defaults(shop, path)) == 1


def test_a_change_of_a_variant_is_one_of_its_product(either: Database) -> None:
    shop = make_shop()
    path, variants = _socks(shop, "S")
    at = f"{path}/variants/{variants['S']['id']}"
    assert ask(shop, "PATCH", at, {"price": "3"}, if_match='"7"').status == 412
    answer = ask(shop, "PATCH", at, {"price": "3"}, if_match=f'"{variants["S"]["version"]}"')
    assert answer.headers["etag"] == f'"{answer.json["version"]}"' != f'"{variants["S"]["version"]}"'
    assert ask(shop, "PATCH", path, {"name": "B"}, if_match='"1"').status == 412


def test_a_variant_of_another_product_or_store_is_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    path, variants = _socks(shop, "S", "M")
    own, foreign = f"/v1/products/{product(shop)['id']}", f"/v1/products/{product(other)['id']}"
    for asker, owner in ((shop, own), (other, foreign), (other, path)):
        at = f"{owner}/variants/{variants['M']['id']}"
        assert ask(asker, "PATCH", at, {"price": "1"}).status == 404
        assert ask(asker, "DELETE", at).status == 404
    assert ask(other, "POST", f"{path}/variants", {"price": "1"}).status == 404


def test_tracking_begins_again_on_what_is_there(either: Database) -> None:
    shop = make_shop()
    found = product(shop, variants=[{"price": "1", "track_inventory": False, "stock_quantity": 3}])
    at = f"/v1/products/{found['id']}/variants/{found['variants'][0]['id']}"
    answer = ask(shop, "PATCH", at, {"track_inventory": True})
    assert (answer.status, answer.json["available"]) == (200, 3)


def _sizes(shop: Shop, path: str) -> list[list[str]]:
    return [quality["values"] for quality in ask(shop, "GET", path).json["attributes"]]


def test_what_a_shopper_can_choose_is_what_a_product_is_found_by(either: Database) -> None:
    shop = make_shop()
    path, found = _socks(shop, "S", "M")
    assert _sizes(shop, path) == [["S", "M"]]

    large = ask(shop, "POST", f"{path}/variants", {"price": "30", "options": {"Size": "L"}}).json["id"]
    assert _sizes(shop, path) == [["S", "M", "L"]]
    ask(shop, "PATCH", f"{path}/variants/{large}", {"options": {"Size": "XL"}})
    assert _sizes(shop, path) == [["S", "M", "XL"]]
    ask(shop, "DELETE", f"{path}/variants/{found['M']['id']}")
    ask(shop, "DELETE", f"{path}/variants/{large}")
    assert _sizes(shop, path) == [["S"]]
    assert made(shop, "/v1/attributes", {"name": "Color"})["values"] == []
    [size] = [row for row in ask(shop, "GET", "/v1/attributes").json["items"] if row["slug"] == "size"]
    assert size["values"] == ["S", "M", "L", "XL"], "what other products may have stays"
