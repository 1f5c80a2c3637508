"""How long a session lasts: seven days without use, thirty in all, as the authorizer sees it."""

from datetime import timedelta

import time_machine

from shared.models import Session, UserStore
from tests.api import api, principal_context
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import START, Person, found, join, login, make_user

NOBODY = {"kind": "none"}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def is_good(token: str, person: Person) -> bool:
    """Whether a token still stands for somebody."""
    context = principal_context(token)
    assert context == NOBODY or context["user_id"] == person.id
    return context != NOBODY


def test_a_session_ends_after_seven_days_without_use(either: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        used, unused = (login(person.email).json["token"] for _ in range(2))
        clock.shift(7 * DAY - MINUTE)
        assert is_good(used, person)
        clock.shift(MINUTE)
        assert is_good(used, person)
        assert not is_good(unused, person)


def test_each_use_gives_seven_more_days(database: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        token = login(person.email).json["token"]
        for _ in range(4):
            clock.shift(6 * DAY)
            assert is_good(token, person)
        clock.shift(6 * DAY - MINUTE)
        assert is_good(token, person)


def test_a_session_ends_thirty_days_after_the_sign_in_however_much_it_is_used(either: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        token = login(person.email).json["token"]
        for _ in range(29):
            clock.shift(DAY)
            assert is_good(token, person)
        clock.shift(DAY - MINUTE)
        assert is_good(token, person)
        clock.shift(MINUTE)
        assert not is_good(token, person)


def test_what_a_sign_in_promises_is_seven_days_from_now(database: Database) -> None:
    with time_machine.travel(START, tick=False):
        assert login(make_user().email).json["expires_at"] == "2026-11-09T09:00:00Z"


def test_changing_stores_does_not_prolong_the_thirty_days(either: Database) -> None:
    stores = [make_store(), make_store()]
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        for store_id in stores:
            join(person, store_id)
        token = login(person.email).json["token"]
        for number in range(5):
            clock.shift(6 * DAY - MINUTE)
            answer = api("POST", "/v1/auth/switch-store", {"store_id": stores[number % 2]}, token=token)
            assert answer.status == 200, answer.text
            token = answer.json["token"]
        assert answer.json["expires_at"] == "2026-12-02T09:00:00Z"
        clock.shift(5 * MINUTE)
        assert not is_good(token, person)


def test_ended_sessions_are_not_listed(database: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        login(person.email)
        clock.shift(7 * DAY)
        token = login(person.email).json["token"]
        assert len(api("GET", "/v1/auth/sessions", token=token).json["items"]) == 1


def test_a_sign_in_goes_on_in_the_store_of_last_time(either: Database) -> None:
    person, stores = make_user(), [make_store(), make_store()]
    for store_id in stores:
        join(person, store_id)
    first = login(person.email)
    assert first.json["store"]["store_id"] == stores[0]
    api("POST", "/v1/auth/switch-store", {"store_id": stores[1]}, token=first.json["token"])
    again = login(person.email)
    assert again.json["store"]["store_id"] == stores[1]
    assert principal_context(again.json["token"])["store_id"] == stores[1]
    assert [one["store_id"] for one in again.json["stores"]] == stores


def test_a_sign_in_begins_elsewhere_when_the_store_of_last_time_is_no_longer_ones_own(database: Database) -> None:
    person, stores = make_user(), [make_store(), make_store()]
    join(person, stores[0])
    join(person, stores[1], is_active=False)
    with_past = login(person.email).json["token"]
    assert found(UserStore) != []
    api("POST", "/v1/auth/switch-store", {"store_id": stores[1]}, token=with_past)
    assert found(Session)[-1].active_store_id == stores[0]
    assert login(person.email).json["store"]["store_id"] == stores[0]
