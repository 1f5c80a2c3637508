"""Codes: one of an authenticator once and never after a newer one, each of the ten backup codes once."""

from datetime import timedelta

import pytest
import time_machine

from shared.models import Session, User
from tests.api import api
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.identity.people import (
    PASSWORD,
    START,
    at_once,
    code_of,
    enrol,
    found,
    login,
    make_user,
    token_of,
)

STEP = timedelta(seconds=30)


def renew(token: str, code: str) -> Answer:
    return api("POST", "/v1/auth/mfa/backup-codes", {"password": PASSWORD, "code": code}, token=token)


def test_a_code_does_not_work_twice(either: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        assert login(person.email, code=code_of(authenticator)).json["code"] == "invalid_code"
        clock.shift(STEP)
        code = code_of(authenticator)
        assert login(person.email, code=code).status == 200
        assert login(person.email, code=code).json["code"] == "invalid_code"
        clock.shift(STEP)
        assert login(person.email, code=code).json["code"] == "invalid_code"


def test_of_those_who_use_one_code_at_once_one_signs_in(database: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        clock.shift(STEP)
        code = code_of(authenticator)
        answers = at_once(5, lambda number: login(person.email, code=code, ip=f"198.51.100.{number}"))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 4


def test_a_code_that_signed_in_cannot_change_the_second_factor(database: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        clock.shift(STEP)
        code = code_of(authenticator)
        token = login(person.email, code=code).json["token"]
        assert renew(token, code).json["code"] == "invalid_code"
        body = {"password": PASSWORD, "code": code}
        assert api("POST", "/v1/auth/mfa/disable", body, token=token).json["code"] == "invalid_code"


def test_an_older_code_is_void_after_a_newer_one(database: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        clock.shift(3 * STEP)
        assert login(person.email, code=code_of(authenticator, 1)).status == 200
        for steps in (0, -1):
            assert login(person.email, code=code_of(authenticator, steps)).json["code"] == "invalid_code"
        clock.shift(2 * STEP)
        assert login(person.email, code=code_of(authenticator)).status == 200


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
def test_a_clock_may_be_off_by_one_step(database: Database, mailbox: Mailbox, steps: int, status: int) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        clock.shift(10 * STEP)
        assert login(person.email, code=code_of(authenticator, steps)).status == status


def test_a_code_may_be_typed_with_spaces_around_it(database: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        clock.shift(STEP)
        assert login(person.email, code=f" {code_of(authenticator)} ").status == 200


def test_the_authenticator_of_another_does_not_help(database: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person, other = make_user(), make_user()
        enrol(person)
        authenticator, codes = enrol(other)
        clock.shift(STEP)
        assert login(person.email, code=code_of(authenticator)).json["code"] == "invalid_code"
        assert login(person.email, code=codes[0]).json["code"] == "invalid_code"


def test_a_refused_sign_in_leaves_a_code_of_the_authenticator_good(database: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        clock.shift(STEP)
        code = code_of(authenticator)
        assert login(person.email, "Wrong-Horse-1", code=code).status == 401
        assert login(person.email, code=code).status == 200


def test_each_of_ten_backup_codes_works_once(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    _, codes = enrol(person)
    assert len(set(codes)) == 10
    assert [login(person.email, code=code).status for code in reversed(codes)] == [200] * 10
    for code in codes[:4]:
        assert login(person.email, code=code, ip="198.51.100.1").json["code"] == "invalid_code"


def test_of_those_who_use_one_backup_code_at_once_one_signs_in(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    _, codes = enrol(person)
    answers = at_once(5, lambda number: login(person.email, code=codes[3], ip=f"198.51.100.{number}"))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 4


def test_those_who_use_different_backup_codes_at_once_all_sign_in(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    _, codes = enrol(person)
    answers = at_once(5, lambda number: login(person.email, code=codes[number], ip=f"198.51.100.{number}"))
    assert [answer.status for answer in answers] == [200] * 5
    assert login(person.email, code=codes[2]).json["code"] == "invalid_code"
    assert login(person.email, code=codes[5]).status == 200


def test_new_backup_codes_end_the_old_ones(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    _, old = enrol(person)
    renewed = renew(token_of(person), old[0])
    assert renewed.status == 200, renewed.text
    new = renewed.json["backup_codes"]
    assert set(old).isdisjoint(new)
    assert login(person.email, code=old[1]).json["code"] == "invalid_code"
    assert login(person.email, code=new[1]).status == 200


def test_new_backup_codes_need_a_code(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    _, codes = enrol(person)
    assert renew(token_of(person), "0aaaaaaaaaa").json["code"] == "invalid_code"
    assert login(person.email, code=codes[0]).status == 200


def test_a_backup_code_does_not_work_at_another_place(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    _, codes = enrol(person)
    assert login(person.email, code=f"7{codes[3][1:]}").json["code"] == "invalid_code"
    assert len(found(Session)) == 1


def test_backup_codes_are_kept_as_argon2id(database: Database, mailbox: Mailbox) -> None:
    enrol(make_user())
    lines = str(found(User)[0].mfa_backup_codes).split("\n")
    assert [line.startswith("$argon2id$") for line in lines] == [True] * 10
