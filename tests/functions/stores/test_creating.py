"""Opening a store: its slug, its plan, its first admin, and many who want the same at once."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from tests.api import api
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.stores.people import make_shop, make_user, token_of
from tests.functions.stores.threads import with_each

NAMES = [
    ("Ada's Lamps", "ada-s-lamps"),
    ("  Größe & Süß  ", "grosse-suss"),
    ("Żółta Łódź", "zolta-lodz"),
    ("Магазин", "magazin"),
    ("東京", "dong-jing"),
    ("متجر", "mtjr"),
    ("\N{ROCKET}\N{ROCKET}", "store"),
    ("X", "x-store"),
    ("Shop", "shop-2"),
    ("API", "api-2"),
    ("a" * 200, "a" * 50),
]
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"slug": "ab"}, "slug"),
    ({"slug": "a" * 61}, "slug"),
    ({"slug": "Lamps"}, "slug"),
    ({"slug": "my--lamps"}, "slug"),
    ({"slug": "-lamps"}, "slug"),
    ({"slug": "lamps\n"}, "slug"),
    ({"slug": "lämps"}, "slug"),
    ({"slug": "www"}, "slug"),
    ({"slug": "admin"}, "slug"),
    ({"currency": "eur"}, "currency"),
    ({"currency": "EURO"}, "currency"),
    ({"currency": "XQZ"}, "currency"),
    ({"currency": None}, "currency"),
    ({"name": ""}, "name"),
    ({"name": "   "}, "name"),
    ({"name": "a" * 201}, "name"),
    ({"email": "nobody"}, "email"),
    ({"timezone": "Europe/Atlantis"}, "timezone"),
    ({"language": "english"}, "language"),
    ({"status": "ACTIVE"}, "status"),
    ({"id": "mine"}, "id"),
]


def open_store(token: str, **given: Any) -> Answer:
    return api("POST", "/v1/stores", {"name": "Lamps", "currency": "EUR"} | given, token=token)


@pytest.mark.parametrize(("name", "slug"), NAMES)
def test_a_slug_is_made_from_the_name_in_any_script(database: Database, name: str, slug: str) -> None:
    made = open_store(make_user().token, name=name)

    assert (made.status, made.json["slug"], made.json["name"]) == (201, slug, name.strip())


def test_a_slug_made_from_a_name_that_is_taken_gets_a_number(database: Database) -> None:
    token = make_user().token

    assert [open_store(token, name="Lamps").json["slug"] for _ in range(3)] == ["lamps", "lamps-2", "lamps-3"]


def test_a_slug_may_be_given_and_belongs_to_one_live_store(database: Database) -> None:
    first, second = make_user().token, make_user().token

    assert open_store(first, slug="good-lamps").json["slug"] == "good-lamps"
    taken = open_store(second, slug="good-lamps")
    assert (taken.status, taken.json["code"]) == (409, "slug_taken")
    assert [error["loc"] for error in taken.json["errors"]] == [["body", "slug"]]


@pytest.mark.parametrize(("given", "field"), WRONG, ids=[str(given)[:40] for given, _ in WRONG])
def test_what_is_wrong_is_named_and_nothing_is_made(database: Database, given: dict[str, Any], field: str) -> None:
    refused = open_store(make_user().token, **given)

    assert (refused.status, refused.json["code"]) == (422, "invalid_request")
    assert {tuple(error["loc"][:2]) for error in refused.json["errors"]} == {("body", field)}
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM stores")) == 0


@pytest.mark.parametrize("change", ["", "SET is_active = false", "SET is_public = false"])
def test_a_plan_that_is_not_offered_cannot_be_chosen(database: Database, change: str) -> None:
    with database.engine("PLATFORM_DATABASE_URL").begin() as connection:
        if change:
            connection.execute(text(f"UPDATE subscription_plans {change} WHERE slug = 'pro'"))

    refused = open_store(make_user().token, plan="pro" if change else "gold")

    assert (refused.status, refused.json["code"]) == (404, "plan_not_found")
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM stores")) == 0


@pytest.mark.parametrize("plan", [None, "basic", "pro", "enterprise"])
def test_a_plan_with_a_price_begins_with_a_trial_of_14_days(database: Database, plan: str | None) -> None:
    moment = datetime(2027, 3, 1, 12, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        person = make_user()
        made = open_store(person.token, **({"plan": plan} if plan else {}))
        read = api("GET", "/v1/store/subscription", token=token_of(person.user_id, made.json["id"])).json

    assert made.json["status"] == "TRIAL"
    assert (read["plan"]["slug"], read["status"], read["standing"]) == (plan or "basic", "TRIAL", "active")
    assert datetime.fromisoformat(read["trial_ends_at"]) == datetime(2027, 3, 15, 12, tzinfo=UTC)
    assert [usage["used"] for usage in read["usage"]] == [0, 0, 0, 0]


def test_a_free_plan_begins_at_once(database: Database) -> None:
    person = make_user()
    made = open_store(person.token, plan="free")

    read = api("GET", "/v1/store/subscription", token=token_of(person.user_id, made.json["id"])).json
    assert (made.json["status"], read["status"], read["trial_ends_at"]) == ("ACTIVE", "ACTIVE", None)


def test_the_creator_is_its_first_admin_and_its_address_for_mails(either: Database) -> None:
    person = make_user()
    made = open_store(person.token)
    token = token_of(person.user_id, made.json["id"])

    assert made.json["email"] == person.email
    members = api("GET", "/v1/store/staff", token=token).json["members"]
    assert [(member["user_id"], member["role"], member["permissions"]) for member in members] == [
        (person.user_id, "STORE_ADMIN", ["*"])
    ]
    actions = {entry["action"] for entry in api("GET", "/v1/audit-log", token=token).json["items"]}
    assert actions == {"store.created", "store_subscription.created", "user_store.created"}
    assert api("PATCH", "/v1/store", {"name": "Lanterns"}, token=token).status == 200


def test_a_store_opened_from_within_another_is_one_of_its_own(database: Database) -> None:
    shop = make_shop()
    made = open_store(shop.admin.token, name="Second")

    assert made.status == 201
    assert api("GET", "/v1/store", token=shop.admin.token).json["id"] == shop.id
    assert "store.created" not in api("GET", "/v1/audit-log", token=shop.admin.token).text


def test_of_ten_who_want_a_slug_at_once_one_gets_it(database: Database) -> None:
    tokens = [make_user().token for _ in range(10)]

    answers = with_each(lambda token: open_store(token, slug="lamps"), tokens)
    assert Counter((answer.status, answer.json.get("code")) for answer in answers) == {
        (201, None): 1,
        (409, "slug_taken"): 9,
    }


def test_ten_stores_with_one_name_opened_at_once_all_get_a_slug(database: Database) -> None:
    tokens = [make_user().token for _ in range(10)]

    answers = with_each(lambda token: open_store(token, name="Lamps"), tokens)
    assert [answer.status for answer in answers] == [201] * 10
    assert {answer.json["slug"] for answer in answers} == {"lamps", *(f"lamps-{number}" for number in range(2, 11))}
