"""Exports of orders: what is in the file, how it gets there, and what a crash does to it."""

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from sqlalchemy import event, insert, select, update

from functions.orders.exports import parts
from functions.orders.exports.worker import handler as worker
from shared.database import function_engine
from shared.models import AuditLog, Order, OrderExport
from shared.models.base import new_id, now
from shared.models.enums import OrderStatus, PaymentStatus
from shared.settings import settings
from shared.spreadsheets import unguarded
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import Answer, Context, counted
from tests.conftest import Database
from tests.functions.orders.selling import ADDRESS, Sold, sell
from tests.functions.stores.people import Shop, join, make_shop

AT = datetime(2026, 11, 20, 23, 30, 15, tzinfo=UTC)
Rows = list[dict[str, str]]


@pytest.fixture(autouse=True)
def _aws(mailbox: object) -> None:
    """The bucket and the queue."""


def ask(shop: Shop, **filters: Any) -> Answer:
    """Ask for an export."""
    return api("POST", "/v1/orders/export", filters, token=shop.admin.token)


def work(context: Any = None) -> None:
    """Let the worker take its messages until there are none."""
    sqs = boto3.client("sqs")
    url = settings().order_export_queue_url
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages"):
        body = {"Records": [{"messageId": "one", "body": found[0]["Body"], "eventSource": "aws:sqs"}]}
        if not worker(body, context or Context())["batchItemFailures"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])


def progress(shop: Shop, asked: Answer) -> dict[str, Any]:
    """How far an export is."""
    assert asked.status == 202, asked.text
    answer = api("GET", asked.headers["location"], token=shop.admin.token)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def file_of(shop: Shop, asked: Answer) -> bytes:
    """The file of an export that is done."""
    found = progress(shop, asked)
    assert (found["status"], found["percent"], found["error"]) == ("COMPLETED", 100, None)
    key = found["download_url"].partition("?")[0].partition(f"{settings().files_bucket}/")[2]
    content: bytes = boto3.client("s3").get_object(Bucket=settings().files_bucket, Key=key)["Body"].read()
    assert len(content) == found["file_size"]
    return content


def exported(shop: Shop, **filters: Any) -> Rows:
    """The rows of an export."""
    asked = ask(shop, **filters)
    work()
    return rows_of(file_of(shop, asked))


def rows_of(content: bytes) -> Rows:
    """What a program that reads CSV finds."""
    found = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [{name: unguarded(value) for name, value in row.items()} for row in found]


def test_each_line_is_a_row_and_the_order_stands_on_the_first(either: Database) -> None:
    shop = make_shop(currency="KWD")
    lines = [
        Sold("10.5", 3, "2", "5.6", name='Kettle, "quiet"\nand red'),
        Sold("1", name="=HYPERLINK(1)", more={"attributes": {}, "quantity_shipped": 1}),
    ]
    sell(
        shop.id,
        lines,
        at=AT,
        order_number="ORD-1",
        currency="KWD",
        shipping_cost="4.9",
        notes="@SUM(A1)",
        customer_phone="+49 30 1",
        shipping_address=ADDRESS | {"first_name": "-1+1", "city": "ঢাকা"},
        confirmed_at=AT,
    )
    sell(shop.id, [], at=AT + timedelta(seconds=1), order_number="ORD-2")

    first, second, empty = exported(shop)

    expected = {
        **{"order_number": "ORD-1", "customer_email": "buyer@example.com", "created_at": "2026-11-20T23:30:15Z"},
        **{"confirmed_at": "2026-11-20T23:30:15Z", "shipped_at": "", "status": "PENDING", "currency": "KWD"},
        **{"subtotal": "32.500", "discount_amount": "2.000", "shipping_cost": "4.900", "tax_amount": "5.600"},
        **{"total": "41.000", "amount_paid": "0.000", "payment_methods": "BANK_TRANSFER", "notes": "@SUM(A1)"},
        **{"customer_phone": "+49 30 1", "shipping_first_name": "-1+1", "shipping_city": "ঢাকা"},
        **{"billing_city": "Berlin", "line_name": 'Kettle, "quiet"\nand red', "line_options": "Color: Red"},
        **{
            "line_quantity": "3",
            "line_unit_price": "10.500",
            "line_subtotal": "31.500",
            "line_discount_amount": "2.000",
        },
        **{"line_tax_amount": "5.600", "line_total": "35.100", "line_quantity_shipped": "0"},
    }
    assert {name: first[name] for name in expected} == expected
    told = {name: value for name, value in second.items() if value}
    told.pop("line_sku")
    assert told == {
        **{"order_number": "ORD-1", "customer_email": "buyer@example.com", "line_name": "=HYPERLINK(1)"},
        **{"line_quantity": "1", "line_unit_price": "1.000", "line_subtotal": "1.000", "line_discount_amount": "0.000"},
        **{"line_tax_amount": "0.000", "line_total": "1.000", "line_quantity_fulfilled": "0"},
        **{"line_quantity_shipped": "1", "line_quantity_refunded": "0"},
    }
    assert (empty["order_number"], empty["line_sku"], empty["total"]) == ("ORD-2", "", "0.00")


def test_no_cell_is_taken_for_a_formula(database: Database) -> None:
    shop = make_shop()
    sell(shop.id, [Sold("1.00", name="=1+1")], notes="\t=2", customer_phone="+1", coupon_code="@x, -y")

    asked = ask(shop)
    work()

    cells = [cell for row in csv.reader(io.StringIO(file_of(shop, asked).decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_the_filters_are_those_of_the_list(database: Database) -> None:
    shop, other = make_shop(), make_shop()
    sell(shop.id, order_number="A-1", at=AT, status=OrderStatus.CONFIRMED, customer_email="ada@example.com")
    sell(shop.id, order_number="A-2", at=AT + timedelta(days=1), payment_status=PaymentStatus.PAID)
    sell(shop.id, order_number="B-3", at=AT + timedelta(days=2))
    sell(shop.id, order_number="A-4", at=AT, deleted_at=AT)
    sell(other.id, order_number="A-5", at=AT)

    def numbers(**filters: Any) -> list[str]:
        return [row["order_number"] for row in exported(shop, **filters)]

    assert numbers() == ["A-1", "A-2", "B-3"]
    assert numbers(status="CONFIRMED") == ["A-1"]
    assert numbers(payment_status="PAID") == ["A-2"]
    assert numbers(q="a-") == ["A-1", "A-2"]
    assert numbers(email="Ada@example.com") == ["A-1"]
    day = {"created_from": (AT + timedelta(days=1)).isoformat(), "created_to": (AT + timedelta(days=2)).isoformat()}
    assert numbers(**day) == ["A-2"]
    assert numbers(deleted=True) == ["A-4"]
    assert numbers(customer_id="nobody") == []
    assert ask(shop, status="LOST").status == 422
    assert ask(shop, colour="red").status == 422


def test_it_is_told_and_written_down_who_exported_what(database: Database) -> None:
    shop = make_shop()
    sell(shop.id)

    asked = ask(shop, status="PENDING")
    before = progress(shop, asked)
    work()

    assert (before["status"], before["percent"], before["download_url"]) == ("QUEUED", 0, None)
    done = progress(shop, asked)
    assert (done["position"], done["total"], done["mime_type"]) == (1, 1, "text/csv")
    assert done["file_name"].startswith("orders-20")
    assert "response-content-disposition=attachment" in done["download_url"]
    with tenant_session(shop.id) as session:
        log = session.scalars(select(AuditLog).where(AuditLog.action == "orders.exported")).one()
    assert (log.actor_email, log.after_snapshot) == (
        shop.admin.email,
        {"file_name": done["file_name"], "orders": 1, "filters": {"status": "PENDING"}},
    )


def test_who_may_export_and_see_it(database: Database) -> None:
    shop, other = make_shop(), make_shop()
    allowed, not_allowed = (join(shop.id, permissions=[one]).token for one in ("orders:read", "reports:read"))
    asked = api("POST", "/v1/orders/export", {}, token=allowed)

    assert asked.status == 202
    assert api("POST", "/v1/orders/export", {}, token=not_allowed).status == 403
    assert api("GET", asked.headers["location"], token=not_allowed).status == 403
    assert api("GET", asked.headers["location"], token=other.admin.token).json["code"] == "export_not_found"


def test_too_many_at_once_are_refused(database: Database) -> None:
    shop = make_shop()
    answers = [ask(shop).status for _ in range(21)]

    assert answers == [202] * 20 + [409]
    work()
    assert ask(shop).status == 202


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few orders."""
    monkeypatch.setattr(parts, "PAGE", 3)
    monkeypatch.setattr(parts, "PART_BYTES", 2000)
    monkeypatch.setattr("moto.settings.S3_UPLOAD_PART_MIN_SIZE", 1)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)


class PowerCutError(BaseException):
    """What no code of ours catches."""


@contextmanager
def cut_off(after: int) -> Iterator[None]:
    """Let the power fail at a statement to the database, counted from now."""
    left = [after]

    def cut(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise PowerCutError

    event.listen(function_engine(), "before_cursor_execute", cut)
    try:
        yield
    except PowerCutError:
        pass
    finally:
        event.remove(function_engine(), "before_cursor_execute", cut)


@pytest.mark.usefixtures("small_parts")
def test_wherever_it_is_cut_off_the_file_is_the_same(database: Database) -> None:
    shop = make_shop()
    for number in range(25):
        sell(shop.id, order_number=f"ORD-{number:03}", at=AT + timedelta(minutes=number // 2))
    whole = ask(shop)
    with counted(function_engine()) as sent:
        work()
    expected = file_of(shop, whole)
    assert len(rows_of(expected)) == 25

    for after in range(1, len(sent), 7):
        asked = ask(shop)
        with cut_off(after):
            work()
        with tenant_session(shop.id) as session:
            # Nobody has been at it for a while.
            long_ago = update(OrderExport).where(OrderExport.id == asked.json["id"]).values(resume_at=AT)
            session.execute(long_ago.execution_options(synchronize_session=False))
        worker({}, Context())
        work()
        assert file_of(shop, asked) == expected, after


@pytest.mark.usefixtures("small_parts")
def test_a_worker_whose_time_is_up_hands_over_and_another_goes_on_where_it_was(database: Database) -> None:
    shop = make_shop()
    for number in range(12):
        sell(shop.id, order_number=f"ORD-{number:03}", at=AT + timedelta(minutes=number))
    asked = ask(shop)
    left = iter([100_000, 100_000, 1_000, 100_000, 1_000])

    class Busy(Context):
        def get_remaining_time_in_millis(self) -> int:
            return next(left, 100_000)

    work(Busy())

    assert [row["order_number"] for row in rows_of(file_of(shop, asked))] == [f"ORD-{n:03}" for n in range(12)]


def test_what_is_ordered_meanwhile_is_not_in_it(database: Database) -> None:
    shop = make_shop()
    sell(shop.id, order_number="ORD-1", at=AT)
    asked = ask(shop)
    sell(shop.id, order_number="ORD-2", at=now() + timedelta(seconds=5))

    work()

    assert [row["order_number"] for row in rows_of(file_of(shop, asked))] == ["ORD-1"]


def test_a_message_that_comes_again_changes_nothing(database: Database) -> None:
    shop = make_shop()
    asked = ask(shop)
    work()
    before = progress(shop, asked)["finished_at"]

    message = json.dumps({"store_id": shop.id, "transfer_id": asked.json["id"]})
    for body in (message, json.dumps({"store_id": "none", "transfer_id": asked.json["id"]})):
        assert worker({"Records": [{"messageId": "1", "body": body}]}, Context()) == {"batchItemFailures": []}

    assert progress(shop, asked)["finished_at"] == before


def test_memory_holds_a_part_whatever_the_number_of_orders(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 200_000)
    monkeypatch.setattr(parts, "PAGE", 50)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)
    shop = make_shop()
    sell(shop.id)
    with tenant_session(shop.id) as session:
        amounts = {"subtotal": Decimal(1), "total": Decimal(1), "shipping_address": ADDRESS, "billing_address": ADDRESS}
        session.execute(
            insert(Order),
            [
                {"id": new_id(), "order_number": f"N-{number}", "customer_email": "a@example.com", "notes": "n" * 2000}
                | amounts
                for number in range(800)
            ],
        )

    class Bodiless:
        """S3 that keeps nothing, since here it shares our memory."""

        def __init__(self) -> None:
            self.largest = 0

        def upload_part(self, Body: bytes, **_: Any) -> dict[str, str]:  # noqa: N803 - as S3 calls it
            self.largest = max(self.largest, len(Body))
            return {"ETag": "x"}

        def create_multipart_upload(self, **_: Any) -> dict[str, str]:
            return {"UploadId": "u"}

        def complete_multipart_upload(self, **_: Any) -> None:
            """Nothing."""

        def head_object(self, **_: Any) -> dict[str, int]:
            return {"ContentLength": 1}

    kept = Bodiless()
    monkeypatch.setattr(parts, "s3", lambda: kept)
    asked = ask(shop)
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert progress(shop, asked)["position"] == 801
    assert kept.largest < 450_000
    assert peak < 12_000_000
