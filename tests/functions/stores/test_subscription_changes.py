"""Cancelling a subscription, changing it from two sides at once, and what is noted of it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from shared.models.enums import SubscriptionStatus
from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import make_shop, signed_in_again
from tests.functions.stores.test_subscription import INVOICE, NOON, TRIAL, cancel, choose, read
from tests.functions.stores.threads import together, with_each


def test_choosing_the_plan_one_has_pays_for_nothing_twice(database: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        shop = make_shop("free")
        choose(shop, "pro", **INVOICE)
    with time_machine.travel(NOON + timedelta(days=10), tick=False):
        shop = signed_in_again(shop)
        before = read(shop)
        again = choose(shop, "pro", **INVOICE)
        assert (again.status, again.json) == (200, before)


def test_cancelling_keeps_the_plan_until_the_end_of_what_is_paid_and_seven_days(either: Database) -> None:
    with time_machine.travel(NOON, tick=False):
        shop = make_shop("free")
        choose(shop, "basic", **INVOICE)
        cancelled = cancel(shop)
        assert cancelled.status == 200
        assert (cancelled.json["status"], cancelled.json["standing"]) == ("CANCELED", "active")
        assert (cancelled.json["ends_at"], cancelled.json["next_billing_at"]) == ("2027-02-28T12:00:00Z", None)
        assert cancel(shop).json["code"] == "nothing_to_cancel"
    for day, standing in [(28, "active"), (29, "grace"), (35, "grace"), (36, "suspended")]:
        with time_machine.travel(NOON + timedelta(days=day), tick=False):
            assert read(signed_in_again(shop))["standing"] == standing
    with time_machine.travel(NOON + timedelta(days=60), tick=False):
        shop = signed_in_again(shop)
        assert api("PATCH", "/v1/store", {"name": "x"}, token=shop.admin.token).status == 402
        back = choose(shop, "basic")
        assert (back.json["status"], back.json["ends_at"]) == ("ACTIVE", None)
        assert api("PATCH", "/v1/store", {"name": "x"}, token=shop.admin.token).status == 200


@pytest.mark.parametrize(
    ("plan", "given"),
    [("free", {}), ("basic", TRIAL), ("basic", {"status": SubscriptionStatus.CANCELED, "end_date": None})],
)
def test_what_is_not_paid_cannot_be_cancelled(database: Database, plan: str, given: dict[str, Any]) -> None:
    refused = cancel(make_shop(plan, given))

    assert (refused.status, refused.json["code"]) == (409, "nothing_to_cancel")


def test_plans_chosen_at_the_same_moment_are_chosen_one_after_the_other(database: Database) -> None:
    for _ in range(3):
        shop = make_shop("free")
        plans = ["basic", "pro", "enterprise", "basic", "pro"]

        answers = with_each(lambda plan: choose(shop, plan, **INVOICE), plans)  # noqa: B023

        assert [(answer.status, answer.json["plan"]["slug"]) for answer in answers] == [(200, plan) for plan in plans]
        assert read(shop)["plan"]["slug"] in plans


def test_a_plan_chosen_while_it_is_cancelled_is_running_or_cancelled(database: Database) -> None:
    shop = make_shop("free")
    choose(shop, "basic", **INVOICE)

    chosen, cancelled = together(lambda: choose(shop, "pro"), lambda: cancel(shop))

    assert (chosen.status, cancelled.status) == (200, 200)
    end = read(shop)
    assert end["plan"]["slug"] == "pro"
    assert (end["status"], end["ends_at"] is None) in {("ACTIVE", True), ("CANCELED", False)}


def test_changes_of_a_subscription_are_noted(database: Database) -> None:
    shop = make_shop("free")
    choose(shop, "basic", **INVOICE)
    cancel(shop)

    log = api("GET", "/v1/audit-log?action=store_subscription.updated", token=shop.admin.token).json["items"]
    assert [entry["actor_email"] for entry in log] == [shop.admin.email] * 2
    assert (log[0]["before"]["status"], log[0]["after"]["status"]) == ("ACTIVE", "CANCELED")
    assert log[1]["after"]["payment_method"] == "INVOICE"
    assert log[1]["before"]["plan_id"] != log[1]["after"]["plan_id"]
