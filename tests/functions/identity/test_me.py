"""What users see and change of themselves, and of themselves alone."""

import pytest

from shared.models import User
from tests.api import api
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import at_once, found, join, login, make_user, promote, token_of

SECRETS = ("password_hash", "mfa_secret", "argon2", "last_login_ip")


def test_one_sees_oneself_and_ones_stores(either: Database) -> None:
    person, store_id = make_user(), make_store(name="Lamps", slug="lamps")
    join(person, store_id)
    me = api("GET", "/v1/auth/me", token=token_of(person, store_id))
    assert me.json["store_id"] == store_id
    assert me.json["stores"] == [{"store_id": store_id, "slug": "lamps", "name": "Lamps", "role": "STAFF"}]
    assert (me.json["user"]["id"], me.json["user"]["role"]) == (person.id, None)
    assert [secret for secret in SECRETS if secret in me.text] == []


def test_a_super_admin_is_named_one(database: Database) -> None:
    person = make_user()
    promote(person)
    assert api("GET", "/v1/auth/me", token=token_of(person)).json["user"]["role"] == "SUPER_ADMIN"


def test_one_changes_oneself_alone(either: Database) -> None:
    person, other = make_user(), make_user()
    body = {"name": " Ada L. ", "language": "pl", "timezone": "Europe/Warsaw"}
    answer = api("PATCH", "/v1/auth/me", body, token=token_of(person))
    assert answer.status == 200, answer.text
    user = answer.json["user"]
    assert (user["name"], user["language"], user["timezone"]) == ("Ada L.", "pl", "Europe/Warsaw")
    (left,) = found(User, User.id == other.id)
    assert (left.name, left.language, left.timezone) == ("Ada", "en", "UTC")


def test_what_is_left_out_or_null_stays(database: Database) -> None:
    token = token_of(make_user(language="pl"))
    for body in ({}, {"language": None, "name": None}):
        user = api("PATCH", "/v1/auth/me", body, token=token).json["user"]
        assert (user["name"], user["language"]) == ("Ada", "pl")


@pytest.mark.parametrize(
    "body",
    [
        *[{"email": "eve@example.com"}, {"status": "ACTIVE"}, {"mfa_enabled": False}, {"role": "SUPER_ADMIN"}],
        *[{"name": "  "}, {"name": "x" * 201}, {"language": "polish"}, {"language": "pl\n"}, {"timezone": "Mars/Base"}],
    ],
)
def test_nothing_else_can_be_changed(database: Database, body: dict[str, object]) -> None:
    person = make_user()
    assert api("PATCH", "/v1/auth/me", body, token=token_of(person)).status == 422
    (user,) = found(User)
    assert (user.email, user.name, user.language, user.timezone) == (person.email, "Ada", "en", "UTC")


def test_changes_of_oneself_and_sign_ins_at_once_all_succeed(database: Database) -> None:
    person = make_user()
    token = token_of(person)

    def act(number: int) -> int:
        if number % 2:
            return login(person.email).status
        return api("PATCH", "/v1/auth/me", {"name": f"Ada {number}"}, token=token).status

    assert at_once(8, act) == [200] * 8
