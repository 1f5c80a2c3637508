"""What a crash has left behind is told of again."""

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from sqlalchemy import select

from shared.models import ExternalPlatformIntegration, OutboxEvent, SyncQueue, SyncRun
from shared.models.base import new_id
from shared.models.enums import ExternalPlatform, SyncDirection, SyncOperation, SyncQueueStatus, SyncRunKind
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.jobs.clockwork import NOON, SECOND, counts
from tests.functions.jobs.due import open_store, write

LATE = timedelta(minutes=2)


def _messages(url: str) -> list[tuple[dict[str, str], str]]:
    """The messages in a queue, taken out, each with its group."""
    answer: Any = boto3.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
    )
    found = answer.get("Messages", [])
    return [(json.loads(one["Body"]), one["Attributes"].get("MessageGroupId")) for one in found]


def _event(**given: Any) -> OutboxEvent:
    return OutboxEvent(**({"id": new_id(), "topic": "shop_mail", "payload": {}, "available_at": NOON} | given))


def _connected(store_id: str, **given: Any) -> str:
    facts = {"platform": ExternalPlatform.SHOPIFY, "api_url": "https://x.myshopify.com", "api_key": "k"}
    row = ExternalPlatformIntegration(id=new_id(), **facts | given)
    write(store_id, row)
    return row.id


def _change(integration_id: str, **given: Any) -> SyncQueue:
    facts = {"entity_type": "product", "entity_id": "p", "data": {}, "operation": SyncOperation.UPDATE}
    moments = {"direction": SyncDirection.INBOUND, "available_at": NOON - LATE, "created_at": NOON - LATE}
    return SyncQueue(**({"id": new_id(), "integration_id": integration_id} | facts | moments | given))


def test_an_event_that_should_have_left_is_told_of(mailbox: Mailbox, either: Database) -> None:
    store = open_store()
    event = _event()
    write(
        store, event, _event(sent_at=NOON), _event(attempts=10), _event(available_at=NOON + SECOND), _event(topic="x")
    )

    assert counts("sweep_outbox", NOON + LATE - SECOND) == {}
    assert counts("sweep_outbox", NOON + LATE, dry_run=True) == {"outbox_events": 1}
    assert _messages(settings().mail_queue_url) == []
    assert counts("sweep_outbox", NOON + LATE) == {"outbox_events": 1}
    assert _messages(settings().mail_queue_url) == [({"store_id": store, "outbox_event_id": event.id}, store)]


def test_changes_that_wait_are_told_of_in_turns(mailbox: Mailbox, either: Database) -> None:
    busy, calm = open_store(), open_store()
    to_busy, to_calm = _connected(busy), _connected(calm)
    many = [_change(to_busy, available_at=NOON - LATE - timedelta(minutes=n)) for n in range(3)]
    one = _change(to_calm, status=SyncQueueStatus.PROCESSING)
    write(busy, *many, _change(to_busy, status=SyncQueueStatus.COMPLETED), _change(to_busy, available_at=NOON + SECOND))
    write(busy, _change(to_busy, created_at=NOON))
    write(calm, one)

    assert counts("sweep_syncs") == {"changes": 4}
    sent = [message["sync_queue_id"] for message, _ in _messages(settings().sync_queue_url)]
    # The oldest of each store first.
    assert set(sent[:2]) == {many[2].id, one.id}
    assert set(sent) == {row.id for row in [*many, one]}


@pytest.mark.parametrize("given", [{"is_active": False}, {"disconnected_at": NOON}])
def test_the_work_of_a_connection_that_rests_waits(mailbox: Mailbox, database: Database, given: dict[str, Any]) -> None:
    store = open_store()
    to = _connected(store, **given)
    write(store, _change(to), SyncRun(integration_id=to, kind=SyncRunKind.IMPORT, resume_at=NOON))

    assert counts("sweep_syncs") == {}


def test_a_run_that_nobody_holds_is_told_of(mailbox: Mailbox, database: Database) -> None:
    store = open_store()
    to = _connected(store)
    due = SyncRun(id=new_id(), integration_id=to, kind=SyncRunKind.IMPORT, resume_at=NOON)
    write(store, due, SyncRun(integration_id=to, kind=SyncRunKind.IMPORT, resume_at=NOON + SECOND))

    assert counts("sweep_syncs") == {"sync_runs": 1}
    assert _messages(settings().sync_queue_url) == [({"store_id": store, "sync_run_id": due.id}, store)]
    with tenant_session(store) as session:
        assert len(session.scalars(select(SyncRun)).all()) == 2


def test_without_a_queue_nothing_is_sent(database: Database) -> None:
    store = open_store()
    write(store, _event(), _change(_connected(store)))

    assert counts("sweep_outbox", NOON + LATE) == {}
    assert counts("sweep_syncs") == {}
