"""`stormcom sync`: what operators see, and what they do about it."""

import json
import re
from datetime import timedelta
from typing import Any

import boto3
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from local.cli import app
from shared.models import SyncQueue
from shared.models.base import new_id, now
from shared.models.enums import SyncDirection, SyncOperation, SyncQueueStatus
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.aws import Mailbox
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.webhooks.delivering import connect, deliver, queued, woocommerce


@pytest.fixture(autouse=True)
def _aws(mailbox: Mailbox) -> None:
    """AWS by moto."""


def _run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["sync", *arguments])
    return done.exit_code, done.output


def _item(store: str, status: SyncQueueStatus, reason: str | None = None) -> str:
    shop = connect(store)
    with tenant_session(store) as session:
        row = SyncQueue(
            id=new_id(),
            integration_id=shop,
            entity_type="product",
            entity_id="1",
            operation=SyncOperation.UPDATE,
            direction=SyncDirection.INBOUND,
            data={},
            status=status,
            reason=reason,
            available_at=None,
        )
        session.add(row)
        return row.id


def _status(store: str, item: str) -> SyncQueueStatus:
    with tenant_session(store) as session:
        return session.scalars(select(SyncQueue.status).where(SyncQueue.id == item)).one()


def _messages(url: str) -> list[dict[str, Any]]:
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in found]


def test_status_says_how_each_shop_fares(either: Database) -> None:
    one, other = make_store(slug="one"), make_store(slug="two")
    deliver(connect(one), woocommerce("order.updated", {"id": 1}))
    connect(other, is_active=False)

    code, told = _run("status")

    lines = told.splitlines()
    assert code == 0
    assert re.match(r"one WOOCOMMERCE shop\.example IDLE: 1 PENDING; lag \d+ s; heard 2\d{3}-", lines[0])
    assert lines[1] == "two WOOCOMMERCE shop.example PAUSED: nothing queued; lag 0 s; heard never"
    assert _run("status", "--store", "two")[1].splitlines() == lines[1:]
    assert _run("status", "--store", "three") == (1, "there is no store three.\n")


def test_what_failed_is_tried_again(either: Database) -> None:
    one, other = make_store(slug="one"), make_store(slug="two")
    failed, aside = _item(one, SyncQueueStatus.FAILED), _item(one, SyncQueueStatus.CONFLICT)
    others, foreign = _item(other, SyncQueueStatus.FAILED), _item(one, SyncQueueStatus.CONFLICT, "other_shop")

    assert _run("retry", "--dry-run") == (0, "one: 1\ntwo: 1\nNothing was changed.\n")
    assert _status(one, failed) is SyncQueueStatus.FAILED
    assert _run("retry", "--store", "one") == (0, "one: 1\nQueued.\n")
    assert [_status(one, failed), _status(one, aside)] == [SyncQueueStatus.PENDING, SyncQueueStatus.CONFLICT]
    assert _messages(settings().sync_queue_url) == [{"store_id": one, "sync_queue_id": failed}]
    assert _run("retry", "--conflicts") == (0, "one: 1\ntwo: 1\nQueued.\n")
    assert _status(other, others) is _status(one, aside) is SyncQueueStatus.PENDING
    assert _status(one, foreign) is SyncQueueStatus.CONFLICT
    assert _run("retry", "--conflicts") == (0, "There is nothing to do.\n")


def test_deliveries_are_taken_in_again(either: Database) -> None:
    store = make_store(slug="one")
    shop = connect(store)
    deliver(shop, woocommerce("order.updated", {"id": 1}))
    deliver(shop, woocommerce("order.updated", {"id": 2}))
    with tenant_session(store) as session:
        for row in session.scalars(select(SyncQueue)):
            row.status, row.available_at = SyncQueueStatus.COMPLETED, None
    earlier, later = (
        (now() + delta).strftime("%Y-%m-%dT%H:%M:%S") for delta in (-timedelta(hours=1), timedelta(hours=1))
    )

    assert _run("replay", "--since", later) == (0, "There is nothing to do.\n")
    assert _run("replay", "--since", earlier, "--dry-run") == (0, "one: 2\nNothing was changed.\n")
    assert _run("replay", "--since", earlier) == (0, "one: 2\nQueued.\n")
    assert {row.status for row in queued(store)} == {SyncQueueStatus.PENDING}
    assert _run("replay", "--since", earlier) == (0, "There is nothing to do.\n")


def test_dead_letters_are_sent_again(database: Database) -> None:
    one, other = make_store(slug="one"), make_store(slug="two")
    sqs, url = boto3.client("sqs"), settings().sync_queue_url
    dead = sqs.create_queue(QueueName="sync-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "5"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    for store in (one, one, other):
        sqs.send_message(QueueUrl=dead, MessageBody=json.dumps({"store_id": store, "sync_queue_id": new_id()}))
    sqs.send_message(QueueUrl=dead, MessageBody="{broken")

    assert _run("redrive", "--dry-run") == (0, "Would send 3, left 1.\n")
    _visible(dead)
    assert _run("redrive", "--store", "one") == (0, "Sent 2, left 2.\n")
    assert [message["store_id"] for message in _messages(url)] == [one, one]
    _visible(dead)
    assert _run("redrive", "--dead-letters", dead) == (0, "Sent 1, left 1.\n")


def test_without_a_queue_nothing_is_redriven(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_QUEUE_URL", "")
    settings.cache_clear()

    assert _run("redrive") == (1, "SYNC_QUEUE_URL names no queue.\n")


def _visible(url: str) -> None:
    """What was received shows again, as it does when its time is over."""
    from moto.core.models import DEFAULT_ACCOUNT_ID  # noqa: PLC0415 - with moto's own state
    from moto.sqs.models import sqs_backends  # noqa: PLC0415 - as above

    queue = sqs_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].queues[url.rpartition("/")[2]]
    for message in queue._messages:
        message.change_visibility(0)
