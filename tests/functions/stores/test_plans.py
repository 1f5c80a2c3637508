"""The plans: listed for everybody, changed by the platform, with effect on the stores that have them."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import make_shop, make_super_admin, make_user
from tests.functions.stores.test_inviting import invite
from tests.functions.stores.threads import with_each

GOLD = {
    "slug": "gold",
    "name": "Gold",
    "tier": 5,
    "price": "199.90",
    "max_products": 5,
    "max_orders": -1,
    "max_staff": 2,
    "max_storage": 0,
    "api_rate_limit": 90,
}


def listed() -> list[str]:
    return [plan["slug"] for plan in api("GET", "/v1/plans", token=make_user().token).json["items"]]


def test_everybody_reads_the_plans_smallest_first_with_our_numbers(either: Database) -> None:
    plans = api("GET", "/v1/plans", token=make_user().token).json["items"]

    numbers = ("slug", "price", "max_products", "max_orders", "max_staff", "max_storage", "api_rate_limit")
    assert [tuple(plan[name] for name in numbers) for plan in plans] == [
        ("free", "0.00", 10, 50, 1, 100, 60),
        ("basic", "29.00", 100, 500, 3, 1024, 120),
        ("pro", "99.00", 1000, 5000, 10, 10240, 300),
        ("enterprise", "499.00", -1, -1, -1, -1, 1000),
    ]


def test_a_new_plan_can_be_chosen_at_once(database: Database) -> None:
    made = api("POST", "/v1/plans", GOLD, token=make_super_admin().token)

    assert made.status == 201
    assert {name: made.json[name] for name in GOLD} == GOLD
    assert listed() == ["free", "basic", "pro", "enterprise", "gold"]
    opened = api("POST", "/v1/stores", {"name": "Lamps", "currency": "EUR", "plan": "gold"}, token=make_user().token)
    assert (opened.status, opened.json["status"]) == (201, "TRIAL")


@pytest.mark.parametrize("given", [{"slug": "pro"}, {"name": "Pro"}])
def test_slug_and_name_of_a_plan_are_its_own(database: Database, given: dict[str, str]) -> None:
    refused = api("POST", "/v1/plans", GOLD | given, token=make_super_admin().token)

    assert (refused.status, refused.json["code"]) == (409, "plan_exists")
    assert len(listed()) == 4


@pytest.mark.parametrize(
    "given",
    [
        {"price": "-1"},
        {"price": "1.999"},
        {"price": "NaN"},
        {"price": "Infinity"},
        {"price": "99999999999"},
        {"max_products": -2},
        {"max_orders": 10**10},
        {"api_rate_limit": 0},
        {"trial_days": -1},
        {"tier": None},
        {"slug": "Gold"},
        {"is_system": True},
    ],
)
def test_what_is_wrong_with_a_plan_is_named(database: Database, given: dict[str, Any]) -> None:
    refused = api("POST", "/v1/plans", GOLD | given, token=make_super_admin().token)

    assert refused.status == 422
    assert [error["loc"][1] for error in refused.json["errors"]] == list(given)


def test_of_five_who_make_one_plan_at_once_one_does(database: Database) -> None:
    token = make_super_admin().token

    answers = with_each(lambda _: api("POST", "/v1/plans", GOLD, token=token).status, range(5))
    assert Counter(answers) == {201: 1, 409: 4}


def test_a_change_counts_for_the_stores_that_have_the_plan(database: Database) -> None:
    shop, token = make_shop("free"), make_super_admin().token
    assert invite(shop.admin.token, "one@example.com").status == 201
    assert invite(shop.admin.token, "two@example.com").status == 402

    changed = api("PATCH", "/v1/plans/free", {"max_staff": 2, "price": "1.50"}, token=token)

    assert (changed.status, changed.json["max_staff"], changed.json["price"]) == (200, 2, "1.50")
    assert invite(shop.admin.token, "two@example.com").status == 201


def test_a_plan_is_changed_by_the_version_that_was_read(database: Database) -> None:
    token = make_super_admin().token

    def change(name: str, **headers: str) -> Any:
        return api("PATCH", "/v1/plans/free", {"name": name}, token=token, **headers)

    assert change("First", if_match='"2"').status == 412
    assert change("First", if_match='"1"').headers["etag"] == '"2"'
    assert change("Second", if_match='"1"').status == 412
    assert sorted(with_each(lambda name: change(name, if_match='"2"').status, "abcde")) == [200, 412, 412, 412, 412]


def test_a_plan_cannot_take_anothers_name_and_one_that_is_not_there_is_not_found(database: Database) -> None:
    token = make_super_admin().token

    assert api("PATCH", "/v1/plans/free", {"name": "Pro"}, token=token).json["code"] == "plan_exists"
    assert api("PATCH", "/v1/plans/gold", {"name": "Gold"}, token=token).json["code"] == "plan_not_found"
    assert api("PATCH", "/v1/plans/free", {"slug": "gratis"}, token=token).status == 422


@pytest.mark.parametrize("hidden", [{"is_public": False}, {"is_active": False}])
def test_a_plan_that_is_withdrawn_stays_with_who_has_it(database: Database, hidden: dict[str, bool]) -> None:
    has, wants = make_shop("pro"), make_shop("free")
    assert api("PATCH", "/v1/plans/pro", hidden, token=make_super_admin().token).status == 200

    assert "pro" not in listed()
    body = {"plan": "pro", "payment_method": "INVOICE"}
    assert api("GET", "/v1/store/subscription", token=has.admin.token).json["plan"]["slug"] == "pro"
    assert api("PUT", "/v1/store/subscription", body, token=has.admin.token).status == 200
    assert api("PUT", "/v1/store/subscription", body, token=wants.admin.token).json["code"] == "plan_not_found"


def test_changes_of_plans_are_noted_as_the_platforms(database: Database) -> None:
    admin, shop = make_super_admin(), make_shop("free")
    api("POST", "/v1/plans", GOLD, token=admin.token)
    api("PATCH", "/v1/plans/gold", {"price": "10"}, token=admin.token)
    api("PATCH", "/v1/plans/gold", {"name": "Pro"}, token=admin.token)

    query = text(
        "SELECT action, before_snapshot, after_snapshot FROM audit_logs "
        "WHERE entity_type = 'subscription_plan' AND actor_email = :email ORDER BY created_at"
    )
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        made, changed = connection.execute(query, {"email": admin.email})
    assert (made.action, made.after_snapshot["slug"]) == ("platform.subscription_plan.created", "gold")
    assert changed.action == "platform.subscription_plan.updated"
    assert (changed.before_snapshot, changed.after_snapshot) == ({"price": "199.900"}, {"price": "10"})
    assert "subscription_plan" not in api("GET", "/v1/audit-log", token=shop.admin.token).text


@pytest.mark.parametrize("role", ["DATABASE_URL", "IDENTITY_DATABASE_URL"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE subscription_plans SET max_products = -1",
        "DELETE FROM subscription_plans",
        "INSERT INTO subscription_plans (id, slug, name, tier, price) VALUES ('x', 'x', 'x', 1, 0)",
        "UPDATE roles SET permissions = '[\"*\"]'",
    ],
)
def test_no_function_of_a_shop_can_write_plans_or_roles(database: Database, role: str, statement: str) -> None:
    with database.engine(role).connect() as connection, pytest.raises(ProgrammingError, match="42501"):
        connection.execute(text(statement))
