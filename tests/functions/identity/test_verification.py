"""The link that proves an address: once, for 24 hours, for nothing else."""

from datetime import timedelta

import pytest
import time_machine

from shared.models import PasswordHistory, User, VerificationToken
from shared.models.base import now
from shared.models.enums import UserStatus
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.identity.people import START, Person, at_once, audited, change, found, login, make_user


def verify(token: str) -> Answer:
    return api("POST", "/v1/auth/verify", {"token": token})


def resend(email: str) -> Answer:
    return api("POST", "/v1/auth/verify/resend", {"email": email})


def newcomer(mailbox: Mailbox) -> tuple[Person, str]:
    """Somebody who has not proved their address, and the token of their link."""
    person = make_user(email_verified=None)
    assert resend(person.email).status == 202
    deliver_mails()
    return person, mailbox.last(person.email).token


def test_a_link_proves_the_address_once(either: Database, mailbox: Mailbox) -> None:
    person, token = newcomer(mailbox)
    assert login(person.email).json["code"] == "email_not_verified"
    assert verify(token).status == 204
    assert login(person.email).status == 200
    again = verify(token)
    assert (again.status, again.json["code"]) == (404, "link_not_found")


def test_of_ten_who_open_a_link_at_once_one_succeeds(database: Database, mailbox: Mailbox) -> None:
    _, token = newcomer(mailbox)
    assert sorted(answer.status for answer in at_once(10, lambda _: verify(token))) == [204] + [404] * 9
    assert len(found(PasswordHistory)) == 1


@pytest.mark.parametrize(("later", "status"), [(timedelta(hours=23, minutes=59), 204), (timedelta(hours=24), 404)])
def test_a_link_is_good_for_24_hours(database: Database, mailbox: Mailbox, later: timedelta, status: int) -> None:
    with time_machine.travel(START) as clock:
        _, token = newcomer(mailbox)
        clock.shift(later)
        assert verify(token).status == status


@pytest.mark.parametrize("path", ["unlock", "reset", "invitations/accept"])
def test_a_link_is_good_for_nothing_else(database: Database, mailbox: Mailbox, path: str) -> None:
    person, token = newcomer(mailbox)
    body = {"token": token} | ({} if path == "unlock" else {"password": "Another-Pass-9"})
    assert api("POST", f"/v1/auth/{path}", body).json["code"] == "link_not_found"
    assert login(person.email).json["code"] == "email_not_verified"
    assert verify(token).status == 204


def test_the_link_of_a_forgotten_password_does_not_verify(database: Database, mailbox: Mailbox) -> None:
    person = make_user(email_verified=None)
    api("POST", "/v1/auth/forgot", {"email": person.email})
    deliver_mails()
    assert verify(mailbox.last(person.email).token).status == 404


@pytest.mark.parametrize("token", ["x", "stc_", "verify:", "%", "stc_%", "'", "0" * 64, "ż" * 200])
def test_a_made_up_token_opens_nothing(database: Database, mailbox: Mailbox, token: str) -> None:
    newcomer(mailbox)
    assert verify(token).status == 404


def test_the_hash_that_is_stored_is_no_token(database: Database, mailbox: Mailbox) -> None:
    newcomer(mailbox)
    (row,) = found(VerificationToken)
    assert verify(row.token_hash).status == 404
    assert verify(row.identifier).status == 404


def test_resending_answers_alike_whoever_is_asked_for(database: Database, mailbox: Mailbox) -> None:
    unverified, verified = make_user(email_verified=None), make_user()
    answers = [resend(email) for email in (unverified.email, verified.email, "nobody@example.com")]
    assert {(answer.status, answer.text) for answer in answers} == {(202, answers[0].text)}
    assert deliver_mails() == 3
    assert [mail.to for mail in mailbox.mails()] == [unverified.email]


def test_an_older_link_works_after_resending(database: Database, mailbox: Mailbox) -> None:
    person, token = newcomer(mailbox)
    resend(person.email)
    deliver_mails()
    assert mailbox.last(person.email).token != token
    assert verify(token).status == 204


def test_a_link_of_a_deleted_account_is_no_longer_good(database: Database, mailbox: Mailbox) -> None:
    person, token = newcomer(mailbox)
    change(User, person.id, deleted_at=now())
    refused = verify(token)
    assert (refused.status, refused.json["code"]) == (404, "link_not_found")


def test_a_suspended_account_stays_shut_after_its_link(database: Database, mailbox: Mailbox) -> None:
    person, token = newcomer(mailbox)
    change(User, person.id, status=UserStatus.SUSPENDED)
    assert verify(token).status == 204
    refused = login(person.email)
    assert (refused.status, refused.json["code"]) == (403, "account_disabled")


def test_proving_an_address_is_audited(database: Database, mailbox: Mailbox) -> None:
    person, token = newcomer(mailbox)
    verify(token)
    (entry,) = audited("platform.email_verified")
    assert (entry.user_id, entry.actor_email, entry.ip_address) == (person.id, person.email, "203.0.113.1")
