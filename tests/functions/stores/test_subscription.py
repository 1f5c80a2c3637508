"""What a store has subscribed to: choosing another plan, paying for it, and how much of it is used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from shared.models.enums import StoreStatus, SubscriptionStatus
from tests.api import api
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.stores.people import Shop, make_shop

NOON = datetime(2027, 1, 31, 12, tzinfo=UTC)
TRIAL = {"status": SubscriptionStatus.TRIAL, "start_date": NOON, "trial_end_date": NOON + timedelta(days=14)}
INVOICE = {"payment_method": "INVOICE"}
USED = {"current_products": 11, "current_orders": 51, "current_staff": 2, "current_storage": 101}


def choose(shop: Shop, plan: str, **given: Any) -> Answer:
    return api("PUT", "/v1/store/subscription", {"plan": plan} | given, token=shop.admin.token)


def read(shop: Shop) -> Any:
    return api("GET", "/v1/store/subscription", token=shop.admin.token).json


def cancel(shop: Shop) -> Answer:
    return api("DELETE", "/v1/store/subscription", token=shop.admin.token)


@time_machine.travel(NOON, tick=False)
def test_a_plan_that_is_paid_counts_at_once(either: Database) -> None:
    shop = make_shop("free", status=StoreStatus.ACTIVE)

    chosen = choose(shop, "pro", **INVOICE)

    assert chosen.status == 200
    assert chosen.json == read(shop)
    assert chosen.json["plan"]["slug"] == "pro"
    assert (chosen.json["status"], chosen.json["standing"]) == ("ACTIVE", "active")
    assert chosen.json["payment_method"] == "INVOICE"
    # A month from January 31.
    assert chosen.json["next_billing_at"] == "2027-02-28T12:00:00Z"
    assert {usage["resource"]: usage["limit"] for usage in chosen.json["usage"]} == {
        "products": 1000,
        "orders": 5000,
        "staff": 10,
        "storage": 10240,
    }


def test_usage_is_shown_beside_each_limit_and_when_it_is_near(database: Database) -> None:
    usage = {"current_products": 8, "current_orders": 39, "current_staff": 1, "current_storage": 79}
    shop = make_shop("free", usage)

    assert [tuple(one.values()) for one in read(shop)["usage"]] == [
        ("products", 8, 10, True),
        ("orders", 39, 50, False),
        ("staff", 1, 1, True),
        ("storage", 79, 100, False),
    ]
    unlimited = make_shop("enterprise", usage)
    assert [(one["limit"], one["is_near"]) for one in read(unlimited)["usage"]] == [(None, False)] * 4


def test_a_plan_too_small_is_refused_naming_each_limit(database: Database) -> None:
    shop = make_shop("pro", USED)

    refused = choose(shop, "free")

    assert (refused.status, refused.json["code"]) == (409, "plan_too_small")
    assert [error["message"] for error in refused.json["errors"]] == [
        "11 products are used, the plan allows 10.",
        "51 orders are used, the plan allows 50.",
        "2 staff are used, the plan allows 1.",
        "101 storage are used, the plan allows 100.",
    ]
    assert read(shop)["plan"]["slug"] == "pro"
    assert choose(shop, "basic", **INVOICE).status == 200


def test_a_plan_that_just_fits_is_taken(database: Database) -> None:
    shop = make_shop("pro", {name: value - 1 for name, value in USED.items()})

    assert choose(shop, "free").json["plan"]["slug"] == "free"


def test_orders_of_last_month_are_in_no_plans_way(database: Database) -> None:
    last = datetime.now(UTC).replace(day=1) - timedelta(days=2)
    shop = make_shop("pro", {"current_orders": 51, "usage_reset_at": last})

    assert choose(shop, "free").status == 200


@time_machine.travel(NOON + timedelta(days=1), tick=False)
def test_a_running_trial_goes_on_with_another_plan(database: Database) -> None:
    shop = make_shop("basic", TRIAL, status=StoreStatus.TRIAL)

    chosen = choose(shop, "pro").json

    assert (chosen["plan"]["slug"], chosen["status"], chosen["trial_ends_at"]) == (
        "pro",
        "TRIAL",
        "2027-02-14T12:00:00Z",
    )
    assert api("GET", "/v1/store", token=shop.admin.token).json["status"] == "TRIAL"


@pytest.mark.parametrize("days", [14, 22, 90])
@pytest.mark.parametrize("status", [StoreStatus.TRIAL, StoreStatus.TRIAL_EXPIRED])
def test_after_the_trial_a_plan_must_be_paid(database: Database, days: int, status: StoreStatus) -> None:
    with time_machine.travel(NOON + timedelta(days=days), tick=False):
        shop = make_shop("basic", TRIAL, status=status)

        refused = choose(shop, "pro")
        assert (refused.status, refused.json["code"]) == (422, "payment_needed")
        assert refused.json["errors"][0]["loc"] == ["body", "payment_method"]
        assert read(shop)["plan"]["slug"] == "basic"

        assert choose(shop, "pro", **INVOICE).json["standing"] == "active"
        assert api("GET", "/v1/store", token=shop.admin.token).json["status"] == "ACTIVE"


def test_a_free_plan_asks_for_no_payment_and_is_no_way_back_to_a_trial(database: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        shop = make_shop("basic", TRIAL, status=StoreStatus.TRIAL)
        assert choose(shop, "free").json["status"] == "ACTIVE"
        assert api("GET", "/v1/store", token=shop.admin.token).json["status"] == "ACTIVE"
        assert choose(shop, "basic").json["code"] == "payment_needed"


@pytest.mark.parametrize("body", [{}, {"plan": None}, {"plan": "pro", "payment_method": "CASH"}, {"plan": ["pro"]}])
def test_what_is_wrong_is_named(database: Database, body: dict[str, Any]) -> None:
    assert api("PUT", "/v1/store/subscription", body, token=make_shop().admin.token).status == 422


def test_a_plan_that_is_not_offered_is_not_found(database: Database) -> None:
    refused = choose(make_shop(), "gold", **INVOICE)

    assert (refused.status, refused.json["code"]) == (404, "plan_not_found")


def test_a_store_without_a_plan_is_told_so(database: Database) -> None:
    shop = make_shop(None)

    for answer in (choose(shop, "free"), cancel(shop), api("GET", "/v1/store/subscription", token=shop.admin.token)):
        assert (answer.status, answer.json["code"]) == (404, "no_subscription")
