"""The jobs that change nothing of their own, and the purge: five times in a row or at once, they do things once."""

import json
from collections.abc import Callable
from datetime import timedelta

import boto3
import pytest
from sqlalchemy import update

from functions.jobs import registry
from functions.mail.handler import handler as mailer
from functions.purge.handler import handler as purge
from shared.customer_mails import mail_later
from shared.job_runs import Run
from shared.models import SyncQueue, Variant
from shared.models.base import new_id, now
from shared.models.enums import SyncDirection, SyncOperation
from shared.settings import settings
from shared.tenancy import scheduled_session, tenant_session
from tests.aws import Mailbox
from tests.calls import Context
from tests.conftest import Database
from tests.factories import make_integration, make_product
from tests.functions.jobs.clockwork import NOON, Time, changed, counts, everything, run, run_together, runs
from tests.functions.jobs.due import DAY, open_store, variant_in
from tests.functions.purge.purging import delete_at, orphans
from tests.functions.stores.threads import together

LATE = timedelta(minutes=2)


def _messages(url: str) -> list[dict[str, str]]:
    """All messages in a queue, taken out."""
    found: list[dict[str, str]] = []
    while batch := boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        found += [json.loads(one["Body"]) for one in batch]
    return found


def _differing(_: str) -> None:
    variant_id = variant_in(open_store(), stock_quantity=5)
    with scheduled_session() as session:
        session.connection().execute(
            update(Variant.__table__).where(Variant.__table__.c.id == variant_id).values(stock_quantity=6)  # type: ignore[arg-type] - a table
        )


def _change(store_id: str) -> None:
    facts = {"entity_type": "product", "entity_id": "p", "data": {}, "operation": SyncOperation.UPDATE}
    moments = {"direction": SyncDirection.INBOUND, "available_at": NOON - DAY, "created_at": NOON - DAY}
    to = make_integration(store_id)
    with tenant_session(store_id) as session:
        session.add(SyncQueue(id=new_id(), integration_id=to, **facts, **moments))


@pytest.mark.parametrize(
    ("job", "make", "done"),
    [("check_ledger", _differing, {"stores": 1, "differences": 1}), ("sweep_syncs", _change, {"changes": 1})],
)
def test_it_says_the_same_each_time_and_changes_nothing(
    mailbox: Mailbox, database: Database, job: str, make: Callable[[str], None], done: dict[str, int]
) -> None:
    make(open_store())
    start = everything(database)

    outcomes = [run(job) for _ in range(5)] + run_together(job, NOON + DAY, times=2)

    assert [one["counts"] for one in outcomes if one["status"] != "SKIPPED"][:5] == [done] * 5
    assert {one["status"] for one in outcomes} <= {"FAILED" if job == "check_ledger" else "COMPLETED", "SKIPPED"}
    assert changed(start, everything(database)) == []


def test_an_event_that_is_swept_many_times_is_one_mail(mailbox: Mailbox, database: Database) -> None:
    store_id = open_store()
    with tenant_session(store_id) as session:
        mail_later(session, "order_delivered", "ada@example.com", order_number="ORD-1")
    _messages(settings().mail_queue_url)

    for _ in range(5):
        assert counts("sweep_outbox", now() + LATE) == {"outbox_events": 1}
    run_together("sweep_outbox", now() + DAY, times=2)
    told = _messages(settings().mail_queue_url)
    records = [{"messageId": str(number), "body": json.dumps(one)} for number, one in enumerate(told)]
    together(*[lambda record=record: mailer({"Records": [record]}, Context()) for record in records])  # type: ignore[misc] - bound now

    assert len(told) >= 6
    assert len(mailbox.mails("ada@example.com")) == 1
    assert counts("sweep_outbox", now() + DAY) == {}


def test_what_was_left_is_finished_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def act(run: Run) -> None:
        begun.append(run.name)
        run.more_to_do = len(begun) == 1

    monkeypatch.setattr(registry, "JOBS", {**registry.JOBS, "low_stock_digest": act})
    monkeypatch.setattr("functions.jobs.handler.JOBS", registry.JOBS)
    assert run("low_stock_digest")["more_to_do"] is True

    outcomes = [*run_together("finish", NOON + DAY, times=3), *(run("finish", NOON + DAY) for _ in range(5))]

    assert sum(one["counts"].get("low_stock_digest", 0) for one in outcomes) == 1
    assert len(begun) == len(runs("low_stock_digest")) == 2


def test_what_is_purged_is_purged_once(mailbox: Mailbox, database: Database) -> None:
    def purged() -> dict[str, int]:
        outcome = purge({"job": "purge", "at": (NOON + DAY).isoformat()}, Time())
        assert outcome["status"] in {"COMPLETED", "SKIPPED"}
        return {what: number for what, number in outcome["counts"].items() if number}

    products = [make_product(open_store()) for _ in range(4)]
    for product in products:
        delete_at("products", product, NOON - 91 * DAY)

    at_once = together(purged, purged, purged)
    done = everything(database)

    assert sum(one.get("products", 0) for one in at_once) == sum(one.get("variants", 0) for one in at_once) == 4
    assert [purged() for _ in range(5)] == [{}] * 5
    assert changed(done, everything(database)) == []
    assert orphans(database) == []
