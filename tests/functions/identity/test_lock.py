"""The lock: five failures in fifteen minutes shut an account for fifteen, whether it exists or not."""

from datetime import timedelta

import pytest
import time_machine
from argon2 import PasswordHasher

from shared.models import AccountMail
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.identity.people import OTHER, PASSWORD, START, at_once, audited, found, login, make_user
from tests.functions.identity.test_login import words

NOBODY = "nobody@example.com"
MINUTES_15 = timedelta(minutes=15)


def fail(email: str, times: int = 5) -> None:
    for number in range(times):
        assert login(email, OTHER, ip=f"198.51.100.{number}").status == 401


def test_after_five_failures_the_right_password_is_refused(either: Database) -> None:
    person = make_user()
    fail(person.email)
    refused = login(person.email)
    assert (refused.status, refused.json["code"]) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 901
    assert login(make_user().email).status == 200


def test_four_failures_do_not_lock(database: Database) -> None:
    person = make_user()
    fail(person.email, 4)
    assert login(person.email).status == 200


def test_an_address_without_an_account_locks_in_the_same_words(either: Database) -> None:
    person = make_user()
    with time_machine.travel(START, tick=False):
        answers = {email: [words(login(email, OTHER)) for _ in range(7)] for email in (person.email, NOBODY)}
    assert answers[person.email] == answers[NOBODY]
    assert [status for status, *_ in answers[NOBODY]] == [401] * 5 + [429] * 2


def test_capitals_count_as_the_same_account(database: Database) -> None:
    make_user(email="ada@example.com")
    for email in ("ada@example.com", "Ada@example.com", "ADA@example.com", "ada@EXAMPLE.com", "aDa@example.com"):
        assert login(email, OTHER).status == 401
    assert login("ada@example.com").status == 429


@pytest.mark.parametrize(("later", "status"), [(timedelta(minutes=14, seconds=59), 429), (MINUTES_15, 200)])
def test_the_lock_opens_15_minutes_after_the_fifth_failure(database: Database, later: timedelta, status: int) -> None:
    person = make_user()
    with time_machine.travel(START, tick=False) as clock:
        fail(person.email, 4)
        clock.shift(timedelta(minutes=10))
        fail(person.email, 1)
        clock.shift(later)
        assert login(person.email).status == status


def test_trying_during_the_lock_does_not_prolong_it(database: Database) -> None:
    person = make_user()
    with time_machine.travel(START, tick=False) as clock:
        fail(person.email)
        for _ in range(3):
            clock.shift(timedelta(minutes=4))
            assert login(person.email, OTHER).status == 429
        clock.shift(timedelta(minutes=3))
        assert login(person.email).status == 200


def test_after_the_lock_there_are_five_more_tries(database: Database) -> None:
    person = make_user()
    with time_machine.travel(START, tick=False) as clock:
        fail(person.email)
        clock.shift(MINUTES_15)
        fail(person.email)
        assert login(person.email).status == 429


def test_failures_spread_over_more_than_15_minutes_do_not_lock(database: Database) -> None:
    person = make_user()
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(12):
            fail(person.email, 1)
            clock.shift(timedelta(minutes=3, seconds=46))
        assert login(person.email).status == 200


def test_a_success_in_between_begins_anew(either: Database) -> None:
    person = make_user()
    for _ in range(3):
        fail(person.email, 4)
        assert login(person.email, ip="203.0.113.9").status == 200


def test_the_right_password_of_an_unverified_account_is_no_failure(database: Database) -> None:
    person = make_user(email_verified=None)
    assert {login(person.email).json["code"] for _ in range(7)} == {"email_not_verified"}


def test_thirty_who_guess_at_once_get_five_password_checks(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    person, checked = make_user(), []
    verify = PasswordHasher.verify

    def noting(hasher: PasswordHasher, stored: str, password: str) -> bool:
        checked.append(password)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", noting)
    answers = at_once(30, lambda number: login(person.email, f"Guess-{number}", ip=f"198.51.100.{number}"))
    assert sorted(answer.status for answer in answers) == [401] * 5 + [429] * 25
    assert len(checked) == 5
    assert login(person.email).status == 429
    assert len(found(AccountMail)) == 1


def test_the_mail_of_a_lock_opens_it_once(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    fail(person.email)
    assert deliver_mails() == 1
    token = mailbox.last(person.email).token
    assert api("POST", "/v1/auth/unlock", {"token": token}).status == 204
    assert login(person.email).status == 200
    assert api("POST", "/v1/auth/unlock", {"token": token}).json["code"] == "link_not_found"
    assert [entry.user_id for entry in audited("platform.unlocked")] == [person.id]


@pytest.mark.parametrize(("later", "status"), [(timedelta(minutes=59), 204), (timedelta(hours=1), 404)])
def test_the_mail_of_a_lock_is_good_for_an_hour(
    database: Database, mailbox: Mailbox, later: timedelta, status: int
) -> None:
    person = make_user()
    with time_machine.travel(START) as clock:
        fail(person.email)
        deliver_mails()
        clock.shift(later)
        assert api("POST", "/v1/auth/unlock", {"token": mailbox.last(person.email).token}).status == status


def test_a_lock_of_no_account_sends_no_mail(database: Database, mailbox: Mailbox) -> None:
    fail(NOBODY)
    deliver_mails()
    assert mailbox.mails() == []


def test_opening_the_lock_of_one_account_opens_no_other(database: Database, mailbox: Mailbox) -> None:
    one, other = make_user(), make_user()
    fail(one.email)
    fail(other.email)
    deliver_mails()
    api("POST", "/v1/auth/unlock", {"token": mailbox.last(one.email).token})
    assert (login(one.email).status, login(other.email, PASSWORD).status) == (200, 429)
