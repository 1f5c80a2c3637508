"""Registering: what a password needs, and that no answer tells whether the address has an account."""

import pytest

from shared.models import User
from shared.models.base import now
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.identity.people import OTHER, PASSWORD, at_once, found, login, make_user

ADA = "ada@example.com"
TOO_WEAK = {
    "Ab1!": "8 characters",
    "Correct-Horse": "a digit",
    "correct-horse-7": "an upper-case letter",
    "CORRECT-HORSE-7": "a lower-case letter",
    "CorrectHorse7": "a special character",
    "Correct Horse 7": "a special character",
    "": "8 characters, an upper-case letter, a lower-case letter, a digit, a special character",
}


def register(email: str = ADA, password: str = PASSWORD, name: str = "Ada", ip: str = "203.0.113.1") -> Answer:
    return api("POST", "/v1/auth/register", {"email": email, "password": password, "name": name}, ip=ip)


@pytest.mark.parametrize("password", TOO_WEAK)
def test_a_weak_password_is_refused_and_what_it_lacks_is_named(database: Database, password: str) -> None:
    refused = register(password=password)
    assert (refused.status, refused.json["code"]) == (422, "password_too_weak")
    assert refused.json["detail"] == f"A password needs {TOO_WEAK[password]}."
    assert refused.json["errors"] == [{"loc": ["body", "password"], "message": refused.json["detail"]}]
    assert found(User) == []


@pytest.mark.parametrize("password", ["Aa1!aaaa", "Zażółć-gęślą-7", "Pass word-1", "Aa1!" + "x" * 196])
def test_a_password_may_hold_every_letter_and_be_up_to_200_long(
    database: Database, mailbox: Mailbox, password: str
) -> None:
    assert register(password=password).status == 202
    deliver_mails()
    assert api("POST", "/v1/auth/verify", {"token": mailbox.last(ADA).token}).status == 204
    assert login(ADA, password).status == 200
    assert login(ADA, password[:-1]).status == 401


def test_every_address_gets_the_same_answer_and_no_second_user(either: Database) -> None:
    make_user(email="verified@example.com", name="First")
    make_user(email="unverified@example.com", email_verified=None)
    answers = [register(email) for email in ("new@example.com", "verified@example.com", "unverified@example.com")]
    assert {(answer.status, answer.text) for answer in answers} == {(202, answers[0].text)}
    assert [set(answer.headers) for answer in answers] == [set(answers[0].headers)] * 3
    emails = sorted(user.email for user in found(User))
    assert emails == ["new@example.com", "unverified@example.com", "verified@example.com"]


def test_who_has_an_account_keeps_name_and_password_and_is_told(database: Database, mailbox: Mailbox) -> None:
    person = make_user(name="First")
    register(person.email, OTHER, "Second")
    assert deliver_mails() == 1
    assert mailbox.last(person.email).subject == "You have an account already"
    assert [user.name for user in found(User)] == ["First"]
    assert login(person.email, OTHER).status == 401
    assert login(person.email).status == 200


def test_an_address_is_the_same_in_capitals(either: Database, mailbox: Mailbox) -> None:
    assert register("Ada@Example.COM").status == 202
    assert register("ADA@example.com").status == 202
    assert [user.email for user in found(User)] == [ADA]
    deliver_mails()
    assert api("POST", "/v1/auth/verify", {"token": mailbox.last(ADA).token}).status == 204
    assert login("aDa@EXAMPLE.com").status == 200


def test_twenty_who_register_one_address_at_once_make_one_user(database: Database) -> None:
    answers = at_once(20, lambda number: register(ip=f"203.0.113.{number}"))
    assert {answer.status for answer in answers} == {202}
    assert len(found(User)) == 1


def test_a_deleted_account_leaves_its_address_free(database: Database, mailbox: Mailbox) -> None:
    make_user(email=ADA, deleted_at=now())
    assert register().status == 202
    deliver_mails()
    assert api("POST", "/v1/auth/verify", {"token": mailbox.last(ADA).token}).status == 204
    assert login(ADA).status == 200


def test_the_password_of_the_last_registration_counts_not_one_that_somebody_else_left_behind(
    either: Database, mailbox: Mailbox
) -> None:
    register(password=OTHER, name="Mallory")
    deliver_mails()
    of_mallory = mailbox.last(ADA).token
    register(password=PASSWORD)
    deliver_mails()
    assert api("POST", "/v1/auth/verify", {"token": of_mallory}).status == 404
    assert api("POST", "/v1/auth/verify", {"token": mailbox.last(ADA).token}).status == 204
    assert login(ADA, OTHER).status == 401
    assert login(ADA, PASSWORD).json["user"]["name"] == "Ada"


def test_the_21st_registration_from_an_address_within_5_minutes_is_refused(database: Database) -> None:
    answers = [register(f"user-{number}@example.org") for number in range(21)]
    assert [answer.status for answer in answers] == [202] * 20 + [429]
    assert int(answers[-1].headers["retry-after"]) <= 300
    assert register("user-21@example.org", ip="203.0.113.2").status == 202


def test_an_address_gets_three_mails_an_hour_whoever_asks(database: Database, mailbox: Mailbox) -> None:
    assert {register(ip=f"203.0.113.{number}").status for number in range(5)} == {202}
    deliver_mails()
    assert len(mailbox.mails(ADA)) == 3
