"""Pictures of a product: ten at most, one featured, in order."""

from functools import partial
from typing import Any

from tests.api import api
from tests.conftest import Database
from tests.functions.catalog.goods import ask, product
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import together


def _picture(name: str, **given: Any) -> dict[str, Any]:
    return {"url": f"https://example.com/{name}.jpg", "alt_text": name} | given


def _media(shop: Shop, path: str) -> list[tuple[str, bool]]:
    return [(one["alt_text"], one["is_featured"]) for one in ask(shop, "GET", path).json["media"]]


def test_a_new_one_is_the_last_and_takes_the_light_from_the_others(either: Database) -> None:
    shop = make_shop()
    path = f"/v1/products/{product(shop, media=[_picture('a', is_featured=True), _picture('b')])['id']}"
    assert ask(shop, "POST", f"{path}/media", _picture("c", is_featured=True)).status == 201
    assert _media(shop, path) == [("a", False), ("b", False), ("c", True)]


def test_they_are_described_moved_and_featured(either: Database) -> None:
    shop = make_shop()
    made = product(shop, status="ACTIVE", media=[_picture(name) for name in "abc"])
    path = f"/v1/products/{made['id']}"
    at = f"{path}/media/{made['media'][0]['id']}"
    answer = ask(shop, "PATCH", at, {"display_order": 9, "is_featured": True, "alt_text": "A"})
    assert answer.status == 200
    assert _media(shop, path) == [("b", False), ("c", False), ("A", True)]
    ask(shop, "PATCH", at, {"alt_text": None, "display_order": None})
    assert ask(shop, "GET", path).json["media"][2] == answer.json | {"alt_text": None}
    shown = api("GET", "/v1/storefront/products/lamp", x_store=shop.slug).json
    assert shown["image"]["url"].endswith("/a.jpg")


def test_ten_are_the_most_whoever_adds(database: Database) -> None:
    shop = make_shop()
    path = f"/v1/products/{product(shop, media=[_picture(f'{n}') for n in range(7)])['id']}"
    acts = [partial(ask, shop, "POST", f"{path}/media", _picture(name, is_featured=True)) for name in "abcdef"]
    assert sorted(answer.status for answer in together(*acts)) == [201] * 3 + [409] * 3
    assert [featured for _, featured in _media(shop, path)].count(True) == 1
    last = ask(shop, "GET", path).json["media"][-1]
    assert ask(shop, "DELETE", f"{path}/media/{last['id']}").status == 204
    assert ask(shop, "POST", f"{path}/media", _picture("x")).status == 201


def test_each_change_is_one_of_the_product(either: Database) -> None:
    shop = make_shop()
    made = product(shop, media=[_picture("a"), _picture("b")])
    path = f"/v1/products/{made['id']}"
    at = f"{path}/media/{made['media'][0]['id']}"
    for method, url, body in (
        *(("POST", f"{path}/media", _picture("c")), ("PATCH", at, {"alt_text": "A"}), ("DELETE", at, None)),
    ):
        before = ask(shop, "GET", path).headers["etag"]
        assert ask(shop, method, url, body).status < 300
        assert ask(shop, "PATCH", path, {"name": "B"}, if_match=before).status == 412


def test_those_of_another_product_or_store_are_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    made = product(shop, media=[_picture("a")])
    own, foreign = product(shop)["id"], product(other)["id"]
    for asker, owner in ((shop, own), (other, foreign), (other, made["id"])):
        at = f"/v1/products/{owner}/media/{made['media'][0]['id']}"
        assert ask(asker, "PATCH", at, {"alt_text": "x"}).status == 404
        assert ask(asker, "DELETE", at).status == 404
    assert ask(other, "POST", f"/v1/products/{made['id']}/media", _picture("x")).status == 404
    assert _media(shop, f"/v1/products/{made['id']}") == [("a", False)]
