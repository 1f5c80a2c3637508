"""Coupons are made whole, changed by who knows their version, deleted and brought back."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert

from shared.database import function_engine
from shared.models import Coupon
from shared.models.base import now
from shared.models.enums import DiscountType
from shared.tenancy import tenant_session
from tests.calls import counted
from tests.conftest import Database
from tests.functions.pricing.prices import (
    ask,
    audited,
    coupon,
    coupon_body,
    customer,
    in_hours,
    pages,
    places,
    product,
    redeem,
    shelf,
)
from tests.functions.stores.people import Shop, join, make_shop
from tests.functions.stores.threads import together

LISTS = ("product_ids", "category_ids", "customer_ids", "excluded_product_ids", "excluded_category_ids")


def test_a_coupon_is_read_as_it_was_written(either: Database) -> None:
    shop = make_shop()
    lists = {
        "product_ids": sorted([product(shop), product(shop)]),
        "category_ids": [shelf(shop)],
        "customer_ids": [customer(shop)],
        "excluded_product_ids": [product(shop)],
        "excluded_category_ids": [shelf(shop)],
    }
    facts = {
        "description": "For friends",
        "discount_type": "FIXED_AMOUNT",
        "discount_value": "5.00",
        "per_item": True,
        "max_discount": "20.00",
        "min_order_value": "10.00",
        "max_order_value": "100.00",
        "max_items": 3,
        "exclude_sale_items": True,
        "is_exclusive": True,
        "usage_limit_per_coupon": 100,
        "usage_limit_per_customer": 1,
        "is_active": False,
    }
    found = coupon(shop, code=" friends-5 ", valid_to=in_hours(48), **facts, **lists)
    assert found | facts | lists == found
    assert (found["code"], found["currency"], found["used"], found["deleted_at"]) == ("FRIENDS-5", "USD", 0, None)
    answer = ask(shop, "GET", f"/v1/coupons/{found['id']}")
    assert (answer.json, answer.headers["etag"]) == (found, '"1"')
    assert set(audited(shop, found["id"])) == {"coupon.created", "coupon.limited"}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"discount_type": "PERCENTAGE", "discount_value": "12.50"}, "12.5"),
        ({"discount_type": "FIXED_AMOUNT", "discount_value": 7}, "7.00"),
        ({"discount_type": "FREE_SHIPPING", "discount_value": None}, None),
        ({"discount_type": "BUY_X_GET_Y", "discount_value": None, "buy_quantity": 2, "get_quantity": 1}, "100"),
    ],
)
def test_the_value_is_a_percentage_an_amount_or_nothing(database: Database, given: dict[str, Any], shown: str) -> None:
    shop = make_shop()
    found = coupon(shop, **given)
    assert found["discount_value"] == shown
    same = ask(shop, "PATCH", f"/v1/coupons/{found['id']}", {"name": "Other"})
    assert (same.status, same.json["discount_value"]) == (200, shown)


ONE: list[tuple[dict[str, Any], list[Any]]] = [
    ({"code": "A B"}, ["code"]),
    ({"code": "A" * 41}, ["code"]),
    ({"code": ""}, ["code"]),
    ({"name": " "}, ["name"]),
    ({"discount_type": "HALF"}, ["discount_type"]),
    ({"discount_value": "100.01"}, ["discount_value"]),
    ({"discount_value": "0"}, ["discount_value"]),
    ({"discount_value": "-1"}, ["discount_value"]),
    ({"discount_value": None}, ["discount_value"]),
    ({"discount_type": "FIXED_AMOUNT", "discount_value": "1.005"}, ["discount_value"]),
    ({"discount_type": "FREE_SHIPPING"}, ["discount_value"]),
    ({"discount_type": "FREE_SHIPPING", "discount_value": None, "max_discount": "1"}, ["max_discount"]),
    ({"discount_type": "FREE_SHIPPING", "discount_value": None, "max_items": 1}, ["max_items"]),
    ({"discount_type": "BUY_X_GET_Y", "discount_value": "50", "get_quantity": 1}, ["buy_quantity"]),
    ({"discount_type": "BUY_X_GET_Y", "discount_value": "50", "buy_quantity": 1}, ["get_quantity"]),
    ({"discount_type": "BUY_X_GET_Y", "buy_quantity": 2, "get_quantity": 2, "max_items": 3}, ["max_items"]),
    (
        {"discount_type": "BUY_X_GET_Y", "discount_value": "101", "buy_quantity": 1, "get_quantity": 1},
        ["discount_value"],
    ),
    ({"buy_quantity": 1}, ["buy_quantity"]),
    ({"get_quantity": 1}, ["get_quantity"]),
    ({"per_item": True}, ["per_item"]),
    ({"max_discount": "0.001"}, ["max_discount"]),
    ({"max_order_value": "0"}, ["max_order_value"]),
    ({"min_order_value": "10", "max_order_value": "9.99"}, ["max_order_value"]),
    ({"valid_from": "2026-02-01T00:00:00Z", "valid_to": "2026-02-01T00:00:00Z"}, ["valid_to"]),
    ({"valid_to": "2020-01-01T00:00:00Z"}, ["valid_to"]),
    ({"valid_to": "2030-01-01T00:00:00"}, ["valid_to"]),
    ({"usage_limit_per_coupon": 0}, ["usage_limit_per_coupon"]),
    ({"usage_limit_per_customer": 0}, ["usage_limit_per_customer"]),
    ({"product_ids": ["none"] * 501}, ["product_ids"]),
    ({"surprise": 1}, ["surprise"]),
    *(({name: ["none"]}, [name, 0]) for name in LISTS),
]


@pytest.mark.parametrize(("given", "place"), ONE)
def test_one_mistake_is_named_by_its_place(database: Database, given: dict[str, Any], place: list[Any]) -> None:
    shop = make_shop()
    assert places(ask(shop, "POST", "/v1/coupons", coupon_body(**given))) == [place]
    assert ask(shop, "GET", "/v1/coupons").json["items"] == []


@pytest.mark.parametrize(("currency", "fine", "odd"), [("JPY", "500", "500.5"), ("KWD", "1.005", "1.0005")])
def test_amounts_have_the_decimals_of_the_stores_currency(
    database: Database, currency: str, fine: str, odd: str
) -> None:
    shop = make_shop(currency=currency)
    facts = {"discount_type": "FIXED_AMOUNT", "discount_value": fine, "max_discount": fine}
    found = coupon(shop, **facts)
    assert (found["discount_value"], found["max_discount"], found["currency"]) == (fine, fine, currency)
    answer = ask(shop, "POST", "/v1/coupons", coupon_body(code="B", **facts | {"max_discount": odd}))
    assert places(answer) == [["max_discount"]]


def test_everything_that_is_wrong_is_named_at_once(either: Database) -> None:
    shop = make_shop()
    both, shelved = product(shop), shelf(shop)
    coupon(shop)
    body = coupon_body(
        code="ten",
        name="",
        discount_value="120",
        per_item=True,
        buy_quantity=1,
        min_order_value="5.005",
        max_order_value="1",
        valid_to="2020-01-01T00:00:00Z",
        usage_limit_per_coupon="many",
        product_ids=[both, "none"],
        excluded_product_ids=[both],
        category_ids=[shelved],
        excluded_category_ids=[shelved],
        customer_ids=["nobody"],
    )
    found = places(ask(shop, "POST", "/v1/coupons", body))
    assert sorted(found, key=str) == sorted(
        [
            *(["name"], ["usage_limit_per_coupon"], ["code"], ["discount_value"], ["per_item"], ["buy_quantity"]),
            *(["min_order_value"], ["max_order_value"], ["valid_to"], ["product_ids", 1], ["customer_ids", 0]),
            *(["excluded_product_ids", 0], ["excluded_category_ids", 0]),
        ],
        key=str,
    )


STRANGE: list[Any] = [
    None,
    True,
    -1,
    1.5,
    10**400,
    "",
    "x" * 11_000,
    "\ud800",
    "1e9999999",
    "NaN",
    [],
    {},
    [[]],
    [None],
]


@pytest.mark.parametrize("strange", STRANGE, ids=lambda value: repr(value)[:20])
def test_anything_anywhere_in_a_coupon_is_no_fault(database: Database, strange: Any) -> None:
    shop = make_shop()
    kept = coupon(shop, code="KEPT")["id"]
    for field in (
        *coupon_body(),
        "per_item",
        "buy_quantity",
        "max_discount",
        "max_items",
        "valid_from",
        "valid_to",
        *LISTS,
    ):
        created = ask(shop, "POST", "/v1/coupons", coupon_body() | {field: strange})
        assert created.status in {201, 422}, (field, created.text)
        if created.status == 201:
            ask(shop, "DELETE", f"/v1/coupons/{created.json['id']}")
        assert ask(shop, "PATCH", f"/v1/coupons/{kept}", {field: strange}).status in {200, 422}
    assert ask(shop, "POST", "/v1/coupons", strange).status in {400, 422}


def test_a_change_is_held_against_what_stays(either: Database) -> None:
    shop = make_shop()
    found = coupon(shop, min_order_value="10", product_ids=[(kept := product(shop))])
    path = f"/v1/coupons/{found['id']}"
    assert places(ask(shop, "PATCH", path, {"max_order_value": "9"})) == [["max_order_value"]]
    assert places(ask(shop, "PATCH", path, {"excluded_product_ids": [kept]})) == [["excluded_product_ids", 0]]
    assert places(ask(shop, "PATCH", path, {"discount_type": "BUY_X_GET_Y"})) == [["buy_quantity"], ["get_quantity"]]
    assert places(ask(shop, "PATCH", path, {"discount_value": None})) == [["discount_value"]]
    moved = ask(shop, "PATCH", path, {"product_ids": [], "excluded_product_ids": [kept], "min_order_value": None}).json
    assert (moved["product_ids"], moved["excluded_product_ids"], moved["min_order_value"]) == ([], [kept], None)
    free = ask(shop, "PATCH", path, {"discount_type": "FREE_SHIPPING"}).json
    assert (free["discount_type"], free["discount_value"], free["version"]) == ("FREE_SHIPPING", None, 3)


def test_what_a_coupon_is_for_may_be_deleted_and_stays_in_its_list(either: Database) -> None:
    shop = make_shop()
    gone, other = product(shop), product(shop)
    found = coupon(shop, product_ids=[gone])
    ask(shop, "DELETE", f"/v1/products/{gone}")
    path = f"/v1/coupons/{found['id']}"
    assert ask(shop, "GET", path).json["product_ids"] == [gone]
    assert ask(shop, "PATCH", path, {"product_ids": [gone, other]}).json["product_ids"] == sorted([gone, other])
    assert places(ask(shop, "POST", "/v1/coupons", coupon_body(code="B", product_ids=[gone]))) == [["product_ids", 0]]


def test_a_list_that_changes_makes_a_new_version(either: Database) -> None:
    shop = make_shop()
    path = f"/v1/coupons/{coupon(shop)['id']}"
    changed = ask(shop, "PATCH", path, {"product_ids": [product(shop)]}, if_match='"1"')
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    assert ask(shop, "PATCH", path, {"product_ids": []}, if_match='"1"').status == 412
    assert ask(shop, "DELETE", path, if_match='"1"').status == 412


def test_the_limit_cannot_fall_below_what_was_used(either: Database) -> None:
    shop = make_shop()
    found = coupon(shop, usage_limit_per_coupon=5)
    path = f"/v1/coupons/{found['id']}"
    for _ in range(3):
        redeem(shop, found["id"])
    refused = ask(shop, "PATCH", path, {"usage_limit_per_coupon": 2})
    assert (refused.status, refused.json["code"], refused.json["used"]) == (409, "limit_below_used", 3)
    assert refused.json["errors"][0]["loc"] == ["body", "usage_limit_per_coupon"]
    assert ask(shop, "PATCH", path, {"usage_limit_per_coupon": 3}).json["used"] == 3
    assert ask(shop, "PATCH", path, {"usage_limit_per_coupon": None}).status == 200


def test_redemptions_are_listed_page_by_page_newest_first(either: Database) -> None:
    shop = make_shop()
    found, by = coupon(shop), customer(shop)
    orders = [redeem(shop, found["id"], by) for _ in range(5)]
    redeem(shop, coupon(shop, code="OTHER")["id"])
    lines = pages(shop, f"/v1/coupons/{found['id']}/redemptions", 2)
    assert [line["order_id"] for line in lines] == orders[::-1]
    assert {(line["amount"], line["currency"], line["customer_id"]) for line in lines} == {("1.00", "USD", by)}
    assert ask(shop, "GET", "/v1/coupons/none/redemptions").status == 404


def test_a_deleted_coupon_gives_its_code_away_and_comes_back_when_it_is_free(either: Database) -> None:
    shop = make_shop()
    first = coupon(shop, product_ids=[(kept := product(shop))])["id"]
    path = f"/v1/coupons/{first}"
    assert ask(shop, "DELETE", path).status == 204
    assert [ask(shop, method, path).status for method in ("GET", "DELETE")] == [404, 404]
    assert ask(shop, "PATCH", path, {"name": "A"}).status == 404
    assert [item["id"] for item in ask(shop, "GET", "/v1/coupons?deleted=true").json["items"]] == [first]
    second = coupon(shop)["id"]
    taken = ask(shop, "POST", f"{path}/restore")
    assert (taken.status, taken.json["errors"]) == (409, [{"loc": ["coupons", "code"], "message": "TEN"}])
    ask(shop, "PATCH", f"/v1/coupons/{second}", {"code": "TWENTY"})
    restored = ask(shop, "POST", f"{path}/restore").json
    assert (restored["code"], restored["product_ids"], restored["deleted_at"]) == ("TEN", [kept], None)
    assert ask(shop, "POST", f"{path}/restore").json["code"] == "not_deleted"


def test_the_list_is_narrowed_by_what_is_asked(either: Database) -> None:
    shop = make_shop()
    coupon(shop, code="SUMMER-1")
    coupon(shop, code="SUMMER_2", is_active=False)
    coupon(shop, code="WINTER", discount_type="FIXED_AMOUNT")
    asked = {
        "": ["WINTER", "SUMMER_2", "SUMMER-1"],
        "?q=summer": ["SUMMER_2", "SUMMER-1"],
        "?q=SUMMER_": ["SUMMER_2"],
        "?q=%25": [],
        "?is_active=true": ["WINTER", "SUMMER-1"],
        "?is_active=false": ["SUMMER_2"],
        "?discount_type=FIXED_AMOUNT": ["WINTER"],
        "?deleted=true": [],
    }
    assert {query: [item["code"] for item in pages(shop, f"/v1/coupons{query}", 1)] for query in asked} == asked
    assert ask(shop, "GET", "/v1/coupons?discount_type=NONE").status == 422
    assert ask(shop, "GET", "/v1/coupons?cursor=none").status == 400


def test_of_eight_who_take_one_code_at_once_one_has_it(database: Database) -> None:
    shop = make_shop()
    answers = together(*[partial(ask, shop, "POST", "/v1/coupons", coupon_body())] * 8)
    assert sorted(answer.status for answer in answers)[0] == 201
    assert {answer.status for answer in answers} <= {201, 409, 422}
    assert [answer.status for answer in answers].count(201) == 1
    assert all("TEN" in answer.text for answer in answers)


def test_one_of_those_who_know_its_version_changes_a_coupon(database: Database) -> None:
    shop = make_shop()
    path = f"/v1/coupons/{coupon(shop)['id']}"
    changes = [partial(ask, shop, "PATCH", path, {"name": f"{n}"}, if_match='"1"') for n in range(6)]
    assert sorted(answer.status for answer in together(*changes)) == [200] + [412] * 5


def test_a_repeated_post_makes_one_coupon(database: Database) -> None:
    shop = make_shop()
    answers = [ask(shop, "POST", "/v1/coupons", coupon_body(), idempotency_key="k") for _ in range(2)]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[1].json == answers[0].json
    assert len(ask(shop, "GET", "/v1/coupons").json["items"]) == 1


def test_what_another_store_has_is_not_there(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    path = f"/v1/coupons/{coupon(other)['id']}"
    assert coupon(shop)["code"] == "TEN"
    for method, where, body in (
        *(("GET", path, None), ("PATCH", path, {"name": "B"}), ("DELETE", path, None)),
        *(("POST", f"{path}/restore", None), ("GET", f"{path}/redemptions", None)),
    ):
        assert ask(shop, method, where, body).status == 404
    theirs = {"product_ids": [product(other)], "category_ids": [shelf(other)], "customer_ids": [customer(other)]}
    answer = ask(shop, "POST", "/v1/coupons", coupon_body(code="B", **theirs))
    assert places(answer) == [["product_ids", 0], ["category_ids", 0], ["customer_ids", 0]]


def test_who_may_only_read_changes_nothing(database: Database) -> None:
    shop = make_shop()
    reader = Shop(shop.id, shop.slug, join(shop.id, permissions=["pricing:read"]))
    path = f"/v1/coupons/{coupon(shop)['id']}"
    assert ask(reader, "GET", path).status == 200
    for method, where in (("POST", "/v1/coupons"), ("PATCH", path), ("DELETE", path)):
        assert ask(reader, method, where, {}).json["permission"] == "pricing:write"


def test_a_list_takes_as_many_statements_for_one_coupon_as_for_two_hundred(database: Database) -> None:
    shop = make_shop()
    facts = {"name": "A", "discount_type": DiscountType.PERCENTAGE, "discount_value": 1, "valid_from": now()}
    with tenant_session(shop.id) as session:
        session.execute(insert(Coupon), [{"code": f"C-{number}", **facts} for number in range(200)])
    counts = set()
    for limit in (1, 100):
        with counted(function_engine()) as sent:
            assert len(ask(shop, "GET", f"/v1/coupons?limit={limit}").json["items"]) == limit
        counts.add(len(sent))
    assert len(counts) == 1
    assert max(counts) <= 4
    assert len(pages(shop, "/v1/coupons", 100)) == 200


def test_a_coupon_takes_as_many_statements_with_one_product_as_with_many(database: Database) -> None:
    shop = make_shop()
    many = [product(shop) for _ in range(12)]
    counts = set()
    for number, ids in enumerate((many[:1], many)):
        with counted(function_engine()) as sent:
            coupon(shop, code=f"C{number}", product_ids=ids)
        counts.add(len(sent))
    assert len(counts) == 1
