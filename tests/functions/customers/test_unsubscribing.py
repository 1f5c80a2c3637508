"""One click ends a shop's mails (RFC 8058): by a mail program, or by a person on a page, signed in nowhere."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine

from functions.customers.handler import handler
from functions.mail import service
from shared.customer_mails import mail_later
from shared.models import AuditLog, Cart, ConsentRecord, Customer, CustomerToken, Store
from shared.models.base import new_id, now
from shared.models.enums import StoreStatus
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.aws import Mailbox
from tests.calls import Answer, Context, call, http_event
from tests.conftest import Database
from tests.functions.customers.shopping import change, make_customer, rows
from tests.functions.mail.post import tick
from tests.functions.stores.people import Shop, make_shop

FORM = "application/x-www-form-urlencoded"
MAIL = "ada@example.com"


@pytest.fixture
def sent(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What SES is asked to send, by an API that mail programs reach."""
    monkeypatch.setenv("API_URL", "https://api.example.com/")
    settings.cache_clear()
    found: list[dict[str, Any]] = []
    events = service._ses().meta.events
    events.register("provide-client-params.sesv2.SendEmail", lambda params, **_: found.append(params))
    return found


def _remind(shop: Shop, email: str = MAIL) -> None:
    """Have a customer, who is made if need be, reminded of a cart."""
    found = rows(Customer, Customer.email == email, Customer.store_id == shop.id)
    customer_id = found[0].id if found else make_customer(shop, email, marketing_opt_in=True)
    cart = Cart(id=new_id(), customer_id=customer_id, expires_at=now() + timedelta(days=30))
    with tenant_session(shop.id) as session:
        session.add(cart)
        session.flush()
        mail_later(session, "cart_left", email, cart_id=cart.id, mail="1", lines=[])
    assert tick() == 1


def _headers(params: dict[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in params["Content"]["Simple"]["Headers"]}


def _link(params: dict[str, Any]) -> str:
    found = re.fullmatch(r"<(https://api\.example\.com/v1/unsubscribe/[^>]+)>", _headers(params)["List-Unsubscribe"])
    assert found is not None
    return urlsplit(found.group(1)).path


def _click(path: str, body: str = "List-Unsubscribe=One-Click", media: str = FORM) -> Answer:
    """What a mail program does: a POST with nothing that says who or in which shop."""
    event = http_event("POST", path, {"content-type": media}) | {"body": body}
    answer = handler(event, Context())
    return Answer(answer["statusCode"], answer["headers"], answer["body"])


def _look(path: str) -> Answer:
    return call(handler, path)


def test_a_reminder_of_a_cart_has_both_headers_and_other_mails_have_none(
    database: Database, sent: list[dict[str, Any]]
) -> None:
    shop = make_shop()
    _remind(shop)
    with tenant_session(shop.id) as session:
        mail_later(session, "customer_password_changed", MAIL)
    assert tick() == 1

    assert _headers(sent[0])["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert len(_link(sent[0])) > 60
    assert _headers(sent[1]) == {}


def test_one_click_withdraws_the_consent_once_however_often_it_comes(
    database: Database, sent: list[dict[str, Any]]
) -> None:
    shop = make_shop()
    _remind(shop)

    answers = [_click(_link(sent[0])) for _ in range(3)]

    assert [one.status for one in answers] == [200] * 3
    assert "no more mails" in answers[0].text
    (customer,) = rows(Customer, Customer.email == MAIL)
    assert customer.marketing_opt_in is False
    (consent,) = rows(ConsentRecord, ConsentRecord.customer_id == customer.id)
    assert (consent.granted, consent.source, consent.purpose) == (False, "mail", "marketing")
    assert len(rows(AuditLog, AuditLog.action == "customer.unsubscribed")) == 1


def test_a_look_at_the_link_asks_and_changes_nothing(database: Database, sent: list[dict[str, Any]]) -> None:
    shop = make_shop(name="<b>Lamps & Co</b>")
    _remind(shop)

    page = _look(_link(sent[0]))

    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<form method="post">' in page.text
    assert "&lt;b&gt;Lamps &amp; Co&lt;/b&gt;" in page.text
    assert rows(Customer, Customer.email == MAIL)[0].marketing_opt_in is True


def test_a_multipart_body_and_a_closed_shop_will_do(database: Database, sent: list[dict[str, Any]]) -> None:
    shop = make_shop()
    _remind(shop)
    change(Store, shop.id, status=StoreStatus.SUSPENDED)
    body = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'

    answer = _click(_link(sent[0]), body, "multipart/form-data; boundary=x")

    assert answer.status == 200
    assert rows(Customer, Customer.email == MAIL)[0].marketing_opt_in is False


def test_what_is_no_link_of_the_store_does_nothing(database: Database, sent: list[dict[str, Any]]) -> None:
    shop, other = make_shop(), make_shop()
    _remind(shop)
    path = _link(sent[0])
    elsewhere, made_up = path.replace(shop.id, other.id), path[:-4] + "AAAA"
    change(CustomerToken, rows(CustomerToken)[0].id, purpose="reset")

    asked = [_click(one) for one in (elsewhere, made_up, path, f"/v1/unsubscribe/{new_id()}/stc_x")]

    assert [one.status for one in asked] == [404] * 4
    assert [one.json["code"] for one in asked] == ["link_not_found"] * 3 + ["store_not_found"]
    assert rows(Customer, Customer.email == MAIL)[0].marketing_opt_in is True


def test_a_link_is_good_for_half_a_year(database: Database, sent: list[dict[str, Any]]) -> None:
    shop = make_shop()
    _remind(shop)
    with time_machine.travel(now() + timedelta(days=179), tick=False):
        assert _look(_link(sent[0])).status == 200
    with time_machine.travel(now() + timedelta(days=181), tick=False):
        assert _click(_link(sent[0])).status == 404


def test_the_token_is_not_kept_with_the_mail(database: Database, sent: list[dict[str, Any]]) -> None:
    from tests.functions.privacy.looking import places_of  # noqa: PLC0415 - beside its one use

    _remind(make_shop())
    assert places_of(database, _link(sent[0]).rpartition("/")[2]) == []
