"""Flash sales are planned freely, and once they have begun they can only end sooner."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from shared.models import FlashSaleItem
from shared.models.base import now
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.pricing.prices import ask, audited, in_hours, pages, places, product, sale, sale_body
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import together


def _sold(shop: Shop, sale_id: str) -> list[tuple[str, int | None]]:
    with tenant_session(shop.id) as session:
        rows = session.scalars(select(FlashSaleItem).where(FlashSaleItem.flash_sale_id == sale_id)).all()
        return sorted((row.product_id, row.quantity_limit) for row in rows)


def test_a_sale_is_read_as_it_was_written(either: Database) -> None:
    shop = make_shop()
    first, second = sorted([product(shop), product(shop)])
    items = [{"product_id": first, "quantity_limit": 5}, {"product_id": second}]
    found = sale(shop, items=items, discount_type="FIXED_AMOUNT", discount_value="3", description="Quick")
    assert (found["discount_value"], found["currency"], found["status"]) == ("3.00", "USD", "SCHEDULED")
    assert found["items"] == [
        {"product_id": first, "quantity_limit": 5, "quantity_sold": 0},
        {"product_id": second, "quantity_limit": None, "quantity_sold": 0},
    ]
    answer = ask(shop, "GET", f"/v1/flash-sales/{found['id']}")
    assert (answer.json, answer.headers["etag"]) == (found, '"1"')
    assert audited(shop, found["id"]) == ["flash_sale.created"]


def test_its_status_follows_the_clock(either: Database) -> None:
    shop = make_shop()
    path = f"/v1/flash-sales/{sale(shop, product(shop), start_at=in_hours(1), end_at=in_hours(2))['id']}"
    for hours, status in ((0, "SCHEDULED"), (1.5, "ACTIVE"), (2.5, "ENDED")):
        with time_machine.travel(now() + timedelta(hours=hours)):
            assert ask(shop, "GET", path).json["status"] == status
            listed = [f"/v1/flash-sales?status={other}" for other in ("SCHEDULED", "ACTIVE", "ENDED", "CANCELED")]
            assert [len(pages(shop, url, 1)) for url in listed] == [int(url.endswith(status)) for url in listed]
    with time_machine.travel(now() + timedelta(hours=3)):
        assert ask(shop, "POST", f"{path}/cancel").json["code"] == "flash_sale_over"
        assert ask(shop, "PATCH", path, {"end_at": in_hours(9)}).json["code"] == "flash_sale_over"
    assert ask(shop, "POST", f"{path}/cancel").json["status"] == "CANCELED"
    assert [item["status"] for item in pages(shop, "/v1/flash-sales?status=CANCELED", 1)] == ["CANCELED"]
    assert len(pages(shop, "/v1/flash-sales", 1)) == 1


ONE: list[tuple[dict[str, Any], list[Any]]] = [
    ({"name": ""}, ["name"]),
    ({"discount_type": "FREE_SHIPPING"}, ["discount_type"]),
    ({"discount_type": "BUY_X_GET_Y"}, ["discount_type"]),
    ({"discount_value": "101"}, ["discount_value"]),
    ({"discount_value": "0"}, ["discount_value"]),
    ({"discount_type": "FIXED_AMOUNT", "discount_value": "1.001"}, ["discount_value"]),
    ({"start_at": "2030-01-02T00:00:00Z", "end_at": "2030-01-01T00:00:00Z"}, ["end_at"]),
    ({"start_at": "2020-01-01T00:00:00Z", "end_at": "2020-01-02T00:00:00Z"}, ["end_at"]),
    ({"end_at": "2030-01-01T00:00:00"}, ["end_at"]),
    ({"items": []}, ["items"]),
    ({"items": [{"product_id": "none"}]}, ["items", 0, "product_id"]),
    ({"items": [{"product_id": "none"}] * 501}, ["items"]),
]


@pytest.mark.parametrize(("given", "place"), ONE)
def test_one_mistake_is_named_by_its_place(database: Database, given: dict[str, Any], place: list[Any]) -> None:
    shop = make_shop()
    body = sale_body(product(shop)) | given
    assert places(ask(shop, "POST", "/v1/flash-sales", body)) == [place]
    assert ask(shop, "GET", "/v1/flash-sales").json["items"] == []


def test_everything_that_is_wrong_is_named_at_once(database: Database) -> None:
    shop = make_shop()
    busy = product(shop)
    sale(shop, busy)
    body = sale_body(busy, "none", busy, name="", discount_value="120")
    assert places(ask(shop, "POST", "/v1/flash-sales", body)) == [
        *(["name"], ["discount_value"], ["items", 1, "product_id"], ["items", 2, "product_id"]),
        *(["items", 0, "product_id"], ["items", 2, "product_id"]),
    ]


@pytest.mark.parametrize(
    "strange", [None, True, -1, 10**400, "", "\ud800", "NaN", [], {}, [[]], [None], [{}]], ids=repr
)
def test_anything_anywhere_in_a_sale_is_no_fault(database: Database, strange: Any) -> None:
    shop = make_shop()
    kept = sale(shop, product(shop))["id"]
    for field in ("name", "description", "discount_type", "discount_value", "start_at", "end_at", "items"):
        assert ask(shop, "POST", "/v1/flash-sales", sale_body(product(shop)) | {field: strange}).status in {201, 422}
        assert ask(shop, "PATCH", f"/v1/flash-sales/{kept}", {field: strange}).status in {200, 422}
    for field in ("product_id", "quantity_limit"):
        body = sale_body(items=[{"product_id": product(shop)} | {field: strange}])
        assert ask(shop, "POST", "/v1/flash-sales", body).status in {201, 422}


def test_a_product_is_in_one_sale_at_a_time(either: Database) -> None:
    shop = make_shop()
    busy = product(shop)
    first = sale(shop, busy, name="First", start_at=in_hours(1), end_at=in_hours(3))
    late = sale_body(product(shop), busy, start_at=in_hours(2), end_at=in_hours(4))
    refused = ask(shop, "POST", "/v1/flash-sales", late)
    assert places(refused) == [["items", 1, "product_id"]]
    message = refused.json["errors"][0]["message"]
    assert busy in message
    assert "First" in message
    assert first["id"] in message
    after = sale(shop, busy, start_at=first["end_at"], end_at=in_hours(5))
    moved = ask(shop, "PATCH", f"/v1/flash-sales/{after['id']}", {"start_at": in_hours(2)})
    assert places(moved) == [["items", 0, "product_id"]]
    ask(shop, "POST", f"/v1/flash-sales/{first['id']}/cancel")
    assert ask(shop, "PATCH", f"/v1/flash-sales/{after['id']}", {"start_at": in_hours(2)}).status == 200


def test_of_six_sales_of_one_product_at_once_one_is_made(database: Database) -> None:
    shop = make_shop()
    body = sale_body(product(shop), product(shop))
    answers = together(*[partial(ask, shop, "POST", "/v1/flash-sales", body)] * 6)
    assert sorted(answer.status for answer in answers) == [201] + [422] * 5


def test_of_sales_that_come_back_at_once_one_has_the_product(database: Database) -> None:
    shop = make_shop()
    busy = product(shop)
    paths = []
    for _ in range(4):
        paths.append(f"/v1/flash-sales/{sale(shop, busy)['id']}")
        ask(shop, "DELETE", paths[-1])
    answers = together(*[partial(ask, shop, "POST", f"{path}/restore") for path in paths])
    assert sorted(answer.status for answer in answers) == [200, 422, 422, 422]


def test_a_sale_that_has_not_begun_changes_freely(either: Database) -> None:
    shop = make_shop()
    first, second = sorted([product(shop), product(shop)])
    path = f"/v1/flash-sales/{sale(shop, first)['id']}"
    given = {"name": "Other", "discount_type": "FIXED_AMOUNT", "discount_value": "2.00"}
    items = [{"product_id": first, "quantity_limit": 3}, {"product_id": second}]
    changed = ask(shop, "PATCH", path, given | {"items": items}, if_match='"1"')
    assert (changed.json | given, changed.headers["etag"]) == (changed.json, '"2"')
    assert _sold(shop, changed.json["id"]) == [(first, 3), (second, None)]
    assert places(ask(shop, "PATCH", path, {"end_at": in_hours(0.5)})) == [["end_at"]]
    assert ask(shop, "PATCH", path, {"name": "A"}, if_match='"1"').status == 412


def test_what_has_begun_can_only_end_sooner(either: Database) -> None:
    shop = make_shop()
    busy = product(shop)
    found = sale(shop, busy, start_at=None, end_at=in_hours(5))
    path = f"/v1/flash-sales/{found['id']}"
    for given in (
        *({"name": "A"}, {"discount_value": "30"}, {"start_at": in_hours(1)}, {"end_at": in_hours(6)}),
        *({"items": [{"product_id": product(shop)}]}, {"items": [{"product_id": busy, "quantity_limit": 1}]}),
    ):
        refused = ask(shop, "PATCH", path, given)
        assert (refused.status, refused.json["code"]) == (409, "flash_sale_has_begun"), given
    same = {"name": found["name"], "items": [{"product_id": busy}], "end_at": found["end_at"]}
    assert ask(shop, "PATCH", path, same).status == 200
    assert places(ask(shop, "PATCH", path, {"end_at": in_hours(-0.0001)})) == [["end_at"]]
    assert ask(shop, "PATCH", path, {"end_at": in_hours(1)}).json["status"] == "ACTIVE"


def test_what_is_over_stays_as_it_was(either: Database) -> None:
    shop = make_shop()
    path = f"/v1/flash-sales/{sale(shop, product(shop), start_at=None)['id']}"
    canceled = ask(shop, "POST", f"{path}/cancel", if_match='"1"')
    assert (canceled.status, canceled.json["status"], canceled.headers["etag"]) == (200, "CANCELED", '"2"')
    for method, where, body in (("POST", f"{path}/cancel", None), ("PATCH", path, {"name": "A"})):
        refused = ask(shop, method, where, body)
        assert (refused.status, refused.json["code"]) == (409, "flash_sale_over")


def test_a_deleted_sale_comes_back_unless_another_took_its_products(either: Database) -> None:
    shop = make_shop()
    busy = product(shop)
    path = f"/v1/flash-sales/{sale(shop, busy)['id']}"
    assert ask(shop, "DELETE", path, if_match='"9"').status == 412
    assert ask(shop, "DELETE", path).status == 204
    assert ask(shop, "GET", path).status == 404
    assert len(ask(shop, "GET", "/v1/flash-sales?deleted=true").json["items"]) == 1
    other = sale(shop, busy)["id"]
    assert places(ask(shop, "POST", f"{path}/restore")) == [["items", 0, "product_id"]]
    assert ask(shop, "GET", path).status == 404
    ask(shop, "POST", f"/v1/flash-sales/{other}/cancel")
    assert ask(shop, "POST", f"{path}/restore").json["items"][0]["product_id"] == busy


def test_what_another_store_has_is_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    theirs = product(other)
    path = f"/v1/flash-sales/{sale(other, theirs)['id']}"
    for method, where, body in (
        *(("GET", path, None), ("PATCH", path, {"name": "B"}), ("DELETE", path, None)),
        *(("POST", f"{path}/restore", None), ("POST", f"{path}/cancel", None)),
    ):
        assert ask(shop, method, where, body).status == 404
    assert places(ask(shop, "POST", "/v1/flash-sales", sale_body(theirs))) == [["items", 0, "product_id"]]
