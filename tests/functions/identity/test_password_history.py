"""The last five passwords: none of them again, however they were set; the sixth may return (CHK009)."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import time_machine

from shared.models import PasswordHistory
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.identity.people import PASSWORD, START, Person, found, login, make_user, token_of

FURTHER = [f"Another-Pass-{number}" for number in range(1, 8)]


def set_password(person: Person, old: str, new: str) -> int:
    """The status of a change from one password to another."""
    body = {"current_password": old, "new_password": new}
    return api("PUT", "/v1/auth/password", body, token=token_of(person)).status


def reset_password(person: Person, mailbox: Mailbox, new: str) -> int:
    """The status of a reset, by a link of its own."""
    api("POST", "/v1/auth/forgot", {"email": person.email})
    deliver_mails()
    return api("POST", "/v1/auth/reset", {"token": mailbox.last(person.email).token, "password": new}).status


def had(person: Person, *passwords: str) -> None:
    """Let somebody have these passwords one after the other."""
    for old, new in pairwise(passwords):
        assert set_password(person, old, new) == 204


@pytest.mark.parametrize("place", range(5))
def test_none_of_the_last_five_comes_again(database: Database, mailbox: Mailbox, place: int) -> None:
    person = make_user()
    five = [PASSWORD, *FURTHER[:4]]
    had(person, *five)
    assert set_password(person, five[-1], five[place]) == 422
    assert reset_password(person, mailbox, five[place]) == 422
    assert login(person.email, five[-1]).status == 200


def test_the_sixth_oldest_may_return(either: Database) -> None:
    person = make_user()
    had(person, PASSWORD, *FURTHER[:5])
    assert set_password(person, FURTHER[4], FURTHER[0]) == 422
    assert set_password(person, FURTHER[4], PASSWORD) == 204
    assert login(person.email).status == 200


def test_passwords_that_a_reset_has_set_count_too(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    assert reset_password(person, mailbox, FURTHER[0]) == 204
    assert set_password(person, FURTHER[0], FURTHER[1]) == 204
    assert [set_password(person, FURTHER[1], old) for old in (PASSWORD, FURTHER[0])] == [422, 422]


def test_the_password_of_the_registration_counts_too(database: Database, mailbox: Mailbox) -> None:
    person = make_user(email_verified=None)
    assert reset_password(person, mailbox, FURTHER[0]) == 204
    assert set_password(person, FURTHER[0], FURTHER[1]) == 204
    assert set_password(person, FURTHER[1], PASSWORD) == 422


def test_five_are_kept_and_no_more(either: Database) -> None:
    person, other = make_user(), make_user()
    had(person, PASSWORD, *FURTHER)
    kept = found(PasswordHistory, PasswordHistory.user_id == person.id)
    assert len(kept) == 5
    assert len({row.password_hash for row in kept}) == 5
    assert len(found(PasswordHistory, PasswordHistory.user_id == other.id)) == 1


def test_one_that_is_older_than_two_years_is_forgotten_and_may_return(database: Database) -> None:
    def on(day: datetime, old: str, new: str) -> int:
        with time_machine.travel(day):
            return set_password(person, old, new)

    with time_machine.travel(START):
        person = make_user()
    assert on(START + timedelta(days=10), PASSWORD, FURTHER[0]) == 204
    assert on(START + timedelta(days=729), FURTHER[0], PASSWORD) == 422
    assert on(START + timedelta(days=731), FURTHER[0], PASSWORD) == 204
    assert on(START + timedelta(days=742), PASSWORD, FURTHER[1]) == 204
    assert len(found(PasswordHistory)) == 2


def test_the_current_one_does_not_return_however_old_it_is(database: Database) -> None:
    with time_machine.travel(START):
        person = make_user()
    with time_machine.travel(START + timedelta(days=1000)):
        assert set_password(person, PASSWORD, PASSWORD) == 422


def test_anothers_password_may_be_chosen(database: Database) -> None:
    make_user(password=FURTHER[0])
    assert set_password(make_user(), PASSWORD, FURTHER[0]) == 204
