"""A product is changed in part, by those who know its present version, one at a time."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from shared.models import AuditLog
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.catalog.goods import ask, made, places, plain, product, shirt
from tests.functions.stores.people import make_shop
from tests.functions.stores.threads import together


def test_what_is_left_out_stays(either: Database) -> None:
    shop = make_shop()
    before = made(shop, "/v1/products", shirt(["S"], sku="A", description="<p>Soft</p>", labels=[{"label": "NEW"}]))
    after = ask(shop, "PATCH", f"/v1/products/{before['id']}", {"name": "Blouse"}).json
    dull = {"version", "updated_at", "name"}
    assert {k: v for k, v in after.items() if k not in dull} == {k: v for k, v in before.items() if k not in dull}
    assert (after["name"], after["version"]) == ("Blouse", before["version"] + 1)


def test_what_may_be_empty_is_emptied_and_the_rest_is_refused(either: Database) -> None:
    shop = make_shop()
    path = f"/v1/products/{product(shop, sku='A', description='B', meta_title='C')['id']}"
    found = ask(shop, "PATCH", path, {"sku": None, "description": None, "meta_title": None}).json
    assert (found["sku"], found["description"], found["meta_title"]) == (None, None, None)
    for field in ("name", "status", "is_taxable"):
        assert ask(shop, "PATCH", path, {field: None}).status == 422
    assert ask(shop, "PATCH", path, {"slug": None}).json["slug"] == "lamp"


def test_a_list_that_is_given_replaces_the_one_there_is(either: Database) -> None:
    shop = make_shop()
    ids = [made(shop, "/v1/categories", {"name": f"{n}"})["id"] for n in range(3)]
    first = {"labels": [{"label": "A"}, {"label": "B"}], "categories": [{"category_id": n} for n in ids[:2]]}
    path = f"/v1/products/{product(shop, **first)['id']}"
    given = {"labels": [{"label": "B"}], "categories": [{"category_id": n} for n in ids[1:]]}
    found = ask(shop, "PATCH", path, given).json
    assert [label["label"] for label in found["labels"]] == ["B"]
    assert {place["category_id"] for place in found["categories"]} == set(ids[1:])
    emptied = ask(shop, "PATCH", path, {"labels": [], "categories": [], "attributes": []}).json
    assert (emptied["labels"], emptied["categories"], emptied["version"]) == ([], [], found["version"] + 1)


def test_publishing_says_from_when(either: Database) -> None:
    shop = make_shop()
    draft = product(shop)
    assert draft["published_at"] is None
    path = f"/v1/products/{draft['id']}"
    active = ask(shop, "PATCH", path, {"status": "ACTIVE"}).json
    assert active["published_at"] is not None
    assert ask(shop, "PATCH", path, {"status": "ARCHIVED"}).json["published_at"] == active["published_at"]


@pytest.mark.parametrize(
    ("tag", "status"),
    [('"1"', 200), ("*", 200), ('"7", "1"', 200), ('"2"', 412), ("1", 412), ("", 412), ('W/"1"', 412)],
)
def test_only_the_version_that_the_client_knows_is_changed(either: Database, tag: str, status: int) -> None:
    shop = make_shop()
    path = f"/v1/products/{product(shop)['id']}"
    answer = ask(shop, "PATCH", path, {"name": "B"}, if_match=tag)
    assert answer.status == status
    read = ask(shop, "GET", path)
    assert (read.json["name"], read.headers["etag"]) == (("B", '"2"') if status == 200 else ("Lamp", '"1"'))


@pytest.mark.parametrize("change", [{"name": "B"}, {"labels": [{"label": "NEW"}]}])
def test_of_ten_who_change_one_version_one_succeeds(database: Database, change: dict[str, Any]) -> None:
    shop = make_shop()
    path = f"/v1/products/{product(shop)['id']}"
    answers = together(*[partial(ask, shop, "PATCH", path, change, if_match='"1"')] * 10)
    assert sorted(answer.status for answer in answers) == [200] + [412] * 9


@pytest.mark.parametrize("more", [{}, {"labels": [{"label": "NEW"}]}])
@pytest.mark.parametrize("change", [{"slug": "wanted"}, {"sku": "WANTED"}])
def test_of_ten_who_want_one_slug_or_sku_one_has_it(
    database: Database, change: dict[str, Any], more: dict[str, Any]
) -> None:
    shop = make_shop()
    paths = [f"/v1/products/{product(shop)['id']}" for _ in range(10)]
    statuses = sorted(a.status for a in together(*[partial(ask, shop, "PATCH", p, change | more) for p in paths]))
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {409, 422}


def test_what_is_wrong_is_named_all_at_once(either: Database) -> None:
    shop = make_shop()
    product(shop, slug="taken", sku="TAKEN")
    path = f"/v1/products/{product(shop)['id']}"
    wrong = {"slug": "taken", "sku": "TAKEN", "brand_id": "none", "labels": [{"label": "A"}] * 2}
    assert places(ask(shop, "PATCH", path, wrong)) == [
        *(["body", "slug"], ["body", "sku"], ["body", "brand_id"], ["body", "labels", 1, "label"])
    ]
    assert ask(shop, "GET", path).json["version"] == 1


def test_another_stores_product_is_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    path = f"/v1/products/{product(other)['id']}"
    for method, body in (("GET", None), ("PATCH", {"name": "B"}), ("DELETE", None), ("POST", None)):
        route = f"{path}/restore" if method == "POST" else path
        assert ask(shop, method, route, body).status == 404
    assert ask(other, "GET", path).json["version"] == 1


def test_each_change_is_in_the_audit_log(either: Database) -> None:
    shop = make_shop()
    path = f"/v1/products/{product(shop)['id']}"
    ask(shop, "PATCH", path, {"name": "B"})
    ask(shop, "PATCH", path, {"slug": "taken", "brand_id": "none"})
    ask(shop, "DELETE", path)
    ask(shop, "POST", f"{path}/restore")
    with tenant_session(shop.id) as session:
        query = select(AuditLog).where(AuditLog.entity_type == "product").order_by(AuditLog.created_at)
        rows = session.scalars(query).all()
    actions = [row.action for row in rows]
    assert actions == ["product.created", "product.updated", "product.deleted", "product.restored"]
    assert (rows[1].before_snapshot, rows[1].after_snapshot) == ({"name": "Lamp"}, {"name": "B"})
    assert {row.user_id for row in rows} == {shop.admin.user_id}


def test_an_unknown_field_is_a_mistake(database: Database) -> None:
    shop = make_shop()
    path = f"/v1/products/{product(shop)['id']}"
    for body in ({"variants": plain()["variants"]}, {"price": "1"}, {"version": 1}, {"store_id": "a"}):
        assert ask(shop, "PATCH", path, body).status == 422
