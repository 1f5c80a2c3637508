"""What fails is tried again, ever later, ten times; what a crash leaves behind, the schedule finds."""

import logging
from datetime import timedelta

import pytest
import time_machine

from shared.models import AccountMail
from shared.settings import settings
from tests.api import api
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.identity.people import PASSWORD, START, found, login, make_user, token_of
from tests.functions.mail.post import (
    Crash,
    accept_sender,
    ask_for,
    crashing,
    refuse_sender,
    state_of,
    tell,
    tell_raw,
    tick,
)

HOLD = timedelta(minutes=2)


def test_a_mail_that_ses_refuses_is_reported_and_sent_later(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    with time_machine.travel(START, tick=False) as clock:
        mail_id = ask_for("reset", person.email)
        refuse_sender()
        assert tell(mail_id) == ["0"]
        assert (mailbox.mails(), state_of(mail_id).sent_at) == ([], None)
        accept_sender()
        clock.shift(HOLD)
        assert tell(mail_id) == []
    assert len(mailbox.mails(person.email)) == 1
    assert state_of(mail_id).attempts == 2


def test_while_it_is_held_nobody_tries_it_again(database: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        mail_id = ask_for("reset", make_user().email)
        refuse_sender()
        tell(mail_id)
        accept_sender()
        clock.shift(HOLD - timedelta(seconds=1))
        assert (tell(mail_id), tick()) == ([], 0)
        assert state_of(mail_id).attempts == 1
        clock.shift(timedelta(seconds=1))
        assert tick() == 1
    assert len(mailbox.mails()) == 1


def test_a_mail_is_tried_ten_times_ever_later(either: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        mail_id = ask_for("reset", make_user().email)
        refuse_sender()
        waits = []
        for _ in range(10):
            assert tick() == 0
            waits.append(int((state_of(mail_id).available_at - START).total_seconds() / 60))
            clock.move_to(state_of(mail_id).available_at)
        accept_sender()
        clock.shift(timedelta(days=30))
        assert (tick(), tell(mail_id)) == (0, [])
    assert waits == [2, 6, 14, 30, 62, 126, 254, 510, 1022, 1534]
    assert (mailbox.mails(), state_of(mail_id).attempts) == ([], 10)


def test_a_crash_before_ses_has_it_is_made_good_after_the_hold(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    with time_machine.travel(START, tick=False) as clock:
        mail_id = ask_for("reset", person.email)
        with crashing("before-send") as crashes, pytest.raises(Crash):
            tell(mail_id)
        assert crashes() == 1
        assert tick() == 0
        clock.shift(HOLD)
        assert tick() == 1
    assert len(mailbox.mails(person.email)) == 1
    body = {"token": mailbox.last(person.email).token, "password": "Another-Pass-9"}
    with time_machine.travel(START):
        assert api("POST", "/v1/auth/reset", body).status == 204


def test_a_crash_after_ses_has_it_sends_a_second_one_and_both_links_work(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    with time_machine.travel(START, tick=False) as clock:
        mail_id = ask_for("reset", person.email)
        with crashing("after-call"), pytest.raises(Crash):
            tell(mail_id)
        clock.shift(HOLD)
        assert tick() == 1
        first, second = mailbox.mails(person.email)
        assert first.token != second.token
        body = {"token": first.token, "password": "Another-Pass-9"}
        assert api("POST", "/v1/auth/reset", body).status == 204


def test_what_cannot_be_written_is_reported_tried_ten_times_and_holds_up_nothing(
    database: Database, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    person = make_user()
    with time_machine.travel(START, tick=False) as clock:
        broken = [ask_for("plan_limit_near", person.email) for _ in range(60)]
        assert tell(broken[0]) == ["0"]
        clock.shift(timedelta(minutes=1))
        good = ask_for("reset", person.email)
        assert sum(tick() for _ in range(2)) == 1
        for _ in range(30):
            clock.shift(timedelta(days=1))
            tick()
        assert tick() == 0
    assert {state_of(mail_id).attempts for mail_id in broken} == {10}
    assert state_of(good).sent_at is not None


def test_one_bad_message_of_a_batch_does_not_fail_the_others(database: Database, mailbox: Mailbox) -> None:
    people = [make_user() for _ in range(3)]
    good = [ask_for("password_changed", person.email) for person in people]
    broken = ask_for("plan_limit_near", people[0].email)
    assert tell(good[0], broken, good[1], {"something": "else"}, good[2]) == ["1", "3"]
    assert [mail.to for mail in mailbox.mails()] == [person.email for person in people]


@pytest.mark.parametrize("body", ["", "{", "null", "[]", "7", '"x"', '{"account_mail_id": null}', '{"id": "x"}'])
def test_a_message_that_cannot_be_read_fails_alone(database: Database, mailbox: Mailbox, body: str) -> None:
    mail_id = ask_for("password_changed", make_user().email)
    assert tell_raw(body, f'{{"account_mail_id": "{mail_id}"}}') == ["0"]
    assert len(mailbox.mails()) == 1


def test_a_message_about_a_mail_that_is_gone_is_done(database: Database, mailbox: Mailbox) -> None:
    assert tell("no-such-mail") == []


def test_a_queue_that_cannot_be_reached_leaves_the_mail_to_the_schedule(
    either: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_user()
    monkeypatch.setenv("MAIL_QUEUE_URL", f"{settings().mail_queue_url}-that-is-not-there")
    settings.cache_clear()
    assert api("POST", "/v1/auth/forgot", {"email": person.email}).status == 202
    assert [mail.sent_at for mail in found(AccountMail)] == [None]
    assert tick() == 1
    assert len(mailbox.mails(person.email)) == 1


def test_a_change_that_is_refused_leaves_no_mail(database: Database, mailbox: Mailbox) -> None:
    token = token_of(make_user())
    for new in ("weak", PASSWORD):
        body = {"current_password": PASSWORD, "new_password": new}
        assert api("PUT", "/v1/auth/password", body, token=token).status == 422
    assert (found(AccountMail), tick()) == ([], 0)


def test_when_ses_is_down_nobody_who_signs_in_notices(database: Database, mailbox: Mailbox) -> None:
    refuse_sender()
    person = make_user()
    assert [login(person.email, "Wrong-Horse-1").status for _ in range(5)] == [401] * 5
    assert tick() == 0
    assert [mail.attempts for mail in found(AccountMail)] == [1]
