"""Deliveries of WooCommerce: kept once, queued once, whatever they hold, and only when the shop has signed them."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from functions.webhooks.signatures import MOST_BYTES, entities_decoded
from shared.database import function_engine
from shared.models import ExternalPlatformIntegration
from shared.models.base import new_id, now
from shared.models.enums import SyncDirection, SyncOperation, SyncQueueStatus
from shared.tenancy import tenant_session
from tests.calls import counted
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.webhooks.delivering import Sent, connect, deliver, kept, queued, recordings, woocommerce

PING = Sent({"content-type": "application/x-www-form-urlencoded"}, b"webhook_id=7")
THEIRS = Path(__file__).parents[4] / "shared" / "fixtures" / "woocommerce" / "deliveries"


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_every_recorded_delivery_is_kept_and_queued_once_however_often_it_comes(
    database: Database, queue: Any, seed: int | None
) -> None:
    store = make_store()
    shop, sent = connect(store), recordings()
    chance = random.Random(seed)  # noqa: S311 - shuffles, guards nothing
    often = [one for one in sent for _ in range(1 if seed is None else chance.randint(1, 3))]
    if seed is not None:
        chance.shuffle(often)

    assert {deliver(shop, one, encoded=chance.random() < 0.5).status for one in often} == {200}

    signed = {
        (one.headers["x-wc-webhook-id"], one.headers["x-wc-webhook-delivery-id"], one.body)
        for one in sent
        if "x-wc-webhook-id" in one.headers
    }
    # Two of the 41 came twice by themselves.
    assert len(signed) == 39
    rows, changes = kept(store), queued(store)
    assert sorted((row.webhook_id, row.delivery_id, row.body) for row in rows) == sorted(signed)
    assert sorted(change.webhook_delivery_id or "" for change in changes) == sorted(row.id for row in rows)
    told = queue()
    assert {group for group, _ in told} == {store}
    assert sorted(message["sync_queue_id"] for _, message in told) == sorted(change.id for change in changes)


@pytest.mark.skipif(not THEIRS.exists(), reason="the recordings are not beside this checkout")
def test_the_copies_are_what_was_recorded() -> None:
    bodies = [path.read_bytes() for path in sorted(THEIRS.glob("*.body"))]

    assert [one.body for one in recordings()] == bodies


def test_a_delivery_becomes_a_change_of_theirs(either: Database) -> None:
    store = make_store()
    shop = connect(store)

    deliver(shop, woocommerce("product.created", {"id": 10, "type": "simple"}))
    deliver(shop, woocommerce("product.updated", {"id": 11, "type": "variation", "parent_id": 10}))
    deliver(shop, woocommerce("order.deleted", {"id": 12}))
    deliver(shop, woocommerce("coupon.restored", {"code": "woocommerce_rest_shop_coupon_invalid_id"}))
    deliver(shop, woocommerce("customer.updated", b"{broken"))
    deliver(shop, woocommerce("action.woocommerce_add_to_cart", ["x"]))

    found = queued(store)
    assert [(one.entity_type, one.entity_id, one.operation) for one in found] == [
        ("product", "10", SyncOperation.CREATE),
        ("variant", "11", SyncOperation.UPDATE),
        ("order", "12", SyncOperation.DELETE),
        ("coupon", "", SyncOperation.UPDATE),
        ("customer", "", SyncOperation.UPDATE),
        ("action", "", SyncOperation.UPDATE),
    ]
    assert {(one.direction, one.status) for one in found} == {(SyncDirection.INBOUND, SyncQueueStatus.PENDING)}
    assert found[0].data == {"topic": "product.created", "triggered_at": None}
    assert found[0].available_at is not None
    assert [row.topic for row in kept(store)][:2] == ["product.created", "product.updated"]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"[" * 100_000, b"\xff\xfe\x00", '{"id": "ক"}'.encode()),
        *(b'{"id": true}', b'{"id": {"$ref": 1}}', b'{"id": "\\u0000"}', b'{"id": 1' + b"0" * 5000 + b"}"),
    ],
    ids=range(10),
)
def test_a_signed_body_is_kept_whatever_it_is(either: Database, body: bytes) -> None:
    store = make_store()

    assert deliver(connect(store), woocommerce("product.updated", body), encoded=True).status == 200

    assert [row.body for row in kept(store)] == [body]
    assert [change.status for change in queued(store)] == [SyncQueueStatus.PENDING]


def test_a_ping_is_answered_and_leaves_nothing(database: Database) -> None:
    store = make_store()
    shop = connect(store)

    for named in (shop, new_id()):
        answers = [deliver(named, PING, encoded=encoded) for encoded in (True, False)]
        assert [answer.status for answer in answers] == [200, 200]
    assert kept(store) == queued(store) == []


def test_one_delivery_id_may_be_of_several_products(either: Database) -> None:
    store = make_store()
    shop = connect(store)

    for number in (1, 2, 3, 2):
        sent = woocommerce("product.updated", {"id": number}, x_wc_webhook_delivery_id="same")
        assert deliver(shop, sent).status == 200

    assert [change.entity_id for change in queued(store)] == ["1", "2", "3"]


def test_many_at_once_keep_one(database: Database, queue: Any) -> None:
    store = make_store()
    shop, sent = connect(store), woocommerce("product.updated", {"id": 1})
    deliver(shop, woocommerce("product.updated", {"id": 2}))
    queue()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: deliver(shop, sent).status, range(16)))

    assert answers == [200] * 16
    assert len(kept(store)) == len(queued(store)) == 2
    assert len(queue()) == 1


@pytest.mark.parametrize(
    ("spoil", "status", "code"),
    [
        (lambda sent: Sent(sent.headers, sent.body.replace(b"1", b"2")), 401, "bad_signature"),
        (lambda sent: sent.without("x-wc-webhook-signature"), 401, "signature_missing"),
        (lambda sent: sent.with_(x_wc_webhook_signature="AAAA"), 401, "bad_signature"),
        (lambda sent: sent.with_(x_wc_webhook_signature="ক"), 401, "bad_signature"),
        (lambda sent: woocommerce("product.updated", sent.body, "another"), 401, "bad_signature"),
        (lambda sent: sent.without("x-wc-webhook-topic"), 400, "header_missing"),
        (lambda sent: sent.without("x-wc-webhook-id"), 400, "header_missing"),
        (lambda sent: sent.without("x-wc-webhook-delivery-id"), 400, "header_missing"),
        (lambda sent: woocommerce("product.updated", b"x" * (MOST_BYTES + 1)), 413, "body_too_large"),
        (lambda sent: Sent({"content-type": "application/json"}, sent.body), 401, "signature_missing"),
    ],
)
def test_what_the_shop_has_not_signed_is_refused(either: Database, spoil: Any, status: int, code: str) -> None:
    store = make_store()

    answer = deliver(connect(store), spoil(woocommerce("product.updated", {"id": 1})))

    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert kept(store) == queued(store) == []


def test_any_flipped_bit_is_noticed(database: Database) -> None:
    store = make_store()
    shop, sent = connect(store), recordings()[15]

    places = random.Random(1).sample(range(len(sent.body)), 20)  # noqa: S311 - as above
    for place in places:
        spoiled = bytearray(sent.body)
        spoiled[place] ^= 1
        assert deliver(shop, Sent(sent.headers, bytes(spoiled)), encoded=True).status == 401
    assert kept(store) == []


def test_another_stores_shop_does_not_open_this_one(database: Database) -> None:
    one, other = make_store(), make_store()
    shops = connect(one, secret="first"), connect(other, secret="second")

    assert deliver(shops[1], woocommerce("product.updated", {"id": 1}, "first")).status == 401
    assert deliver(shops[0], woocommerce("product.updated", {"id": 1}, "first")).status == 200
    assert (len(kept(one)), len(kept(other))) == (1, 0)


def test_a_shop_without_a_secret_opens_to_nobody(database: Database) -> None:
    shop = connect(make_store(), secret=None)

    assert deliver(shop, woocommerce("product.updated", {"id": 1}, "")).status == 401


def test_both_secrets_are_good_while_one_is_being_replaced(either: Database) -> None:
    store = make_store()
    fresh = connect(store, secret="new", previous=("old", now() - timedelta(days=6)))
    late = connect(store, secret="new", previous=("old", now() - timedelta(days=8)))

    answers = [
        deliver(shop, woocommerce("order.updated", {"id": 1}, s)).status
        for shop in (fresh, late)
        for s in ("new", "old")
    ]

    assert answers == [200, 200, 200, 401]


def test_a_secret_is_replaced_at_once(database: Database) -> None:
    store = make_store()
    shop, other = connect(store, secret="first"), connect(store, secret="second")
    assert deliver(shop, woocommerce("order.updated", {"id": 1}, "first")).status == 200
    with tenant_session(store) as session:
        row, next_ = (session.get_one(ExternalPlatformIntegration, found) for found in (shop, other))
        row.webhook_secret = next_.webhook_secret

    assert deliver(shop, woocommerce("order.updated", {"id": 1}, "first")).status == 401
    assert deliver(shop, woocommerce("order.updated", {"id": 1}, "second")).status == 200


@pytest.mark.parametrize(
    ("stored", "signs"),
    [
        ("a&amp;b&lt;&gt;&quot;&#039;", "a&b<>\"'"),
        ("a&b", "a&b"),
        ("&amp;lt;", "&lt;"),
        ("&eacute;&#x26;", "&eacute;&"),
    ],
)
def test_wordpress_signs_with_the_secret_as_it_was_before_html(database: Database, stored: str, signs: str) -> None:
    store = make_store()

    assert entities_decoded(stored) == signs
    assert deliver(connect(store, secret=stored), woocommerce("order.updated", {"id": 1}, signs)).status == 200


def test_who_sent_it_is_noted_and_not_believed(database: Database) -> None:
    store = make_store()
    shop = connect(store)

    deliver(shop, woocommerce("order.updated", {"id": 1}, x_wc_webhook_source="https://elsewhere.example/"))
    deliver(shop, woocommerce("order.updated", {"id": 2}, x_wc_webhook_source="http://["))

    assert [change.data.get("other_source") for change in queued(store)] == ["https://elsewhere.example/", None]


def test_a_paused_shop_is_heard_and_a_disconnected_one_is_gone(either: Database, queue: Any) -> None:
    store = make_store()
    paused, gone = connect(store, is_active=False), connect(store, disconnected_at=now())

    assert deliver(paused, woocommerce("order.updated", {"id": 1})).status == 200
    assert deliver(gone, woocommerce("order.updated", {"id": 1})).status == 404
    assert deliver(new_id(), woocommerce("order.updated", {"id": 1})).status == 404
    assert [change.status for change in queued(store)] == [SyncQueueStatus.PENDING]
    assert queue() == []


def test_the_work_is_one_look_and_one_insert(database: Database) -> None:
    store = make_store()
    shop = connect(store)
    deliver(shop, woocommerce("order.updated", {"id": 1}))

    with counted(function_engine()) as sent:
        deliver(shop, woocommerce("order.updated", {"id": 2}))

    assert [statement.split()[0] for statement in sent] == ["SELECT", "WITH"], sent
    assert "enter_delivery" in sent[0]


def test_when_a_shop_was_last_heard_is_kept_without_waiting_for_anybody(database: Database) -> None:
    store = make_store()
    shop = connect(store)
    with database.engine("MIGRATION_DATABASE_URL").connect() as other:
        other.execute(text("SET ROLE stormcom_platform"))
        other.execute(
            text("SELECT id FROM external_platform_integrations WHERE id = :id FOR NO KEY UPDATE"), {"id": shop}
        )
        # Somebody is writing the row: the delivery does not wait, and the next one notes it.
        assert deliver(shop, woocommerce("order.updated", {"id": 1})).status == 200
        other.rollback()
    with tenant_session(store) as session:
        before = session.get_one(ExternalPlatformIntegration, shop)
        assert (before.last_delivery_at, before.version) == (None, 1)

    deliver(shop, woocommerce("order.updated", {"id": 2}))

    with tenant_session(store) as session:
        after = session.get_one(ExternalPlatformIntegration, shop)
        assert after.last_delivery_at is not None
        assert after.version == 1


def test_what_a_crash_leaves_before_the_message_is_due(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = make_store()
    shop = connect(store)
    monkeypatch.setenv("SYNC_QUEUE_URL", "https://sqs.invalid/queue")

    from shared.settings import settings  # noqa: PLC0415 - read again below

    settings.cache_clear()
    assert deliver(shop, woocommerce("order.updated", {"id": 1})).status == 200
    settings.cache_clear()

    with function_engine().connect() as connection:
        due = connection.execute(text("SELECT store_id, sync_queue_id FROM app.due_syncs(10)")).all()
    assert [tuple(row) for row in due] == [(store, queued(store)[0].id)]
    with tenant_session(store) as session:
        session.execute(update(ExternalPlatformIntegration).values(is_active=False))
    with function_engine().connect() as connection:
        assert connection.execute(text("SELECT * FROM app.due_syncs(10)")).all() == []


def test_no_header_of_the_line_is_kept(database: Database) -> None:
    store = make_store()

    deliver(
        connect(store), woocommerce("order.updated", {"id": 1}, x_forwarded_for="203.0.113.9", authorization="Bearer x")
    )

    assert "203.0.113.9" not in json.dumps(kept(store)[0].headers)
    assert "authorization" not in kept(store)[0].headers
