"""Joining a store by invitation: a link that proves the address, once, within a week, while the store is there."""

from datetime import timedelta

import pytest
import time_machine

from shared.account_mails import send_later
from shared.models import Role, StaffInvitation, Store, User, UserStore
from shared.models.base import new_id, now
from shared.tenancy import tenant_session
from tests.api import api, deliver_mails, principal_context
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import (
    OTHER,
    PASSWORD,
    START,
    at_once,
    audited,
    change,
    everything,
    found,
    join,
    login,
    make_user,
)

BOB = "bob@example.com"


def invite(store_id: str, email: str = BOB, **given: object) -> str:
    """Ask somebody to join as STAFF. Returns the invitation's id."""
    with tenant_session(store_id) as session:
        role = session.query(Role).filter_by(slug="STAFF").one()
        facts = {"id": new_id(), "email": email, "expires": now() + timedelta(days=7), "invited_by": "ada@example.com"}
        invitation = StaffInvitation(**(facts | {"role": role} | given))
        session.add(invitation)
    mail_to(invitation.id, store_id, email)
    return invitation.id


def mail_to(invitation_id: str, store_id: str, email: str = BOB) -> None:
    """Send an invitation."""
    with tenant_session(store_id) as session:
        details = {"invitation_id": invitation_id, "store": "Lamps", "inviter": "ada@example.com"}
        send_later(session, "invitation", email, details)
    deliver_mails()


def accept(token: str, **given: str) -> Answer:
    return api("POST", "/v1/auth/invitations/accept", {"token": token} | given)


def test_who_has_no_account_gets_one_with_a_password_of_their_choice(either: Database, mailbox: Mailbox) -> None:
    store_id = make_store()
    invite(store_id, permissions=["orders:read"])
    joined = accept(mailbox.last(BOB).token, name="Bob", password=PASSWORD)
    assert (joined.status, joined.json["email"], joined.json["store"]["store_id"]) == (200, BOB, store_id)
    answer = login(BOB)
    assert answer.json["store"]["role"] == "STAFF"
    assert principal_context(answer.json["token"])["permissions"] == "orders:read"
    assert found(StaffInvitation) == []
    (entry,) = audited("staff.joined")
    assert (entry.store_id, entry.actor_email, entry.after_snapshot) == (store_id, BOB, {"role": "STAFF"})


def test_who_has_an_account_keeps_name_and_password(either: Database, mailbox: Mailbox) -> None:
    person, store_id = make_user(email=BOB, name="Robert"), make_store()
    invite(store_id)
    assert accept(mailbox.last(BOB).token, name="Bob", password=OTHER).status == 200
    assert login(BOB, OTHER).status == 401
    answer = login(BOB)
    assert (answer.json["user"]["id"], answer.json["user"]["name"]) == (person.id, "Robert")
    assert answer.json["store"]["store_id"] == store_id


def test_who_has_an_account_needs_the_link_alone(database: Database, mailbox: Mailbox) -> None:
    make_user(email=BOB)
    invite(make_store())
    assert accept(mailbox.last(BOB).token).status == 200


def test_an_account_that_a_stranger_began_with_this_address_is_made_anew(either: Database, mailbox: Mailbox) -> None:
    api("POST", "/v1/auth/register", {"email": BOB, "password": OTHER, "name": "Mallory"})
    invite(make_store())
    token = mailbox.last(BOB).token
    assert accept(token).json["code"] == "account_needed"
    assert accept(token, name="Bob", password=PASSWORD).status == 200
    assert login(BOB, OTHER).status == 401
    assert login(BOB).json["user"]["name"] == "Bob"
    assert len(found(User)) == 1


@pytest.mark.parametrize(
    ("given", "lacking"), [({}, ["name", "password"]), ({"name": "Bob"}, ["password"]), ({"password": "x"}, ["name"])]
)
def test_a_new_account_needs_name_and_password(
    database: Database, mailbox: Mailbox, given: dict[str, str], lacking: list[str]
) -> None:
    invite(make_store())
    token = mailbox.last(BOB).token
    refused = accept(token, **given)
    assert (refused.status, refused.json["code"]) == (422, "account_needed")
    assert [error["loc"] for error in refused.json["errors"]] == [["body", field] for field in lacking]
    assert found(User) == []
    assert accept(token, name="Bob", password=PASSWORD).status == 200


def test_a_new_account_needs_a_good_password(database: Database, mailbox: Mailbox) -> None:
    invite(make_store())
    token = mailbox.last(BOB).token
    assert accept(token, name="Bob", password="weak").json["code"] == "password_too_weak"
    assert (found(User), len(found(StaffInvitation))) == ([], 1)
    assert accept(token, name="Bob", password=PASSWORD).status == 200


def test_a_link_works_once(either: Database, mailbox: Mailbox) -> None:
    invite(make_store())
    token = mailbox.last(BOB).token
    assert accept(token, name="Bob", password=PASSWORD).status == 200
    assert accept(token, name="Bob", password=PASSWORD).json["code"] == "link_not_found"
    assert len(found(UserStore)) == 1


@pytest.mark.parametrize("links", [1, 2])
def test_of_those_who_accept_at_once_one_joins(database: Database, mailbox: Mailbox, links: int) -> None:
    store_id = make_store()
    invitation_id = invite(store_id)
    mail_to(invitation_id, store_id)
    tokens = [mail.token for mail in mailbox.mails(BOB)][:links]
    answers = at_once(6, lambda number: accept(tokens[number % links], name="Bob", password=PASSWORD))
    assert sorted(answer.status for answer in answers) == [200] + [404] * 5
    assert (len(found(User)), len(found(UserStore))) == (1, 1)


def test_who_joins_two_stores_at_once_has_one_account(database: Database, mailbox: Mailbox) -> None:
    for _ in range(2):
        invite(make_store())
    tokens = [mail.token for mail in mailbox.mails(BOB)]
    answers = at_once(2, lambda number: accept(tokens[number], name="Bob", password=PASSWORD))
    assert [answer.status for answer in answers] == [200, 200]
    assert (len(found(User)), len(found(UserStore))) == (1, 2)


def test_a_link_is_good_for_a_week(database: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START) as clock:
        invite(make_store())
        clock.shift(timedelta(days=7))
        assert accept(mailbox.last(BOB).token, name="Bob", password=PASSWORD).json["code"] == "link_not_found"
        assert (found(User), found(UserStore)) == ([], [])


def test_an_invitation_that_has_expired_cannot_be_accepted_by_a_newer_link(
    database: Database, mailbox: Mailbox
) -> None:
    invitation_id = invite(make_store())
    change(StaffInvitation, invitation_id, expires=now() - timedelta(seconds=1))
    assert accept(mailbox.last(BOB).token, name="Bob", password=PASSWORD).status == 404


def test_an_invitation_that_was_withdrawn_is_gone(either: Database, mailbox: Mailbox) -> None:
    invitation_id = invite(make_store())
    with everything() as session:
        session.delete(session.get_one(StaffInvitation, invitation_id))
    assert accept(mailbox.last(BOB).token, name="Bob", password=PASSWORD).json["code"] == "link_not_found"
    assert found(User) == []


def test_a_store_that_was_deleted_cannot_be_joined(either: Database, mailbox: Mailbox) -> None:
    store_id = make_store()
    invite(store_id)
    change(Store, store_id, deleted_at=now())
    assert accept(mailbox.last(BOB).token, name="Bob", password=PASSWORD).json["code"] == "link_not_found"
    assert found(User) == []


def test_who_is_a_member_already_is_told_so(either: Database, mailbox: Mailbox) -> None:
    person, store_id = make_user(email=BOB), make_store()
    join(person, store_id)
    invite(store_id)
    refused = accept(mailbox.last(BOB).token)
    assert (refused.status, refused.json["code"]) == (409, "already_a_member")
    assert len(found(UserStore)) == 1


def test_accepting_signs_nobody_in(database: Database, mailbox: Mailbox) -> None:
    invite(make_store())
    joined = accept(mailbox.last(BOB).token, name="Bob", password=PASSWORD)
    assert "stc_" not in joined.text
    assert PASSWORD not in joined.text


def test_an_account_made_by_invitation_remembers_its_password(database: Database, mailbox: Mailbox) -> None:
    invite(make_store())
    accept(mailbox.last(BOB).token, name="Bob", password=PASSWORD)
    token = login(BOB).json["token"]
    body = {"current_password": PASSWORD, "new_password": OTHER}
    assert api("PUT", "/v1/auth/password", body, token=token).status == 204
    body = {"current_password": OTHER, "new_password": PASSWORD}
    assert api("PUT", "/v1/auth/password", body, token=token).json["code"] == "password_reused"
