"""Brands and attributes are made, changed by who knows their version, and removed when nothing needs them."""

from functools import partial
from typing import Any

import pytest

from tests.conftest import Database
from tests.functions.catalog.goods import ask, made, plain, product
from tests.functions.stores.people import make_shop
from tests.functions.stores.threads import together


def test_brands_are_listed_page_by_page(either: Database) -> None:
    shop = make_shop()
    ids = [made(shop, "/v1/brands", {"name": "Same"})["id"] for _ in range(5)]
    made(make_shop(), "/v1/brands", {"name": "Same"})
    found: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = ask(shop, "GET", f"/v1/brands?limit=2{cursor and f'&cursor={cursor}'}").json
        found, cursor = found + page["items"], page["next_cursor"]
    assert [brand["id"] for brand in found] == ids[::-1]
    assert [brand["slug"] for brand in found] == ["same-5", "same-4", "same-3", "same-2", "same"]


def test_a_brand_that_is_deleted_leaves_its_products_and_comes_back(either: Database) -> None:
    shop = make_shop()
    brand = made(shop, "/v1/brands", {"name": "B", "website_url": "https://example.com"})
    path = f"/v1/brands/{brand['id']}"
    kept = product(shop, brand_id=brand["id"])["id"]
    assert ask(shop, "DELETE", path, if_match='"9"').status == 412
    assert ask(shop, "DELETE", path, if_match='"1"').status == 204
    assert [ask(shop, "GET", path).status, ask(shop, "DELETE", path).status] == [404, 404]
    assert ask(shop, "GET", f"/v1/products/{kept}").status == 200
    assert ask(shop, "POST", f"{path}/restore").json["slug"] == "b"
    assert ask(shop, "GET", f"/v1/products/{kept}").json["brand_id"] == brand["id"]


def test_a_restored_brand_whose_slug_is_taken_says_so(either: Database) -> None:
    shop = make_shop()
    first = made(shop, "/v1/brands", {"name": "B"})["id"]
    ask(shop, "DELETE", f"/v1/brands/{first}")
    made(shop, "/v1/brands", {"name": "B"})
    answer = ask(shop, "POST", f"/v1/brands/{first}/restore")
    assert (answer.status, answer.json["errors"]) == (409, [{"loc": ["brands", "slug"], "message": "b"}])


@pytest.mark.parametrize("kind", ["brands", "attributes", "categories"])
def test_each_is_changed_by_one_of_those_who_know_its_version(database: Database, kind: str) -> None:
    shop = make_shop()
    path = f"/v1/{kind}/{made(shop, f'/v1/{kind}', {'name': 'A'})['id']}"
    assert ask(shop, "GET", path).headers["etag"] == '"1"'
    changes = [partial(ask, shop, "PATCH", path, {"name": f"{n}"}, if_match='"1"') for n in range(8)]
    assert sorted(answer.status for answer in together(*changes)) == [200] + [412] * 7
    assert ask(shop, "GET", path).headers["etag"] == '"2"'


@pytest.mark.parametrize("kind", ["brands", "attributes", "categories"])
def test_of_eight_who_take_one_slug_at_once_one_has_it(database: Database, kind: str) -> None:
    shop = make_shop()
    body = {"name": "A", "slug": "a"}
    answers = together(*[partial(ask, shop, "POST", f"/v1/{kind}", body)] * 8)
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize("kind", ["brands", "attributes"])
def test_what_another_store_has_is_not_there(either: Database, kind: str) -> None:
    shop, other = make_shop(), make_shop()
    path = f"/v1/{kind}/{made(other, f'/v1/{kind}', {'name': 'A'})['id']}"
    for method, body in (("GET", None), ("PATCH", {"name": "B"}), ("DELETE", None)):
        assert ask(shop, method, path, body).status == 404
    assert ask(other, "GET", path).json["name"] == "A"


def test_values_in_use_stay_and_others_go(either: Database) -> None:
    shop = make_shop()
    attribute = made(shop, "/v1/attributes", {"name": "Size", "values": ["S", "M", "M", "L"]})
    assert attribute["values"] == ["S", "M", "L"]
    path = f"/v1/attributes/{attribute['id']}"
    used = product(shop, attributes=[{"attribute_id": attribute["id"], "values": ["M"]}])["id"]
    refused = ask(shop, "PATCH", path, {"values": ["S"]})
    assert (refused.status, refused.json["code"]) == (422, "value_in_use")
    assert ask(shop, "PATCH", path, {"values": ["M", "XL"]}).json["values"] == ["M", "XL"]
    assert ask(shop, "DELETE", path).json["code"] == "attribute_in_use"
    ask(shop, "PATCH", f"/v1/products/{used}", {"attributes": []})
    assert ask(shop, "DELETE", path).status == 204
    assert ask(shop, "GET", path).status == 404


def test_values_of_free_text_are_no_list_to_keep(either: Database) -> None:
    shop = make_shop()
    attribute = made(shop, "/v1/attributes", {"name": "Care", "type": "TEXT"})["id"]
    product(shop, attributes=[{"attribute_id": attribute, "values": ["By hand"]}])
    assert ask(shop, "PATCH", f"/v1/attributes/{attribute}", {"values": ["Cold"]}).status == 200


def test_an_attribute_that_goes_while_it_is_given_is_one_or_the_other(database: Database) -> None:
    for _ in range(4):
        shop = make_shop()
        attribute = made(shop, "/v1/attributes", {"name": "Size", "values": ["S"]})["id"]
        body = plain(attributes=[{"attribute_id": attribute, "values": ["S"]}])
        acts = (
            partial(ask, shop, "POST", "/v1/products", body),
            partial(ask, shop, "DELETE", f"/v1/attributes/{attribute}"),
        )
        assert {answer.status for answer in together(*acts)} <= {201, 204, 409, 422}
