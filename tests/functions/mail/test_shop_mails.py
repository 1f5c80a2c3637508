"""Mails that shops send: in the shop's name, one for an event, whoever is told of it and whatever crashes."""

import logging
from datetime import timedelta
from typing import Any

import boto3
import pytest
import time_machine
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from shared.models import Customer, CustomerToken, Store
from shared.models.base import new_id, now
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.aws import REGION, Mailbox
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.identity.people import START, at_once, change, found, make_user
from tests.functions.mail.post import Crash, accept_sender, ask_for, crashing, refuse_sender, tell, tell_raw, tick
from tests.functions.mail.shops import RECIPIENT, event_of, kept, publish_mail

HOLD = timedelta(minutes=2)
LINES = [{"name": "Desk lamp", "quantity": 2, "total": "40.00"}, {"name": "Bulb", "quantity": 1, "total": "9.00"}]
ORDER = {"total": "49.00", "currency": "EUR", "lines": LINES}


def make_customer(store_id: str, **given: Any) -> None:
    with tenant_session(store_id) as session:
        session.add(Customer(**({"id": new_id(), "email": RECIPIENT, "first_name": "Ada"} | given)))


def test_a_message_sends_its_mail_once_in_the_shops_name(
    either: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    store_id = make_store(name='Łampy & "Co"', email="shop@lampy.example")
    boto3.client("sesv2")
    from functions.mail import service  # noqa: PLC0415 - its client is made within moto

    service._ses().meta.events.register(
        "provide-client-params.sesv2.SendEmail", lambda params, **_: sent.append(params)
    )
    message = publish_mail(store_id)
    assert [tell(message), tell(message), tick()] == [[], [], 0]
    assert len(mailbox.mails(RECIPIENT)) == 1
    assert sent[0]["ReplyToAddresses"] == ["shop@lampy.example"]
    assert sent[0]["FromEmailAddress"].endswith("<no-reply@stormcom.example>")
    (mail,) = kept()
    event = event_of(message)
    assert (mail.dedupe_key, mail.recipient, mail.template) == (event.id, RECIPIENT, "order_delivered")
    assert mail.subject == 'Łampy & "Co": your order ORD-1001 was delivered'
    assert (mail.sent_at, bool(mail.provider_id), event.attempts) == (event.sent_at, True, 1)
    assert event.sent_at is not None


def test_the_schedule_finds_the_mails_of_every_shop_and_those_about_accounts(
    either: Database, mailbox: Mailbox
) -> None:
    for _ in range(3):
        publish_mail(make_store())
    ask_for("reset", make_user().email)
    assert tick() == 4
    assert (len(mailbox.mails()), tick()) == (4, 0)


def test_five_workers_at_once_send_one_mail(database: Database, mailbox: Mailbox) -> None:
    message = publish_mail(make_store())
    at_once(5, lambda number: tell(message) if number % 2 else tick())
    assert len(mailbox.mails()) == 1
    assert event_of(message).attempts == 1


def test_events_with_one_key_are_one_mail(database: Database, mailbox: Mailbox) -> None:
    store_id, other = make_store(), make_store()
    messages = [publish_mail(store_id, key="order_placed:1", template="order_placed", **ORDER) for _ in range(5)]
    with time_machine.travel(now(), tick=False) as clock:
        at_once(5, lambda number: tell(messages[number]))
        clock.shift(timedelta(minutes=3))
        assert tell(*messages) == []
    assert len(mailbox.mails()) == 1
    assert all(event_of(message).sent_at for message in messages)
    tell(publish_mail(other, key="order_placed:1"))
    assert len(mailbox.mails()) == 2


def test_a_crash_before_ses_has_it_is_made_good_after_the_hold(either: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        message = publish_mail(make_store())
        with crashing("before-send"), pytest.raises(Crash):
            tell(message)
        assert (tell(message), len(mailbox.mails())) == ([], 0)
        clock.shift(HOLD)
        assert tell(message) == []
    assert (len(mailbox.mails()), len(kept())) == (1, 1)


def test_a_crash_between_ses_and_the_commit_sends_a_second_one_and_both_links_work(
    database: Database, mailbox: Mailbox
) -> None:
    store_id = make_store()
    make_customer(store_id)
    with time_machine.travel(START, tick=False) as clock:
        message = publish_mail(store_id, "customer_reset")
        with crashing("after-call"), pytest.raises(Crash):
            tell(message)
        clock.shift(HOLD)
        assert tick() == 1
    first, second = mailbox.mails(RECIPIENT)
    assert first.token != second.token
    assert (len(found(CustomerToken)), len(kept()), kept()[0].attempts) == (2, 1, 2)
    assert first.token not in kept()[0].body_text


def test_a_mail_that_ses_refuses_is_reported_and_tried_ten_times_ever_later(
    database: Database, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    with time_machine.travel(START, tick=False) as clock:
        message = publish_mail(make_store())
        refuse_sender()
        assert tell(message) == ["0"]
        waits = []
        for _ in range(10):
            waits.append(int((event_of(message).available_at - START).total_seconds() / 60))
            clock.move_to(event_of(message).available_at)
            tick()
        accept_sender()
        clock.shift(timedelta(days=30))
        assert (tick(), tell(message)) == (0, [])
    assert waits == [2, 6, 14, 30, 62, 126, 254, 510, 1022, 1534]


def test_no_log_tells_whom_a_mail_is_for(
    database: Database, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="functions")
    refuse_sender()
    assert tell(publish_mail(make_store())) == ["0"]
    assert RECIPIENT not in "".join(record.getMessage() for record in caplog.records)


@pytest.mark.parametrize(
    "body",
    ['{"store_id": "x"}', '{"outbox_event_id": "x"}', '{"store_id": 7, "outbox_event_id": "x"}', '{"store_id": null}'],
)
def test_a_message_that_names_no_event_fails_alone(database: Database, mailbox: Mailbox, body: str) -> None:
    assert tell_raw(body) == ["0"]


def test_an_event_of_another_store_or_of_none_is_done_without_a_mail(database: Database, mailbox: Mailbox) -> None:
    store_id, gone = make_store(), make_store()
    message = publish_mail(store_id)
    of_gone = publish_mail(gone)
    change(Store, gone, deleted_at=now())
    assert tell(message | {"store_id": make_store()}, message | {"outbox_event_id": "none"}, of_gone) == []
    assert mailbox.mails() == []
    assert event_of(message).sent_at is None


@pytest.mark.parametrize("template", ["customer_register", "customer_reset", "customer_password_changed"])
def test_an_address_without_a_customer_gets_none(database: Database, mailbox: Mailbox, template: str) -> None:
    store_id = make_store()
    make_customer(make_store(), email_verified=True)
    message = publish_mail(store_id, template)
    assert tell(message) == []
    assert (mailbox.mails(), bool(event_of(message).sent_at)) == ([], True)


def test_a_name_that_a_stranger_chose_is_not_passed_on(database: Database, mailbox: Mailbox) -> None:
    store_id = make_store()
    make_customer(store_id, first_name="Your prize waits at evil.example")
    for template in ("customer_register", "customer_reset", "order_delivered"):
        tell(publish_mail(store_id, template))
    assert len(mailbox.mails()) == 3
    assert [mail for mail in mailbox.mails() if "evil.example" in mail.text] == []


@pytest.mark.parametrize(
    ("domains", "url"),
    [
        (("lamps.example", "shops.example"), "https://lamps.example"),
        ((None, "shops.example"), "https://lamps.shops.example"),
        ((None, ""), "https://app.example.com/shops/lamps"),
    ],
)
def test_a_link_leads_to_the_shop(
    database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, domains: tuple[str | None, str], url: str
) -> None:
    domain, ours = domains
    monkeypatch.setenv("STOREFRONT_DOMAIN", ours)
    settings.cache_clear()
    store_id = make_store(slug="lamps", domain=domain)
    make_customer(store_id)
    tell(publish_mail(store_id, "customer_register"))
    assert f"{url}/account/verify?token=stc_" in mailbox.last(RECIPIENT).text


def test_an_orders_mail_lists_its_lines(database: Database, mailbox: Mailbox) -> None:
    tell(publish_mail(make_store(), "order_placed", **ORDER))
    text = mailbox.last(RECIPIENT).text
    assert "2 x Desk lamp: 40.00 EUR\n1 x Bulb: 9.00 EUR" in text
    assert "Total: 49.00 EUR" in text
    assert len(ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages) == 1


def test_a_parcels_mail_tells_how_to_follow_it(database: Database, mailbox: Mailbox) -> None:
    tracking = {"carrier": "DHL", "number": "JD01", "url": "https://dhl.example/JD01"}
    store_id = make_store()
    tell(publish_mail(store_id, "order_shipped", tracking=tracking), publish_mail(store_id, "order_shipped"))
    followed, plain = mailbox.mails(RECIPIENT)
    assert "with DHL" in followed.text
    assert "https://dhl.example/JD01" in followed.text
    assert "tracking" not in plain.text
