"""The worker: rows are taken for a while, done once, tried again, or set aside; a bad one harms no other."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from functions.sync import handler as worker
from functions.sync import queue
from functions.sync.handler import handler, sweep
from functions.sync.inbound import products
from shared.models import ExternalPlatformIntegration, Product, SyncQueue
from shared.models.base import new_id, now
from shared.models.enums import SyncDirection, SyncOperation, SyncQueueStatus
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.sync.bodies import product
from tests.functions.sync.connected import Shop, connect, deliver, message, state, woocommerce
from tests.functions.sync.connected import queue as queued

pytestmark = pytest.mark.usefixtures("database")


def _names(shop: Shop) -> list[str]:
    with tenant_session(shop.store_id) as session:
        return sorted(session.scalars(select(Product.name)))


def _pass(shop: Shop, row: str | None, minutes: float) -> None:
    """Let so many minutes pass for a row."""
    with tenant_session(shop.store_id) as session:
        at = session.get_one(SyncQueue, row)
        assert at.available_at is not None
        at.available_at -= timedelta(minutes=minutes)


def test_a_poison_message_harms_no_neighbour() -> None:
    shop = connect()
    rows = [queued(shop, woocommerce("product.created", body)) for body in (product(1), b"\xff no json", product(2))]
    records = [message(shop, str(row)) for row in rows]
    records.insert(1, {"messageId": "poison", "body": "not json"})
    records.insert(2, {"messageId": "empty", "body": "{}"})
    records.insert(3, {"messageId": "odd", "body": json.dumps({"store_id": 1, "sync_queue_id": []})})
    answer = handler({"Records": records}, None)
    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == ["poison", "empty", "odd"]
    assert _names(shop) == ["Mug 1", "Mug 2"]
    assert (state(shop, rows[1]).status, state(shop, rows[1]).reason) == (SyncQueueStatus.CONFLICT, "not_json")


def test_a_worker_that_dies_leaves_a_row_whose_lease_runs_out() -> None:
    shop = connect()
    row = str(queued(shop, woocommerce("product.created", product(1))))
    dead = queue.take(shop.store_id, row)
    assert dead is not None
    assert state(shop, row).status == SyncQueueStatus.PROCESSING
    assert handler({"Records": [message(shop, row)]}, None) == {"batchItemFailures": []}
    assert sweep(None) == 0
    assert _names(shop) == []
    _pass(shop, row, 3)
    assert sweep(None) == 1
    assert _names(shop) == ["Mug 1"]
    assert state(shop, row).status == SyncQueueStatus.COMPLETED
    # The first one wakes up after all: the row is another's, and done.
    assert worker._worked(dead) is None
    assert state(shop, row).status == SyncQueueStatus.COMPLETED


def test_what_fails_is_tried_again_later_and_given_up_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = connect()
    row = str(queued(shop, woocommerce("product.created", product(1))))

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret words of a customer")

    with monkeypatch.context() as patched:
        patched.setattr(products, "apply", broken)
        waits = []
        for _ in range(3):
            assert handler({"Records": [message(shop, row)]}, None) == {"batchItemFailures": []}
            found = state(shop, row)
            waits.append(
                None if found.available_at is None else round((found.available_at - now()).total_seconds() / 60)
            )
            if found.available_at is not None:
                _pass(shop, row, 60)
    assert waits == [2, 4, None]
    assert (found.status, found.reason, found.retry_count) == (SyncQueueStatus.FAILED, "failed", 3)
    assert "secret" not in str(found.error_message)
    assert _names(shop) == []


def test_a_paused_shop_waits() -> None:
    shop = connect(is_active=False)
    row = str(queued(shop, woocommerce("product.created", product(1))))
    handler({"Records": [message(shop, row)]}, None)
    assert (state(shop, row).status, sweep(None)) == (SyncQueueStatus.PENDING, 0)
    with tenant_session(shop.store_id) as session:
        session.execute(update(ExternalPlatformIntegration).values(is_active=True))
    assert sweep(None) == 1
    assert _names(shop) == ["Mug 1"]


def test_a_store_that_is_gone_is_no_failure() -> None:
    body = json.dumps({"store_id": "gone", "sync_queue_id": "gone"})
    assert handler({"Records": [{"messageId": "1", "body": body}]}, None) == {"batchItemFailures": []}


def test_topics_that_nothing_is_made_of_are_done() -> None:
    shop = connect()
    rows = deliver(
        shop,
        woocommerce("action.wc_done", {"id": 1}),
        woocommerce("product.restored", {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID."}),
        woocommerce("order.created", {"id": 7, "status": "checkout-draft", "currency": "BDT", "line_items": []}),
    )
    found = [(state(shop, row).status, state(shop, row).reason) for row in rows]
    assert found == [
        (SyncQueueStatus.COMPLETED, "unknown_topic"),
        (SyncQueueStatus.COMPLETED, "error_body"),
        (SyncQueueStatus.COMPLETED, "draft"),
    ]


def test_a_delivery_that_was_purged_is_told() -> None:
    shop = connect()
    row = str(queued(shop, woocommerce("product.created", product(1)), webhook_delivery_id=None))
    handler({"Records": [message(shop, row)]}, None)
    assert (state(shop, row).status, state(shop, row).reason) == (SyncQueueStatus.CONFLICT, "delivery_gone")


@pytest.fixture
def burst() -> tuple[Shop, Shop]:
    """A store with a thousand deliveries in the queue, and one whose ten came after them."""
    busy, calm = connect(), connect()
    for shop, count, ago in ((busy, 1000, 20), (calm, 10, 10)):
        first = state(shop, queued(shop, woocommerce("product.created", product(1))))
        shared = {
            "integration_id": shop.integration_id,
            "entity_type": "product",
            "entity_id": "1",
            "operation": SyncOperation.CREATE,
            "direction": SyncDirection.INBOUND,
            "data": {},
            "webhook_delivery_id": first.webhook_delivery_id,
            "available_at": now() - timedelta(seconds=ago),
        }
        with tenant_session(shop.store_id) as session:
            session.execute(insert(SyncQueue), [shared | {"id": new_id()} for _ in range(count - 1)])
    return busy, calm


def test_a_busy_store_does_not_delay_another(burst: tuple[Shop, Shop]) -> None:
    busy, calm = burst
    assert sweep(None) == 100
    assert _left(calm) == 0
    assert _left(busy) == 910


def test_messages_name_their_store_as_the_group(burst: tuple[Shop, Shop], mailbox: Any, monkeypatch: Any) -> None:
    import boto3  # noqa: PLC0415 - after moto has taken its place

    from shared.queues import send_all, sqs  # noqa: PLC0415 - as above

    sqs.cache_clear()
    url = boto3.client("sqs").create_queue(QueueName="sync")["QueueUrl"]
    busy, calm = burst
    for shop in burst:
        with tenant_session(shop.store_id) as session:
            rows = session.scalars(select(SyncQueue.id).order_by(SyncQueue.available_at, SyncQueue.id).limit(20)).all()
        send_all(url, [json.loads(message(shop, row)["body"]) for row in rows], group=shop.store_id)
    groups, done = set(), 0
    while (
        found := sqs()
        .receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageSystemAttributeNames=["All"]
        )
        .get("Messages")
    ):
        groups |= {one["Attributes"]["MessageGroupId"] for one in found}
        records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in found]
        assert handler({"Records": records}, None) == {"batchItemFailures": []}
        for one in found:
            sqs().delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        done += len(found)
    assert (groups, done) == ({busy.store_id, calm.store_id}, 30)
    assert (_left(calm), _left(busy)) == (0, 980)
    sqs.cache_clear()


def _left(shop: Shop) -> int:
    with tenant_session(shop.store_id) as session:
        undone = SyncQueue.status.in_((SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING))
        return len(session.scalars(select(SyncQueue.id).where(undone)).all())


def test_basics_work_on_sqlite(sqlite: Database) -> None:
    shop = connect()
    rows = deliver(shop, woocommerce("product.created", product(1)))
    assert state(shop, rows[0]).status == SyncQueueStatus.COMPLETED
    queued(shop, woocommerce("product.deleted", {"id": 1}))
    assert sweep(None) == 1
    assert _names(shop) == []
    assert settings().sync_queue_url == ""
