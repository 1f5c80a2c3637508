"""What a call of the authorizer costs: one SELECT, and an UPDATE every five minutes of use at most."""

from datetime import timedelta

import time_machine

from shared.database import identity_engine
from shared.models import Session
from tests.api import principal_context
from tests.calls import counted
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import START, at_once, found, join, make_user, promote, token_of


def verbs(token: str) -> list[str]:
    """The first words of the statements that a call sends. SQLite is told when a transaction begins, too."""
    with counted(identity_engine()) as sent:
        principal_context(token)
    return [statement.split()[0] for statement in sent if statement != "BEGIN"]


def test_a_call_is_one_select(either: Database) -> None:
    person, visitor, store_id = make_user(), make_user(), make_store()
    join(person, store_id)
    promote(visitor)
    for token in (token_of(person, store_id), token_of(person), token_of(visitor, store_id)):
        assert verbs(token) == ["SELECT"]


def test_a_bad_token_is_one_select_and_what_cannot_be_one_is_none(database: Database) -> None:
    assert verbs("stc_" + "A" * 43) == ["SELECT"]
    assert verbs("za\u017c\u00f3\u0142\u0107") == []


def test_a_session_is_written_to_every_five_minutes_at_most(either: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        token = token_of(make_user())
        clock.shift(timedelta(minutes=5))
        assert verbs(token) == ["SELECT"]
        clock.shift(timedelta(seconds=1))
        assert verbs(token) == ["SELECT", "UPDATE"]
        for _ in range(5):
            assert verbs(token) == ["SELECT"]
            clock.shift(timedelta(minutes=1))
        assert verbs(token) == ["SELECT"]
        clock.shift(timedelta(seconds=1))
        assert verbs(token) == ["SELECT", "UPDATE"]


def test_a_use_is_noted_with_its_time_and_the_new_end(database: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        token = token_of(make_user())
        clock.shift(timedelta(days=2))
        principal_context(token)
        (row,) = found(Session)
        assert (row.last_used_at, row.expires) == (START + timedelta(days=2), START + timedelta(days=9))


def test_an_ended_session_is_not_written_to(database: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        token = token_of(make_user())
        clock.shift(timedelta(days=7))
        assert verbs(token) == ["SELECT"]
        (row,) = found(Session)
        assert row.last_used_at == START


def test_those_who_use_a_session_at_once_all_get_in(database: Database) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        token = token_of(person)
        clock.shift(timedelta(hours=1))
        contexts = at_once(10, lambda _: principal_context(token))
    assert {context["user_id"] for context in contexts} == {person.id}
