"""Sending: once, to whom it is for, whoever is told of it and however often."""

import json
from datetime import timedelta

import pytest

from shared.account_mails import Template
from shared.models import AccountMail, Role, StaffInvitation, User
from shared.models.base import new_id, now
from tests.api import api
from tests.aws import Mailbox
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import at_once, change, everything, found, make_user
from tests.functions.mail.post import ask_for, queued, state_of, tell, tell_raw, tick

NOBODY = "nobody@example.com"


def test_a_message_sends_its_mail_once(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    mail_id = ask_for("password_changed", person.email)
    assert [tell(mail_id), tell(mail_id), tell(mail_id, mail_id)] == [[], [], []]
    assert len(mailbox.mails()) == 1
    mail = state_of(mail_id)
    assert (mail.attempts, mail.sent_at is not None, bool(mail.provider_id)) == (1, True, True)
    assert tick() == 0


def test_what_the_queue_is_told_sends_the_mail(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    api("POST", "/v1/auth/forgot", {"email": person.email})
    (body,) = queued()
    (mail,) = found(AccountMail)
    assert json.loads(body) == {"account_mail_id": mail.id}
    assert tell_raw(body) == []
    assert [sent.to for sent in mailbox.mails()] == [person.email]


def test_the_schedule_finds_what_nobody_was_told_of(either: Database, mailbox: Mailbox) -> None:
    people = [make_user() for _ in range(3)]
    for person in people:
        ask_for("reset", person.email)
    assert tick() == 3
    assert sorted(sent.to for sent in mailbox.mails()) == sorted(person.email for person in people)
    assert tick() == 0


def test_two_workers_at_once_send_a_mail_once(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    mail_id = ask_for("reset", person.email)
    assert at_once(8, lambda number: tell(mail_id) if number % 2 else tick()) is not None
    assert len(mailbox.mails()) == 1
    assert state_of(mail_id).attempts == 1


def test_workers_at_once_send_each_of_many_mails_once(database: Database, mailbox: Mailbox) -> None:
    people = [make_user() for _ in range(20)]
    for person in people:
        ask_for("password_changed", person.email)
    at_once(4, lambda _: tick())
    assert sorted(sent.to for sent in mailbox.mails()) == sorted(person.email for person in people)


@pytest.mark.parametrize("template", ["verify", "reset", "locked", "password_changed", "mfa_changed", "register"])
def test_a_mail_to_an_address_without_an_account_is_done_without_a_mail(
    either: Database, mailbox: Mailbox, template: Template
) -> None:
    make_user(email=NOBODY, deleted_at=now())
    mail_id = ask_for(template, NOBODY)
    assert tell(mail_id) == []
    assert (mailbox.mails(), state_of(mail_id).sent_at is not None) == ([], True)
    assert tick() == 0


def test_what_a_newcomer_gets_depends_on_the_account_at_that_moment(database: Database, mailbox: Mailbox) -> None:
    new, verified = make_user(email_verified=None), make_user()
    for person in (new, verified):
        tell(ask_for("register", person.email))
    assert [mail.subject for mail in mailbox.mails()] == ["Confirm your e-mail address", "You have an account already"]
    change(User, new.id, email_verified=now())
    assert tell(ask_for("verify", new.email)) == []
    assert len(mailbox.mails()) == 2


def test_a_name_that_a_stranger_chose_is_not_passed_on(database: Database, mailbox: Mailbox) -> None:
    stranger = make_user(email_verified=None, name="Your prize waits at evil.example")
    for template in ("register", "verify", "reset", "locked"):
        tell(ask_for(template, stranger.email))
    assert len(mailbox.mails()) == 4
    assert [mail for mail in mailbox.mails() if "evil.example" in mail.text] == []
    proved = make_user(name="Ada Lovelace")
    tell(ask_for("reset", proved.email))
    assert "Hello Ada Lovelace," in mailbox.last(proved.email).text


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_an_invitation_is_sent_while_it_stands(database: Database, mailbox: Mailbox, is_withdrawn: bool) -> None:
    store_id, invitation_id = make_store(), new_id()
    with everything() as session:
        facts = {"email": NOBODY, "expires": now() + timedelta(days=7), "invited_by": "ada@example.com"}
        role_id = session.query(Role).filter_by(slug="STAFF").one().id
        session.add(StaffInvitation(id=invitation_id, store_id=store_id, role_id=role_id, **facts))
    if is_withdrawn:
        with everything() as session:
            session.delete(session.get_one(StaffInvitation, invitation_id))
    mail_id = ask_for("invitation", NOBODY, invitation_id=invitation_id, store="Lamps", inviter="ada@example.com")
    assert tell(mail_id) == []
    assert len(mailbox.mails(NOBODY)) == (0 if is_withdrawn else 1)
    assert state_of(mail_id).sent_at is not None


def test_a_plans_warning_goes_to_the_store_whoever_has_an_account(database: Database, mailbox: Mailbox) -> None:
    tell(ask_for("plan_limit_near", NOBODY, store="Lamps", resource="products", used="8", limit="10"))
    assert mailbox.last(NOBODY).subject == "Lamps is close to the limit of its plan"
    assert "8 of the 10 products" in mailbox.last(NOBODY).text
