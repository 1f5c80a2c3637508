"""Changing the password: with the current one, which ends every other session and keeps this one."""

import pytest
import time_machine

from shared.models import AccountMail, User
from tests.api import api, deliver_mails, principal_context
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.identity.people import (
    OTHER,
    PASSWORD,
    START,
    at_once,
    audited,
    found,
    login,
    make_user,
    token_of,
)

NOBODY = {"kind": "none"}


def change_password(token: str, current: str = PASSWORD, new: str = OTHER) -> Answer:
    body = {"current_password": current, "new_password": new}
    return api("PUT", "/v1/auth/password", body, token=token)


def test_a_change_keeps_this_session_and_ends_all_others(either: Database) -> None:
    person, stranger = make_user(), make_user()
    here, there, foreign = token_of(person), token_of(person), token_of(stranger)
    assert change_password(here).status == 204
    assert principal_context(there) == NOBODY
    assert principal_context(here)["user_id"] == person.id
    assert principal_context(foreign)["user_id"] == stranger.id
    assert login(person.email, PASSWORD).status == 401
    assert login(person.email, OTHER).status == 200


def test_a_change_is_told_by_mail_and_audited_without_either_password(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    change_password(token_of(person))
    deliver_mails()
    assert mailbox.last(person.email).subject == "Your password was changed"
    (entry,) = audited("platform.password_changed")
    assert (entry.user_id, entry.actor_email, entry.user_agent) == (person.id, person.email, "tests/1.0")
    assert OTHER not in repr(vars(entry))


def test_a_wrong_current_password_changes_nothing(either: Database) -> None:
    person = make_user()
    here, there = token_of(person), token_of(person)
    refused = change_password(here, current=OTHER)
    assert (refused.status, refused.json["code"]) == (401, "invalid_credentials")
    assert principal_context(there)["user_id"] == person.id
    assert login(person.email).status == 200


def test_five_wrong_current_passwords_lock_the_account_tell_its_owner_and_are_audited(
    database: Database, mailbox: Mailbox
) -> None:
    person = make_user()
    token = token_of(person)
    assert [change_password(token, current=OTHER).status for _ in range(6)] == [401] * 5 + [429]
    assert change_password(token).status == 429
    assert login(person.email).status == 429
    deliver_mails()
    assert mailbox.last(person.email).subject == "Your account is locked for 15 minutes"
    entries = audited("platform.password_refused")
    assert [(entry.user_id, entry.ip_address) for entry in entries] == [(person.id, "203.0.113.1")] * 5


@pytest.mark.parametrize("new", ["weak", PASSWORD])
def test_new_passwords_that_will_not_do_are_no_failures(database: Database, new: str) -> None:
    person = make_user()
    token = token_of(person)
    codes = [change_password(token, new=new).json["code"] for _ in range(7)]
    assert set(codes) <= {"password_too_weak", "password_reused"}
    assert login(person.email).status == 200


def test_a_right_current_password_begins_the_count_of_failures_anew(database: Database) -> None:
    person = make_user()
    token = token_of(person)
    for _ in range(2):
        assert [change_password(token, current="Wrong-Horse-1").status for _ in range(4)] == [401] * 4
        assert change_password(token, new="weak").status == 422
    assert login(person.email).status == 200


def test_who_has_no_password_cannot_change_it(database: Database) -> None:
    person = make_user(password=None)
    assert change_password(token_of(person), current="").status == 401


def test_of_two_changes_at_once_with_one_current_password_one_wins(database: Database) -> None:
    person = make_user()
    tokens = [token_of(person), token_of(person)]
    answers = at_once(2, lambda number: change_password(tokens[number], new=f"Another-Pass-{number}"))
    assert sorted(answer.status for answer in answers) == [204, 401]
    assert len(found(AccountMail)) == 1


def test_no_session_with_the_old_password_begins_after_a_change(database: Database) -> None:
    for _ in range(5):
        person = make_user()
        token = token_of(person)

        def act(number: int, email: str = person.email, token: str = token) -> Answer:
            return change_password(token) if number == 0 else login(email, ip=f"198.51.100.{number}")

        changed, *others = at_once(4, act)
        assert changed.status == 204
        for answer in others:
            assert answer.status in (200, 401)
            assert answer.status == 401 or principal_context(answer.json["token"]) == NOBODY


def test_a_link_to_reset_the_password_ends_with_a_change(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    api("POST", "/v1/auth/forgot", {"email": person.email})
    deliver_mails()
    token = mailbox.last(person.email).token
    change_password(token_of(person))
    again = api("POST", "/v1/auth/reset", {"token": token, "password": "Another-Pass-9"})
    assert again.json["code"] == "link_not_found"


def test_a_change_touches_nothing_else_of_the_user(database: Database) -> None:
    with time_machine.travel(START):
        person = make_user(name="Ada", language="pl")
        change_password(token_of(person))
        (user,) = found(User, User.id == person.id)
    assert (user.email, user.name, user.language, user.mfa_enabled) == (person.email, "Ada", "pl", False)
