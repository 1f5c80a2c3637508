"""The queue to staff: what waits, what failed, and who decides a conflict how."""

import json
from typing import Any

import boto3
import pytest
from sqlalchemy import select

from shared.models import ExternalLink, SyncQueue, Variant, WebhookDelivery
from shared.models.base import new_id, now
from shared.models.enums import ExternalPlatform, SyncDirection, SyncOperation, SyncQueueStatus
from shared.settings import settings
from shared.tenancy import tenant_session
from tests.api import api
from tests.conftest import Database
from tests.factories import make_product
from tests.functions.stores.people import Shop, make_shop
from tests.functions.webhooks.delivering import connect, deliver, woocommerce

AT = "2026-11-20T10:00:00"


def _item(store: Shop, integration: str, **given: Any) -> str:
    with tenant_session(store.id) as session:
        values: dict[str, Any] = {
            "id": new_id(),
            "integration_id": integration,
            "entity_type": "product",
            "entity_id": "10",
            "operation": SyncOperation.UPDATE,
            "direction": SyncDirection.INBOUND,
            "data": {"topic": "product.updated", "triggered_at": None},
            "status": SyncQueueStatus.CONFLICT,
            "reason": "both_changed",
        }
        row = SyncQueue(**(values | given))
        session.add(row)
        return row.id


def _link(store: Shop, integration: str, entity_type: str, theirs: str, ours: str) -> None:
    with tenant_session(store.id) as session:
        session.add(
            ExternalLink(integration_id=integration, entity_type=entity_type, external_id=theirs, entity_id=ours)
        )


def _told() -> list[str]:
    sqs, url, found = boto3.client("sqs"), settings().sync_queue_url, []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"])["sync_queue_id"])
    return found


def _rows(store: Shop) -> dict[str, SyncQueue]:
    with tenant_session(store.id) as session:
        return {row.id: row for row in session.scalars(select(SyncQueue))}


def test_the_queue_is_listed_by_what_is_asked_for(database: Database, store: Shop) -> None:
    shop = connect(store.id)
    conflict = _item(store, shop)
    failed = _item(store, shop, status=SyncQueueStatus.FAILED, entity_type="order", entity_id="7")
    out = _item(store, shop, direction=SyncDirection.OUTBOUND, status=SyncQueueStatus.COMPLETED)
    _item(store, connect(store.id))
    url = f"/v1/integrations/{shop}/queue"

    def listed(query: str = "") -> set[str]:
        return {one["id"] for one in api("GET", url + query, token=store.admin.token).json["items"]}

    assert listed() == {conflict, failed, out}
    assert listed("?status=CONFLICT") == {conflict}
    assert listed("?direction=OUTBOUND") == {out}
    assert listed("?entity_type=order&entity_id=7") == {failed}
    assert api("GET", f"{url}?status=ODD", token=store.admin.token).status == 422
    first = api("GET", f"{url}?limit=2", token=store.admin.token).json
    rest = api("GET", f"{url}?limit=2&cursor={first['next_cursor']}", token=store.admin.token).json
    assert {one["id"] for page in (first, rest) for one in page["items"]} == {conflict, failed, out}
    assert rest["next_cursor"] is None
    counts = api("GET", f"/v1/integrations/{shop}", token=store.admin.token).json
    assert counts["queue"] == {"PENDING": 0, "PROCESSING": 0, "COMPLETED": 1, "FAILED": 1, "CONFLICT": 1}
    assert counts["lag_seconds"] == 0


def test_a_change_is_read_with_the_delivery_that_it_came_with(database: Database, store: Shop) -> None:
    shop = connect(store.id)
    deliver(shop, woocommerce("product.updated", b"{broken"))
    (item,) = _rows(store)

    found = api("GET", f"/v1/integrations/{shop}/queue/{item}", token=store.admin.token).json

    assert (found["body"], found["data"]["topic"]) == ("{broken", "product.updated")
    assert api("GET", f"/v1/integrations/{shop}/queue/{item}", token=make_shop().admin.token).status == 404
    assert api("GET", f"/v1/integrations/{connect(store.id)}/queue/{item}", token=store.admin.token).status == 404


@pytest.mark.parametrize("status", [SyncQueueStatus.FAILED, SyncQueueStatus.CONFLICT, SyncQueueStatus.PENDING])
def test_what_waits_is_tried_again_now(database: Database, store: Shop, status: SyncQueueStatus) -> None:
    shop = connect(store.id)
    item = _item(store, shop, status=status, retry_count=3, available_at=None, error_message="x")

    answer = api("POST", f"/v1/integrations/{shop}/queue/{item}/retry", token=store.admin.token)

    assert (answer.status, answer.json["status"], answer.json["retry_count"]) == (200, "PENDING", 0)
    assert _told() == [item]
    row = _rows(store)[item]
    assert row.available_at is not None
    assert row.available_at <= now()
    assert "force" not in row.data


@pytest.mark.parametrize("status", [SyncQueueStatus.COMPLETED, SyncQueueStatus.PROCESSING])
def test_what_is_done_or_worked_on_is_not(database: Database, store: Shop, status: SyncQueueStatus) -> None:
    shop = connect(store.id)
    url = f"/v1/integrations/{shop}/queue/{_item(store, shop, status=status)}"

    assert api("POST", f"{url}/retry", token=store.admin.token).json["code"] == "not_waiting"
    assert api("POST", f"{url}/resolve", {"keep": "theirs"}, token=store.admin.token).json["code"] == "no_conflict"
    assert api("POST", f"{url}/resolve", {"keep": "mine"}, token=store.admin.token).status == 422


def test_theirs_is_applied_over_ours(database: Database, store: Shop) -> None:
    shop = connect(store.id)
    item = _item(store, shop)

    answer = api("POST", f"/v1/integrations/{shop}/queue/{item}/resolve", {"keep": "theirs"}, token=store.admin.token)

    assert (answer.json["status"], answer.json["reason"], answer.json["data"]["force"]) == ("PENDING", None, True)
    assert _told() == [item]


def test_ours_is_sent_to_the_shop(database: Database, store: Shop) -> None:
    shop, product = connect(store.id), make_product(store.id)
    with tenant_session(store.id) as session:
        variant = session.scalars(select(Variant.id).where(Variant.product_id == product)).one()
    _link(store, shop, "product", "10", product)
    _link(store, shop, "variant", "11", variant)

    for item in (_item(store, shop), _item(store, shop, entity_type="variant", entity_id="11")):
        _told()
        url = f"/v1/integrations/{shop}/queue/{item}/resolve"
        assert api("POST", url, {"keep": "ours"}, token=store.admin.token).json["reason"] == "kept_ours"
        rows = _rows(store)
        (sent,) = _told()
        assert (rows[item].status, rows[sent].direction) == (SyncQueueStatus.COMPLETED, SyncDirection.OUTBOUND)
        assert (rows[sent].entity_type, rows[sent].entity_id) == ("product", product)


def test_ours_needs_something_of_ours(database: Database, store: Shop) -> None:
    shop = connect(store.id)
    url = f"/v1/integrations/{shop}/queue"

    for entity_type in ("product", "stock"):
        item = _item(store, shop, entity_id="404", entity_type=entity_type)
        refused = api("POST", f"{url}/{item}/resolve", {"keep": "ours"}, token=store.admin.token)
        assert (refused.status, refused.json["code"]) == (409, "nothing_of_ours")
        assert _rows(store)[item].status is SyncQueueStatus.CONFLICT


@pytest.mark.parametrize("entity_type", ["customer", "coupon", "refund"])
def test_what_is_never_sent_cannot_be_kept_as_ours(database: Database, store: Shop, entity_type: str) -> None:
    shop = connect(store.id)
    item = _item(store, shop, entity_type=entity_type)
    url = f"/v1/integrations/{shop}/queue/{item}/resolve"

    refused = api("POST", url, {"keep": "ours"}, token=store.admin.token)

    assert (refused.status, refused.json["code"]) == (409, "not_sent")
    assert (_rows(store)[item].status, _told()) == (SyncQueueStatus.CONFLICT, [])
    assert api("POST", url, {"keep": "neither"}, token=store.admin.token).json["status"] == "COMPLETED"


@pytest.mark.parametrize(
    ("platform", "topic", "body"),
    [
        (ExternalPlatform.SHOPIFY, "stock", {"inventory_item_id": 12, "available": 1, "updated_at": AT}),
        (ExternalPlatform.SHOPIFY, "product", {"id": 10, "variants": [{"id": 11, "inventory_quantity": 1}]}),
        (ExternalPlatform.WOOCOMMERCE, "product", {"id": 11, "stock_quantity": "1", "date_modified_gmt": AT}),
    ],
)
def test_our_stock_is_sent_as_the_difference_to_what_they_have_told(
    database: Database, store: Shop, platform: ExternalPlatform, topic: str, body: dict[str, Any]
) -> None:
    shop, product = connect(store.id, platform), make_product(store.id)
    with tenant_session(store.id) as session:
        variant = session.scalars(select(Variant.id).where(Variant.product_id == product)).one()
        delivery = WebhookDelivery(
            id=new_id(), integration_id=shop, platform=platform, topic=topic, webhook_id="1", delivery_id="1"
        )
        delivery.headers, delivery.body, delivery.body_sha256 = {}, json.dumps(body).encode(), "0"
        session.add(delivery)
    _link(store, shop, "product", "10", product)
    _link(store, shop, "variant", "11", variant)
    with tenant_session(store.id) as session:
        item_link = {"entity_type": "stock", "external_id": "12", "external_parent_id": "11", "entity_id": new_id()}
        session.add(ExternalLink(integration_id=shop, details={}, **item_link))
    given = {"entity_id": str(body.get("id", 12)), "entity_type": topic, "reason": "not_enough_stock"}
    item = _item(store, shop, webhook_delivery_id=delivery.id, **given)
    _told()

    answer = api("POST", f"/v1/integrations/{shop}/queue/{item}/resolve", {"keep": "ours"}, token=store.admin.token)

    assert answer.json["reason"] == "kept_ours", answer.text
    rows = _rows(store)
    sent = {(rows[one].entity_type, rows[one].entity_id) for one in _told()}
    assert sent == {("stock", variant)} | ({("product", product)} if topic == "product" else set())
    with tenant_session(store.id) as session:
        link = session.scalars(select(ExternalLink).where(ExternalLink.entity_type == "variant")).one()
        assert link.details["stock"] == 1


def test_what_goes_out_is_ours_to_repeat_or_drop(database: Database, store: Shop) -> None:
    shop = connect(store.id)
    for keep, status in (("ours", "PENDING"), ("theirs", "COMPLETED"), ("neither", "COMPLETED")):
        item = _item(store, shop, direction=SyncDirection.OUTBOUND, status=SyncQueueStatus.FAILED)
        url = f"/v1/integrations/{shop}/queue/{item}/resolve"
        assert api("POST", url, {"keep": keep}, token=store.admin.token).json["status"] == status


def test_what_another_shop_has_signed_is_closed_and_never_applied(database: Database, store: Shop) -> None:
    shop = connect(store.id)
    url = f"/v1/integrations/{shop}/queue/{_item(store, shop, reason='other_shop')}"

    assert api("POST", f"{url}/retry", token=store.admin.token).json["code"] == "other_shop"
    assert api("POST", f"{url}/resolve", {"keep": "theirs"}, token=store.admin.token).json["code"] == "other_shop"
    assert api("POST", f"{url}/resolve", {"keep": "neither"}, token=store.admin.token).json["status"] == "COMPLETED"
