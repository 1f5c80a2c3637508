"""Forgetting the password: a link, once, for an hour, which ends every session."""

from datetime import timedelta

import pytest
import time_machine

from shared.models import Session, User, VerificationToken
from shared.models.base import now
from tests.api import api, deliver_mails, principal_context
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.identity.people import (
    OTHER,
    PASSWORD,
    START,
    Person,
    at_once,
    audited,
    change,
    found,
    login,
    make_user,
    token_of,
)


def forgot(email: str) -> Answer:
    return api("POST", "/v1/auth/forgot", {"email": email})


def reset(token: str, password: str = OTHER) -> Answer:
    return api("POST", "/v1/auth/reset", {"token": token, "password": password})


def link_to(person: Person, mailbox: Mailbox) -> str:
    """The token of a new link."""
    assert forgot(person.email).status == 202
    deliver_mails()
    return mailbox.last(person.email).token


def test_a_link_sets_a_password_once_and_ends_every_session(either: Database, mailbox: Mailbox) -> None:
    person, stranger = make_user(), make_user()
    open_ones, foreign = [token_of(person), token_of(person)], token_of(stranger)
    token = link_to(person, mailbox)
    assert reset(token).status == 204
    assert [principal_context(one) for one in open_ones] == [{"kind": "none"}] * 2
    assert principal_context(foreign)["user_id"] == stranger.id
    assert (login(person.email, PASSWORD).status, login(person.email, OTHER).status) == (401, 200)
    again = reset(token, "Another-Pass-9")
    assert (again.status, again.json["code"]) == (404, "link_not_found")


@pytest.mark.parametrize(("later", "status"), [(timedelta(minutes=59), 204), (timedelta(hours=1), 404)])
def test_a_link_is_good_for_an_hour(database: Database, mailbox: Mailbox, later: timedelta, status: int) -> None:
    person = make_user()
    with time_machine.travel(START) as clock:
        token = link_to(person, mailbox)
        clock.shift(later)
        assert reset(token).status == status


def test_of_two_links_both_are_dead_after_a_reset(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    first, second = link_to(person, mailbox), link_to(person, mailbox)
    assert first != second
    assert reset(first).status == 204
    assert reset(second, "Another-Pass-9").status == 404
    assert reset(first, "Another-Pass-9").status == 404
    assert login(person.email, OTHER).status == 200


def test_a_reset_leaves_the_links_of_others(database: Database, mailbox: Mailbox) -> None:
    one, other = make_user(), make_user()
    of_one, of_other = link_to(one, mailbox), link_to(other, mailbox)
    assert reset(of_one).status == 204
    assert reset(of_other).status == 204


@pytest.mark.parametrize("links", [1, 2])
def test_of_resets_at_once_exactly_one_wins(database: Database, mailbox: Mailbox, links: int) -> None:
    person = make_user()
    tokens = [link_to(person, mailbox) for _ in range(links)]
    chosen = [f"Another-Pass-{number}" for number in range(6)]
    answers = at_once(6, lambda number: reset(tokens[number % links], chosen[number]))
    assert sorted(answer.status for answer in answers) == [204] + [404] * 5
    winner = next(number for number, answer in enumerate(answers) if answer.status == 204)
    assert login(person.email, chosen[winner]).status == 200


@pytest.mark.parametrize(("password", "code"), [("weak", "password_too_weak"), (PASSWORD, "password_reused")])
def test_a_password_that_will_not_do_leaves_the_link_good(
    database: Database, mailbox: Mailbox, password: str, code: str
) -> None:
    person = make_user()
    token, opened = link_to(person, mailbox), token_of(person)
    refused = reset(token, password)
    assert (refused.status, refused.json["code"]) == (422, code)
    assert refused.json["errors"][0]["loc"] == ["body", "password"]
    assert principal_context(opened)["user_id"] == person.id
    assert reset(token).status == 204


def test_asking_tells_nothing_of_whether_there_is_an_account(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    answers = [forgot(person.email), forgot("nobody@example.com")]
    assert {(answer.status, answer.text) for answer in answers} == {(202, answers[0].text)}
    assert deliver_mails() == 2
    assert [mail.to for mail in mailbox.mails()] == [person.email]


def test_an_address_gets_three_links_an_hour(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    with time_machine.travel(START) as clock:
        assert {forgot(person.email).status for _ in range(5)} == {202}
        deliver_mails()
        assert len(mailbox.mails(person.email)) == 3
        clock.shift(timedelta(hours=1))
        link_to(person, mailbox)
        assert len(mailbox.mails(person.email)) == 4


def test_a_reset_opens_a_locked_account(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    for _ in range(5):
        login(person.email, "Wrong-Horse-1")
    token = link_to(person, mailbox)
    assert reset(token).status == 204
    assert login(person.email, OTHER).status == 200


def test_a_reset_proves_the_address_of_who_never_did(database: Database, mailbox: Mailbox) -> None:
    person = make_user(email_verified=None)
    assert reset(link_to(person, mailbox)).status == 204
    assert login(person.email, OTHER).status == 200
    assert login(person.email, PASSWORD).status == 401


def test_a_reset_gives_a_password_to_who_had_none(database: Database, mailbox: Mailbox) -> None:
    person = make_user(password=None)
    assert reset(link_to(person, mailbox)).status == 204
    assert login(person.email, OTHER).status == 200


def test_a_deleted_account_gets_no_link_and_an_old_one_is_dead(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    token = link_to(person, mailbox)
    change(User, person.id, deleted_at=now())
    assert reset(token).json["code"] == "link_not_found"
    forgot(person.email)
    deliver_mails()
    assert len(mailbox.mails(person.email)) == 1
    assert len(found(VerificationToken)) == 1


def test_a_reset_begins_no_session_and_is_told_and_audited(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    answer = reset(link_to(person, mailbox))
    assert (answer.status, answer.text) == (204, "")
    assert found(Session) == []
    deliver_mails()
    assert mailbox.last(person.email).subject == "Your password was changed"
    assert [(entry.user_id, entry.actor_email) for entry in audited("platform.password_reset")] == [person]
