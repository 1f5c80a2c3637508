"""Deliveries of Shopify: signed by the app, of the one shop that is connected, kept once."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.models.base import now
from shared.models.enums import ExternalPlatform, SyncOperation, SyncQueueStatus
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.webhooks.delivering import SHOP, Sent, connect, deliver, kept, queued, shopify, woocommerce

THEIRS = Path(__file__).parents[4] / "shared" / "fixtures" / "shopify"
BIG = 788032119674292922
"""Beyond what a double holds."""
CREATE, UPDATE, DELETE = SyncOperation.CREATE, SyncOperation.UPDATE, SyncOperation.DELETE
CUSTOMER = {"shop_id": 954889, "shop_domain": SHOP, "customer": {"id": 191167, "email": "john@example.com"}}
# Each topic with a body in the shape of Shopify's, and the change it becomes.
TOPICS: dict[str, tuple[Any, str, str, SyncOperation]] = {
    "products/create": ({"id": BIG, "title": "T-shirt", "body_html": None}, "product", str(BIG), CREATE),
    "products/update": ({"id": BIG, "title": "T-shirt", "body_html": None}, "product", str(BIG), UPDATE),
    "products/delete": ({"id": BIG}, "product", str(BIG), DELETE),
    "inventory_levels/update": ({"inventory_item_id": 27, "location_id": 24, "available": None}, "stock", "27", UPDATE),
    "inventory_items/update": ({"id": 27, "sku": "example-sku", "cost": None}, "stock", "27", UPDATE),
    "orders/create": ({"id": 82, "email": "jon@example.com"}, "order", "82", CREATE),
    "orders/updated": ({"id": 82, "email": "jon@example.com"}, "order", "82", UPDATE),
    "orders/paid": ({"id": 82, "email": "jon@example.com"}, "order", "82", UPDATE),
    "orders/cancelled": ({"id": 82, "email": "jon@example.com"}, "order", "82", UPDATE),
    "refunds/create": ({"id": 89, "order_id": 82}, "refund", "89", CREATE),
    "customers/create": ({"id": 70, "email": "bob@example.com"}, "customer", "70", CREATE),
    "app/uninstalled": (
        {"id": 54, "name": "Super Toys", "domain": None, "myshopify_domain": None},
        "app",
        "54",
        DELETE,
    ),
    "customers/data_request": (CUSTOMER | {"data_request": {"id": 9999}}, "privacy", "191167", UPDATE),
    "customers/redact": (CUSTOMER | {"orders_to_redact": [1]}, "privacy", "191167", DELETE),
    "shop/redact": ({"shop_id": 954889, "shop_domain": SHOP}, "privacy", "954889", DELETE),
}


def _connect(store: str, **given: Any) -> str:
    return connect(store, ExternalPlatform.SHOPIFY, **given)


@pytest.mark.parametrize("times", [1, 3])
def test_each_topic_becomes_a_change_once_however_often_it_comes(either: Database, queue: Any, times: int) -> None:
    store = make_store()
    shop, sent = _connect(store), [shopify(topic, body) for topic, (body, *_) in TOPICS.items()]

    assert {deliver(shop, one, encoded=bool(n % 2)).status for one in sent for n in range(times)} == {200}

    found = {one.data["topic"]: (one.entity_type, one.entity_id, one.operation, one.status) for one in queued(store)}
    assert found == {topic: (*change, SyncQueueStatus.PENDING) for topic, (_, *change) in TOPICS.items()}
    assert len(kept(store)) == len(queued(store)) == len(queue()) == 15
    first, first_sent = queued(store)[0], sent[0].headers
    assert first.data["triggered_at"] == "2026-04-02T14:51:42.187923931Z"
    row = kept(store)[0]
    assert (row.webhook_id, row.event_id) == (first_sent["x-shopify-webhook-id"], first_sent["x-shopify-event-id"])


@pytest.mark.skipif(not THEIRS.exists(), reason="the samples are not beside this checkout")
def test_the_samples_are_taken(database: Database) -> None:
    store = make_store()
    samples = [json.loads(path.read_text()) for path in sorted((THEIRS / "deliveries").glob("*.json"))]
    shop = _connect(store, secret=samples[0]["secret"])
    sent = [
        Sent({name.lower(): value for name, value in one["headers"].items()}, one["body"].encode()) for one in samples
    ]

    assert [deliver(shop, one).status for one in [*sent, *sent]] == [200] * 30
    assert len(kept(store)) == len(queued(store)) == 15
    assert {change.status for change in queued(store)} == {SyncQueueStatus.PENDING}


@pytest.mark.parametrize(
    ("secret", "body", "hmac"),
    [
        ("secret", b"foo=anything", "yCGX/RrK4fcuNtr3ztk5tQGsOBjcAzHpGLdMUrbV8yI="),
        ("old_secret", b"foo=anything", "XqRcjrSv57VACn6apEO9znyu/wkN1VC7QxdSPwK3Hzs="),
        ("hush", b'"my secret message"', "hMTq0K2x7oyOjoBwGYeTj5oxfnaVYXzbanUG9aajpKI="),
    ],
)
def test_signatures_are_shopifys(database: Database, secret: str, body: bytes, hmac: str) -> None:
    sent = shopify("products/update", body, x_shopify_hmac_sha256=hmac)

    assert deliver(_connect(make_store(), secret=secret), sent).status == 200


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        (lambda sent: Sent(sent.headers, sent.body.replace(b"John", b"Jane")), 401, "bad_signature"),
        (lambda sent: sent.without("x-shopify-hmac-sha256"), 401, "signature_missing"),
        (lambda sent: shopify(sent.name, sent.body, "another app's"), 401, "bad_signature"),
        (lambda sent: sent.without("x-shopify-topic"), 400, "header_missing"),
        (lambda sent: sent.without("x-shopify-shop-domain"), 400, "header_missing"),
        (lambda sent: sent.without("x-shopify-webhook-id"), 400, "header_missing"),
        (lambda sent: sent.with_(x_shopify_shop_domain="other.myshopify.com"), 403, "other_shop"),
    ],
)
def test_what_is_not_signed_or_of_another_shop_is_refused(
    database: Database, spoil: Any, status: int, code: str
) -> None:
    store = make_store()
    shop = _connect(store)

    for topic in ("orders/create", "customers/redact", "shop/redact", "customers/data_request"):
        answer = deliver(shop, spoil(shopify(topic, {"id": 1, "name": "John"})))
        assert (answer.status, answer.json["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
    assert kept(store) == queued(store) == []


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("customers/redact", {"shop_id": 1, "shop_domain": "other.myshopify.com", "customer": {"id": 1}}),
        ("shop/redact", {"shop_id": 2, "shop_domain": "Other.MyShopify.com"}),
        ("app/uninstalled", {"id": 2, "myshopify_domain": "other.myshopify.com"}),
        ("app/uninstalled", {"id": 3, "myshopify_domain": None}),
        ("shop/redact", {"shop_id": 3}),
    ],
)
def test_a_body_of_another_shop_is_set_aside(database: Database, queue: Any, topic: str, body: Any) -> None:
    store = make_store()
    shop = _connect(store, platform_settings={"shop_id": "1"})

    assert deliver(shop, shopify(topic, body)).status == 200

    (change,) = queued(store)
    assert (change.status, change.reason) == (SyncQueueStatus.CONFLICT, "other_shop")
    assert len(kept(store)) == 1
    assert queue() == []


def test_a_shop_is_known_by_its_name_or_its_address(either: Database) -> None:
    store = make_store()
    by_address = _connect(store, external_shop=None)
    by_name = _connect(store, api_url="https://custom.example")

    assert [deliver(shop, shopify("products/delete", {"id": 1})).status for shop in (by_address, by_name)] == [200, 200]


def test_both_secrets_are_good_during_a_rotation(database: Database) -> None:
    store = make_store()
    shop = _connect(store, secret="new", previous=("old", now() - timedelta(hours=1)))

    answers = [
        deliver(shop, shopify("products/delete", {"id": n}, s)).status for n, s in enumerate(("new", "old", "x"))
    ]

    assert answers == [200, 200, 401]


def test_an_integration_is_of_one_platform(database: Database) -> None:
    store = make_store()

    assert deliver(_connect(store), woocommerce("product.updated", {"id": 1})).status == 404
    assert deliver(connect(store), shopify("products/delete", {"id": 1})).status == 404


def test_one_event_of_several_subscriptions_is_kept_for_each(database: Database) -> None:
    store = make_store()
    shop = _connect(store)
    for topic in ("orders/updated", "orders/paid"):
        deliver(shop, shopify(topic, {"id": 1}, x_shopify_event_id="one"))

    assert [row.event_id for row in kept(store)] == ["one", "one"]
