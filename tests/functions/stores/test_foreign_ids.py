"""What another store owns looks, to a token of this store, like what never existed, and stays as it was."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from shared.models.base import new_id
from tests.api import api
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.stores.people import Person, Shop, join, make_invitation, make_shop, make_user, token_of

SECRETS = ("Foreign & Sons", "foreign-and-sons", "boss@foreign.example", "guest@foreign.example", "foreign.example")
TABLES = {
    "stores": "true",
    "user_stores": "true",
    "staff_invitations": "true",
    "store_subscriptions": "true",
    "sessions": "true",
    # That the platform was asked is noted.
    "audit_logs": "store_id IS NOT NULL",
}
# Each route with an id in its path, and whose id it is.
ROUTES: list[tuple[tuple[str, str, Any], str, int]] = [
    (("PATCH", "/v1/store/staff/{}", {"is_active": False}), "member", 404),
    (("PATCH", "/v1/store/staff/{}", {"role": "STORE_ADMIN"}), "member", 404),
    (("DELETE", "/v1/store/staff/{}", None), "member", 404),
    (("POST", "/v1/store/staff/invitations/{}/resend", None), "invitation", 404),
    (("DELETE", "/v1/store/staff/invitations/{}", None), "invitation", 404),
    (("GET", "/v1/stores/{}", None), "store", 403),
    (("PATCH", "/v1/stores/{}", {"status": "CLOSED"}), "store", 403),
    (("DELETE", "/v1/stores/{}?confirm=Foreign%20%26%20Sons", None), "store", 403),
    (("POST", "/v1/stores/{}/restore", None), "store", 404),
    (("DELETE", "/v1/auth/sessions/{}", None), "session", 404),
    (("GET", "/v1/audit-log?entity_id={}", None), "store", 200),
    (("GET", "/v1/audit-log?user_id={}", None), "user", 200),
]


class Foreign:
    """A store with everything that has an id, and a row of each in the log."""

    def __init__(self) -> None:
        boss = make_user(email="boss@foreign.example", name="Foreign Boss")
        self.store = make_shop(name="Foreign & Sons", slug="foreign-and-sons", email="shop@foreign.example").id
        self.boss = join(self.store, "STORE_ADMIN", user=boss)
        self.member, self.user = self.boss.member_id, boss.user_id
        self.invitation = make_invitation(self.store, "guest@foreign.example", invited_by=boss.email)
        api("PATCH", "/v1/store", {"phone": "+1 555 0100"}, token=self.boss.token)

    def id_of(self, kind: str, database: Database) -> str:
        """The id of a thing of the store."""
        if kind == "session":
            with database.engine("MIGRATION_DATABASE_URL").connect() as connection:
                query = text("SELECT id FROM sessions WHERE user_id = :user LIMIT 1")
                return str(connection.scalar(query, {"user": self.user}))
        found: str = getattr(self, kind)
        return found


def _rows(database: Database) -> dict[str, list[Any]]:
    with database.engine("MIGRATION_DATABASE_URL").connect() as connection:
        return {
            table: list(connection.execute(text(f"SELECT * FROM {table} WHERE {which} ORDER BY id")))
            for table, which in TABLES.items()
        }


def _body(answer: Answer, given: str, shown: str) -> str:
    """The answer's text, whatever id was asked for."""
    return answer.text.replace(given, shown)


@pytest.mark.parametrize(("request_", "kind", "status"), ROUTES, ids=[f"{r[0][0]} {r[0][1]}" for r in ROUTES])
def test_an_id_of_another_store_is_answered_as_one_that_never_was(
    database: Database, request_: tuple[str, str, Any], kind: str, status: int
) -> None:
    foreign, own = Foreign(), make_shop()
    theirs, never = foreign.id_of(kind, database), new_id()
    before = _rows(database)

    method, path, body = request_
    found = api(method, path.format(theirs), body, token=own.admin.token)
    missing = api(method, path.format(never), body, token=own.admin.token)

    assert (found.status, missing.status) == (status, status)
    assert _body(found, theirs, "ID") == _body(missing, never, "ID")
    assert not [secret for secret in SECRETS if secret in found.text]
    assert _rows(database) == before


LISTS = ["/v1/store", "/v1/store/domain", "/v1/store/staff", "/v1/store/subscription", "/v1/audit-log", "/v1/auth/me"]
CALLERS: dict[str, Callable[[Shop], str]] = {
    "its admin": lambda shop: shop.admin.token,
    "its staff": lambda shop: join(shop.id, permissions=["store:read", "staff:read", "audit:read"]).token,
    "somebody whose place elsewhere rests": lambda shop: _rests(shop.admin),
}


def _rests(person: Person) -> str:
    join(make_shop(name="Foreign & Sons").id, user=person, is_active=False)
    return person.token


@pytest.mark.parametrize("caller", CALLERS)
def test_no_byte_of_another_store_is_in_what_is_read(database: Database, caller: str) -> None:
    Foreign()
    token = CALLERS[caller](make_shop())

    for url in LISTS:
        answer = api("GET", url, token=token)
        assert answer.status in {200, 403}, url
        assert not [secret for secret in SECRETS if secret in answer.text], url


def test_a_session_that_names_another_store_works_in_none(database: Database) -> None:
    foreign, own = Foreign(), make_shop()
    token = token_of(own.admin.user_id, foreign.store)

    assert api("GET", "/v1/store", token=token).json["code"] == "no_store"
    assert api("DELETE", "/v1/store?confirm=Foreign%20%26%20Sons", token=token).json["code"] == "no_store"


def test_switching_to_another_store_is_refused_as_if_there_were_none(database: Database) -> None:
    foreign, own = Foreign(), make_shop()

    found = api("POST", "/v1/auth/switch-store", {"store_id": foreign.store}, token=own.admin.token)
    missing = api("POST", "/v1/auth/switch-store", {"store_id": new_id()}, token=own.admin.token)

    assert (found.status, found.text) == (404, missing.text)
    assert api("GET", "/v1/store", token=own.admin.token).json["id"] == own.id


def test_a_deleted_store_of_others_cannot_be_told_from_none(database: Database) -> None:
    foreign, own = Foreign(), make_shop()
    with database.engine("PLATFORM_DATABASE_URL").begin() as connection:
        connection.execute(text("UPDATE stores SET deleted_at = now() WHERE id = :id"), {"id": foreign.store})

    found = api("POST", f"/v1/stores/{foreign.store}/restore", token=own.admin.token)
    missing = api("POST", f"/v1/stores/{new_id()}/restore", token=own.admin.token)

    assert (found.status, found.text) == (404, missing.text)
