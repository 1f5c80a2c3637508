"""Several sign-ins of new people at the same moment: one user comes of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import event

from shared.database import identity_engine
from shared.models import Account, AuditLog, User
from tests.api import api
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.identity.oauth.flows import ADA, BOB, come_back, finish
from tests.functions.identity.oauth.provider import Claims, OidcProvider
from tests.functions.identity.people import PASSWORD, at_once, everything, found, make_user, token_of


@contextmanager
def waiting_before(start_of_statement: str, number: int = 2) -> Iterator[None]:
    """Let so many threads come to a statement before one of them sends it."""
    together = Barrier(number)

    def wait(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(start_of_statement):
            together.wait(timeout=30)

    event.listen(identity_engine(), "before_cursor_execute", wait)
    try:
        yield
    except BrokenBarrierError:
        pytest.fail("not every thread came to the statement")
    finally:
        event.remove(identity_engine(), "before_cursor_execute", wait)


@contextmanager
def once_before_locking(table: str, act: Callable[[], Any]) -> Iterator[None]:
    """Do something in another thread, to its end, just before the first row of a table is locked."""
    acts = [act]

    def interrupt(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if f"FROM {table} " in statement.replace("\n", " ") and "FOR UPDATE" in statement and acts:
            at_once(1, lambda _: acts.pop()())

    event.listen(identity_engine(), "before_cursor_execute", interrupt)
    try:
        yield
    finally:
        event.remove(identity_engine(), "before_cursor_execute", interrupt)
    assert acts == []


def test_two_sign_ins_of_one_new_person_make_one_user(database: Database, provider: OidcProvider) -> None:
    bodies = [come_back(provider), come_back(provider)]
    with waiting_before("INSERT INTO users"):
        answers = at_once(2, lambda index: finish(bodies[index]))

    assert [answer.status for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert len({answer.json["user"]["id"] for answer in answers}) == 1
    assert len(found(User)) == len(found(Account)) == 1
    assert len(found(AuditLog, AuditLog.action == "platform.registered")) == 1


def test_nor_do_they_when_the_address_changes_in_between(database: Database, provider: OidcProvider) -> None:
    bodies = [come_back(provider, ADA), come_back(provider, ADA | {"email": BOB["email"]})]
    with waiting_before("INSERT INTO accounts"):
        answers = at_once(2, lambda index: finish(bodies[index]))

    assert [answer.status for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert len({answer.json["user"]["id"] for answer in answers}) == 1
    assert len(found(User)) == len(found(Account)) == 1


def test_two_accounts_with_one_new_address_make_one_user_and_a_question(
    database: Database, provider: OidcProvider
) -> None:
    bodies = [come_back(provider, ADA), come_back(provider, ADA | {"sub": "another"})]
    with waiting_before("INSERT INTO users"):
        answers = at_once(2, lambda index: finish(bodies[index]))

    assert sorted(answer.status for answer in answers) == [200, 409]
    assert len(found(User)) == len(found(Account)) == 1


def test_who_registers_the_address_at_this_moment_is_asked_for_the_password(
    database: Database, provider: OidcProvider
) -> None:
    body = come_back(provider)
    register: Claims = {"email": ADA["email"], "password": PASSWORD, "name": "Ada"}
    acts: list[Callable[[], Answer]] = [lambda: finish(body), lambda: api("POST", "/v1/auth/register", register)]
    with waiting_before("INSERT INTO users"):
        answer, registered = at_once(2, lambda index: acts[index]())

    assert registered.status == 202
    assert answer.status in (200, 409)
    (user,) = found(User)
    assert (user.password_hash is None) is (answer.status == 200)
    assert len(found(Account)) == (1 if answer.status == 200 else 0)


def test_a_code_that_is_sent_twice_at_the_same_moment_signs_in_once(database: Database, provider: OidcProvider) -> None:
    body = come_back(provider)

    assert sorted(at_once(2, lambda _: finish(body).status)) == [200, 401]


def test_a_sign_in_does_not_outrun_the_taking_off_of_its_account(database: Database, provider: OidcProvider) -> None:
    person = make_user(email=ADA["email"])
    with everything() as session:
        account = Account(user_id=person.id, type="oidc", provider="google", provider_account_id=ADA["sub"])
        session.add(account)
    token, body = token_of(person), come_back(provider)
    with once_before_locking("users", lambda: api("DELETE", f"/v1/auth/accounts/{account.id}", token=token)):
        answer = finish(body)

    assert answer.json["code"] == "link_required"
