"""What a customer takes away: all of it, once, by a link that works for seven days."""

import json
from datetime import timedelta
from typing import Any

import boto3
import time_machine
from sqlalchemy import update

from functions.privacy.handler import handler
from shared.models import Base, ConsentRecord, PrivacyRequest
from shared.models.base import now
from shared.models.enums import PrivacyRequestStatus
from shared.privacy.holdings import HOLDINGS
from shared.settings import settings
from shared.tenancy import scheduled_session
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.calls import Context
from tests.conftest import Database
from tests.functions.customers.shopping import ADA, change, make_customer, register, rows, shop_api, token_of, verify
from tests.functions.privacy.looking import filled
from tests.functions.stores.people import make_shop


def _fetched(request: PrivacyRequest) -> Any:
    key = str(request.storage_key)
    found = boto3.client("s3").get_object(Bucket=settings().files_bucket, Key=key)
    return json.loads(found["Body"].read())


def test_an_export_holds_every_table_that_tells_of_the_customer(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    ids = filled(database, shop)
    messages = Base.metadata.tables["email_messages"]
    with scheduled_session() as session:
        customers = Base.metadata.tables["customers"]
        named = update(customers).where(customers.c.id == ids["customers"]).values(email=ADA, password_hash="x")
        session.connection().execute(named)
        session.connection().execute(
            update(messages).where(messages.c.id == ids["email_messages"]).values(recipient=ADA)
        )

    asked = api("POST", f"/v1/customers/{ids['customers']}/data-export", token=shop.admin.token)

    assert (asked.status, asked.json["status"], asked.json["url"]) == (202, "PENDING", None)
    assert handler({}, Context())["done"] == 1
    (done,) = rows(PrivacyRequest, PrivacyRequest.id == asked.json["id"])
    written = _fetched(done)
    text = json.dumps(written)
    shown = [name for name, holding in HOLDINGS.items() if holding.is_shown]
    assert [name for name in shown if ids[name] not in text] == []
    assert written["customer"]["email"] == ADA
    assert written["orders"][0]["order_items"][0]["id"] == ids["order_items"]
    assert "password_hash" not in text
    assert shop.id not in text
    deliver_mails()
    listed = api("GET", "/v1/privacy-requests?kind=EXPORT", token=shop.admin.token).json["items"]
    assert next(one for one in listed if one["id"] == done.id)["url"].startswith("https://")


def test_a_customer_gets_a_mail_whose_link_works_for_seven_days(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    token = token_of(shop, make_customer(shop, ADA))
    first = shop_api(shop, "POST", "me/data-export", token=token)
    second = shop_api(shop, "POST", "me/data-export", token=token)
    assert (first.status, first.json["id"]) == (202, second.json["id"])

    assert handler({}, Context()) == {"done": 1}
    assert handler({}, Context()) == {"done": 0}
    deliver_mails()

    link = mailbox.last(ADA).token
    given = shop_api(shop, "POST", "data-exports", {"token": link})
    assert (given.status, given.json["url"].startswith("https://")) == (200, True)
    (own,) = shop_api(shop, "GET", "me/data-export", token=token).json["items"]
    assert own["status"] == "COMPLETED"
    assert own["url"]
    assert shop_api(make_shop(), "POST", "data-exports", {"token": link}).status == 404
    with time_machine.travel(now() + timedelta(days=7, minutes=1)):
        assert shop_api(shop, "POST", "data-exports", {"token": link}).status == 404


def test_a_worker_that_was_cut_off_leaves_the_request_to_the_next(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    token = token_of(shop, make_customer(shop, ADA))
    request_id = shop_api(shop, "POST", "me/data-export", token=token).json["id"]
    change(PrivacyRequest, request_id, status=PrivacyRequestStatus.PROCESSING, resume_at=now() + timedelta(minutes=5))
    assert handler({}, Context()) == {"done": 0}
    with time_machine.travel(now() + timedelta(minutes=6)):
        change(PrivacyRequest, request_id, resume_at=now() - timedelta(hours=1))
        body = json.dumps({"store_id": shop.id, "privacy_request_id": request_id})
        told = {"Records": [{"messageId": "1", "body": body}, {"messageId": "2", "body": "[]"}]}
        assert handler(told, Context()) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert rows(PrivacyRequest)[0].status is PrivacyRequestStatus.COMPLETED


def test_consent_is_written_down_on_registering_and_whenever_it_changes(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    register(shop, marketing_opt_in=True)
    register(shop, marketing_opt_in=True)
    verify(shop, mailbox)
    (customer,) = {row.customer_id for row in rows(ConsentRecord)}
    token = token_of(shop, customer)
    shop_api(shop, "PATCH", "me", {"marketing_opt_in": True}, token=token)
    shop_api(shop, "PATCH", "me", {"marketing_opt_in": False}, token=token)
    api("PATCH", f"/v1/customers/{customer}", {"marketing_opt_in": True}, token=shop.admin.token)

    found = [(row.purpose, row.granted, row.source) for row in rows(ConsentRecord)]

    assert found == [
        ("marketing", True, "registration"),
        ("marketing", False, "profile"),
        ("marketing", True, "staff"),
    ]
