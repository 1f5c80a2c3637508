"""Twenty sign-ins from an address in five minutes, whatever the account; then 429 until the first of them is older."""

from datetime import timedelta

import pytest
import time_machine

from tests.api import api
from tests.conftest import Database
from tests.functions.identity.people import OTHER, START, at_once, login, make_user

HERE, THERE = "203.0.113.7", "203.0.113.8"


def try_many(times: int) -> list[int]:
    """The statuses of sign-ins from one address, each to another account."""
    return [login(f"nobody-{number}@example.com", OTHER, ip=HERE).status for number in range(times)]


def test_the_21st_sign_in_from_an_address_is_refused_whatever_the_account(either: Database) -> None:
    person = make_user()
    assert try_many(20) == [401] * 20
    refused = login(person.email, ip=HERE)
    assert (refused.status, refused.json["code"]) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 301
    assert login(person.email, ip=THERE).status == 200


def test_successes_count_too(database: Database) -> None:
    person = make_user()
    assert [login(person.email, ip=HERE).status for _ in range(21)] == [200] * 20 + [429]


def test_a_refused_address_does_not_lock_the_account_it_asks_for(database: Database) -> None:
    person = make_user()
    try_many(20)
    assert {login(person.email, OTHER, ip=HERE).status for _ in range(10)} == {429}
    assert login(person.email, ip=THERE).status == 200


@pytest.mark.parametrize(("later", "status"), [(timedelta(minutes=4, seconds=59), 429), (timedelta(minutes=5), 401)])
def test_it_opens_again_when_the_first_is_five_minutes_old(database: Database, later: timedelta, status: int) -> None:
    with time_machine.travel(START, tick=False) as clock:
        try_many(20)
        clock.shift(later)
        assert login("nobody@example.com", ip=HERE).status == status


def test_no_five_minutes_ever_hold_more_than_twenty(database: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        assert try_many(1) == [401]
        clock.shift(timedelta(minutes=4, seconds=59))
        assert try_many(19) == [401] * 19
        clock.shift(timedelta(seconds=2))
        assert try_many(20) == [401] + [429] * 19


def test_forty_at_once_are_twenty(database: Database) -> None:
    answers = at_once(40, lambda number: login(f"nobody-{number}@example.com", OTHER, ip=HERE))
    assert sorted(answer.status for answer in answers) == [401] * 20 + [429] * 20


@pytest.mark.parametrize("path", ["forgot", "verify/resend"])
def test_twenty_mails_may_be_asked_for_from_an_address(database: Database, path: str) -> None:
    asked = [
        api("POST", f"/v1/auth/{path}", {"email": f"user-{number}@example.org"}, ip=HERE).status for number in range(21)
    ]
    assert asked == [202] * 20 + [429]
    assert login(make_user().email, ip=HERE).status == 200
