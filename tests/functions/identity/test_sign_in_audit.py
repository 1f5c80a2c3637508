"""The audit log of signing in: every success and failure, who and from where, and never a password."""

from typing import Any

import pytest

from shared.models import AuditLog
from shared.models.enums import UserStatus
from tests.api import api
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.identity.people import OTHER, PASSWORD, audited, enrol, found, login, make_user, token_of

FAILED = "platform.sign_in_failed"


def last(action: str) -> dict[str, Any]:
    """The newest entry of an action."""
    row = audited(action)[-1]
    names = ("user_id", "actor_email", "ip_address", "user_agent", "entity_id", "after_snapshot", "store_id")
    return {name: getattr(row, name) for name in names}


def test_a_success_is_written_down(either: Database) -> None:
    person = make_user()
    login(person.email, ip="198.51.100.9")
    assert last("platform.sign_in") == {
        "user_id": person.id,
        "actor_email": person.email,
        "ip_address": "198.51.100.9",
        "user_agent": "tests/1.0",
        "entity_id": person.id,
        "after_snapshot": {"way": "password"},
        "store_id": None,
    }
    assert audited(FAILED) == []


def test_a_failure_is_written_down(either: Database) -> None:
    person = make_user()
    login(person.email, OTHER, ip="198.51.100.9")
    assert last(FAILED) == {
        "user_id": person.id,
        "actor_email": person.email,
        "ip_address": "198.51.100.9",
        "user_agent": "tests/1.0",
        "entity_id": person.id,
        "after_snapshot": {"reason": "invalid_credentials"},
        "store_id": None,
    }
    assert audited("platform.sign_in") == []


def test_a_failure_without_an_account_is_written_down_under_what_was_typed(database: Database) -> None:
    login("Nobody@example.com")
    entry = last(FAILED)
    assert (entry["user_id"], entry["actor_email"]) == (None, "nobody@example.com")


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"email_verified": None}, "email_not_verified"), ({"status": UserStatus.SUSPENDED}, "account_disabled")],
)
def test_a_refusal_is_written_down_with_its_reason(database: Database, given: dict[str, Any], reason: str) -> None:
    login(make_user(**given).email)
    assert last(FAILED)["after_snapshot"] == {"reason": reason}


def test_missing_and_wrong_codes_are_written_down(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    enrol(person)
    login(person.email)
    login(person.email, code="0aaaaaaaaaa")
    assert [entry.after_snapshot for entry in audited(FAILED)] == [
        {"reason": "mfa_required"},
        {"reason": "invalid_code"},
    ]


def test_no_password_is_ever_written_down(database: Database) -> None:
    person = make_user()
    login(person.email)
    login(person.email, OTHER)
    login(OTHER, OTHER)
    login("nobody@example.com", OTHER)
    body = {"current_password": PASSWORD, "new_password": OTHER}
    api("PUT", "/v1/auth/password", body, token=token_of(person))
    entries = [repr(vars(entry)) for entry in found(AuditLog)]
    assert len(entries) >= 4
    assert [entry for entry in entries if PASSWORD in entry or OTHER in entry or "argon2" in entry] == []
