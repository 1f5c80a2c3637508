"""A store whose shop sends very many deliveries at once does not keep another's ten waiting.

Deliveries come through the function that takes them, messages through SQS, and the worker gets them as the event source
mapping hands them over: ten at a time, deleted but for those it says have failed, and in turn by their group, as SQS is
fair to those who wait behind a busy one (moto is not).
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from sqlalchemy import func, select

from functions.sync.handler import handler
from shared.database import function_engine
from shared.integrations import store_secret
from shared.models import ExternalPlatformIntegration, Product, SyncQueue
from shared.models.enums import SyncQueueStatus
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.aws import Mailbox
from tests.calls import counted
from tests.conftest import Database
from tests.functions.sync.bodies import product
from tests.functions.sync.connected import Shop, connect
from tests.functions.webhooks.delivering import SECRET, deliver, woocommerce

MANY, FEW = 250, 10
"""The same holds of 1,000, which take a minute."""
Message = dict[str, Any]


@pytest.fixture
def shops(database: Database, mailbox: Mailbox) -> tuple[Shop, Shop]:
    """A busy store and a calm one, each connected to a shop that signs."""
    found = connect(), connect()
    for shop in found:
        with tenant_session(shop.store_id) as session:
            row = session.get_one(ExternalPlatformIntegration, shop.integration_id)
            row.webhook_secret = store_secret(session, SECRET)
    return found


def test_a_burst_of_one_store_does_not_delay_another(shops: tuple[Shop, Shop]) -> None:
    busy, calm = shops
    with counted(function_engine()) as statements:
        for shop, amount in ((busy, MANY), (calm, FEW)):
            for number in range(amount):
                sent = woocommerce("product.created", product(1000 + number))
                assert deliver(shop.integration_id, sent).status == 200
    # Of each delivery: its store is entered, and it is kept with its change in one INSERT.
    assert len(statements) == 2 * (MANY + FEW)
    assert sum(statement.startswith("WITH") for statement in statements) == MANY + FEW
    waiting = _received()
    assert {shop.store_id: MANY if shop is busy else FEW for shop in shops} == {
        group: len(messages) for group, messages in waiting.items()
    }
    # What nobody can read is tried again alone, and its neighbours are done.
    waiting[busy.store_id][3] |= {"Body": "not JSON"}
    batches = 0
    for batch in _fairly(waiting):
        batches += 1
        assert _handed_over(batch) == (1 if batches == 1 else 0)
        if not _left(calm):
            break
    assert (batches, _products(calm)) == (2, FEW)
    assert _left(busy) == MANY - 2 * 10 + FEW + 1
    assert _products(busy) == FEW - 1


def _received() -> dict[str, list[Message]]:
    """All messages, by their group, each invisible to others from now on."""
    sqs, found = boto3.client("sqs"), defaultdict[str, list[Message]](list)
    asked = {"MaxNumberOfMessages": 10, "VisibilityTimeout": 900, "MessageSystemAttributeNames": ["MessageGroupId"]}
    while batch := sqs.receive_message(QueueUrl=settings().sync_queue_url, **asked).get("Messages"):
        for one in batch:
            found[one["Attributes"]["MessageGroupId"]].append(dict(one))
    return found


def _fairly(waiting: dict[str, list[Message]]) -> Iterator[list[Message]]:
    """Batches of ten, one of each group in turn."""
    turns = [one for place in range(MANY) for messages in waiting.values() for one in messages[place : place + 1]]
    for begin in range(0, len(turns), 10):
        yield turns[begin : begin + 10]


def _handed_over(batch: list[Message]) -> int:
    """Let the worker have a batch, and delete what it does not say has failed. Returns how many have."""
    answer = handler({"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in batch]}, None)
    failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
    sqs, url = boto3.client("sqs"), settings().sync_queue_url
    for one in batch:
        if one["MessageId"] in failed:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=0)
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return len(failed)


def _left(shop: Shop) -> int:
    with tenant_session(shop.store_id) as session:
        undone = SyncQueue.status != SyncQueueStatus.COMPLETED
        return session.scalars(select(func.count()).select_from(SyncQueue).where(undone)).one()


def _products(shop: Shop) -> int:
    with tenant_session(shop.store_id) as session:
        return session.scalars(select(func.count()).select_from(Product)).one()
