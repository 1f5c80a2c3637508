"""Signing in: who may, and that a refusal tells nothing of whether the account exists, in words, work or time."""

import json
import statistics
import time
from typing import Any

import pytest
from argon2 import PasswordHasher

from shared.database import identity_engine
from shared.models import Session, User
from shared.models.base import now
from shared.models.enums import UserStatus
from tests.calls import Answer, counted
from tests.conftest import Database
from tests.functions.identity.people import OTHER, PASSWORD, at_once, found, login, make_user

NOBODY = "nobody@example.com"


def words(answer: Answer) -> tuple[int, dict[str, Any], dict[str, str]]:
    """What a caller learns, whichever request it was."""
    body = json.loads(answer.text)
    body.pop("request_id", None)
    return answer.status, body, answer.headers


def test_a_session_begins_with_address_and_password(either: Database) -> None:
    person = make_user()
    answer = login(person.email)
    assert answer.status == 200, answer.text
    assert answer.json["token"].startswith("stc_")
    assert answer.json["user"]["email"] == person.email
    assert len(found(Session)) == 1


def test_a_wrong_address_and_a_wrong_password_are_answered_alike(either: Database) -> None:
    person, without = make_user(), make_user(password=None)
    answers = [login(person.email, OTHER), login(NOBODY), login(without.email), login(person.email, "")]
    assert [words(answer) for answer in answers] == [words(answers[0])] * 4
    assert (answers[0].status, answers[0].json["code"]) == (401, "invalid_credentials")


@pytest.mark.parametrize("failures", [1, 5])
def test_a_wrong_address_costs_as_many_statements_as_a_wrong_password(database: Database, failures: int) -> None:
    asked = {}
    login("somebody@example.com", OTHER)
    for email in (make_user().email, NOBODY):
        for _ in range(failures - 1):
            login(email, OTHER)
        with counted(identity_engine()) as sent:
            login(email, OTHER)
        asked[email] = [statement.split(" RETURNING")[0] for statement in sent]
    first, second = asked.values()
    assert first == second
    assert len(first) > 3


def test_a_wrong_address_costs_one_password_check_as_a_wrong_password_does(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[str] = []
    verify = PasswordHasher.verify

    def noting(hasher: PasswordHasher, stored: str, password: str) -> bool:
        costs.append(stored.rsplit("$", 2)[0])
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", noting)
    for email in (make_user().email, NOBODY, make_user(password=None).email):
        login(email, OTHER)
    assert costs == ["$argon2id$v=19$m=19456,t=2,p=1"] * 3


def test_a_wrong_address_takes_as_long_as_a_wrong_password(database: Database) -> None:
    known = [make_user().email for _ in range(10)]
    unknown = [f"nobody-{number}@example.com" for number in range(10)]
    login(known[0], OTHER)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(40):
        for emails in (known, unknown):
            began = time.perf_counter()
            assert login(emails[turn % 10], OTHER, ip=f"198.51.100.{turn}").status == 401
            taken[emails is known].append(time.perf_counter() - began)
    ratio = statistics.median(taken[True]) / statistics.median(taken[False])
    assert 0.5 < ratio < 2


@pytest.mark.parametrize("status", [UserStatus.SUSPENDED, UserStatus.INACTIVE])
def test_a_disabled_account_is_told_so_with_the_right_password_alone(database: Database, status: UserStatus) -> None:
    person = make_user(status=status)
    assert words(login(person.email, OTHER)) == words(login(NOBODY))
    refused = login(person.email)
    assert (refused.status, refused.json["code"]) == (403, "account_disabled")
    assert found(Session) == []


def test_an_unverified_account_is_told_so_with_the_right_password_alone(database: Database) -> None:
    person = make_user(email_verified=None)
    assert words(login(person.email, OTHER)) == words(login(NOBODY))
    refused = login(person.email)
    assert (refused.status, refused.json["code"]) == (403, "email_not_verified")
    assert found(Session) == []


def test_a_deleted_account_does_not_exist(database: Database) -> None:
    person = make_user(deleted_at=now())
    assert words(login(person.email)) == words(login(NOBODY))


def test_five_who_sign_in_to_one_account_at_once_all_do(database: Database) -> None:
    person = make_user()
    answers = at_once(5, lambda _: login(person.email))
    assert [answer.status for answer in answers] == [200] * 5
    assert len({answer.json["token"] for answer in answers}) == 5


def test_a_hash_of_a_lower_cost_is_renewed_by_signing_in(database: Database) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    person = make_user(password_hash=cheap)
    assert login(person.email, OTHER).status == 401
    assert found(User)[0].password_hash == cheap
    assert login(person.email).status == 200
    assert str(found(User)[0].password_hash).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert login(person.email).status == 200
