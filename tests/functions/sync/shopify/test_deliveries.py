"""Shopify's deliveries are applied: products and their stock, orders and refunds, notices of law and of our app."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from local.database import ROOT
from shared.models import (
    Customer,
    ExternalPlatformIntegration,
    Order,
    OrderItem,
    PrivacyRequest,
    Product,
    Refund,
    SyncQueue,
    Variant,
)
from shared.models.enums import ExternalPlatform, OrderStatus, PaymentStatus, SyncQueueStatus
from shared.tenancy import tenant_session
from tests.functions.sync.bodies import shopify_product
from tests.functions.sync.connected import Recorded, Shop, connect, deliver, shopify, snapshot, state

pytestmark = pytest.mark.usefixtures("database")
THEIRS = ROOT.parent / "shared" / "fixtures" / "shopify" / "deliveries"


def _shop(**given: Any) -> Shop:
    return connect(ExternalPlatform.SHOPIFY, currency="USD", **given)


def _stock(shop: Shop) -> dict[str, int]:
    with tenant_session(shop.store_id) as session:
        return {row.sku: row.stock_quantity for row in session.scalars(select(Variant))}


def _level(item: int, available: int | None, at: str, location: int = 1) -> Recorded:
    body = {"inventory_item_id": item, "location_id": location, "available": available, "updated_at": at}
    return shopify("inventory_levels/update", body)


def _order(**given: Any) -> dict[str, Any]:
    line = {"id": 71, "product_id": 9207199254740993, "variant_id": 9007199254740993, "quantity": 2, "price": "19.99"}
    return {
        "id": 9307199254740993,
        "name": "#1001",
        "currency": "USD",
        "total_price": "39.98",
        "email": "b@example.com",
        "financial_status": "paid",
        "created_at": "2026-11-20T15:00:00Z",
        "updated_at": "2026-11-20T15:00:00Z",
        "line_items": [line | {"sku": "TEE-S", "title": "Tee"}],
    } | given


def test_a_product_with_its_variants_and_stock() -> None:
    shop = _shop()
    created, item = shopify("products/create", shopify_product()), 9107199254740993
    deliver(shop, created, _level(item, 4, "2026-11-20T16:00:00Z"), _level(item, 9, "2026-11-20T15:00:00Z"))
    assert _stock(shop) == {"TEE-S": 4, "TEE-M": 5}
    deliver(shop, _level(item, None, "2026-11-20T17:00:00Z"), _level(item, 3, "2026-11-20T17:00:00Z"))
    assert _stock(shop) == {"TEE-S": 3, "TEE-M": 5}


def test_stock_that_comes_before_its_product_waits() -> None:
    shop = _shop()
    rows = deliver(shop, _level(9107199254740993, 4, "2026-11-20T16:00:00Z"))
    assert state(shop, rows[0]).reason == "unknown_item"
    deliver(shop, shopify("products/create", shopify_product()))
    assert _stock(shop) == {"TEE-S": 4, "TEE-M": 5}


def test_a_variant_that_is_not_listed_any_more_is_gone() -> None:
    shop = _shop()
    body = shopify_product()
    shorter = body | {"variants": body["variants"][:1], "updated_at": "2026-11-21T10:00:00Z"}
    for words in ([body, shorter], [shorter, body]):
        shop = _shop()
        deliver(shop, *(shopify("products/update", one) for one in words))
        assert _stock(shop) == {"TEE-S": 5}


def test_a_deleted_product_does_not_come_back() -> None:
    shop = _shop()
    gone = shopify("products/delete", {"id": 9207199254740993}, triggered_at="2026-11-21T00:00:00.123456789Z")
    deliver(shop, gone, shopify("products/create", shopify_product()))
    assert snapshot(shop)["products"]["9207199254740993"]["is_deleted"]
    assert _stock(shop) == {}


def test_an_order_is_paid_refunded_and_canceled() -> None:
    shop = _shop()
    refund = {
        "id": 81,
        "order_id": 9307199254740993,
        "note": "torn",
        "refund_line_items": [{"line_item_id": 71, "quantity": 1, "subtotal": 19.99, "total_tax": 0.0}],
    }
    waiting = deliver(shop, shopify("refunds/create", refund))[0]
    assert (state(shop, waiting).status, state(shop, waiting).reason) == (SyncQueueStatus.CONFLICT, "waiting_for_order")
    deliver(shop, shopify("products/create", shopify_product()), shopify("orders/paid", _order()))
    assert state(shop, waiting).status == SyncQueueStatus.COMPLETED
    assert _stock(shop) == {"TEE-S": 3, "TEE-M": 5}
    with tenant_session(shop.store_id) as session:
        row = session.scalars(select(Order)).one()
        assert (row.status, row.payment_status) == (OrderStatus.CONFIRMED, PaymentStatus.PARTIALLY_REFUNDED)
        assert str(row.amount_refunded) == "19.990"
        assert session.scalars(select(OrderItem.quantity_refunded)).one() == 1
        assert session.scalars(select(Refund.notes)).all() == ["torn"]
    canceled = _order(cancelled_at="2026-11-20T16:00:00Z", updated_at="2026-11-20T16:00:00Z", cancel_reason="customer")
    deliver(shop, shopify("orders/cancelled", canceled), shopify("orders/updated", _order()))
    with tenant_session(shop.store_id) as session:
        row = session.scalars(select(Order)).one()
        assert (row.status, row.cancel_reason) == (OrderStatus.CANCELED, "customer")
    assert _stock(shop) == {"TEE-S": 5, "TEE-M": 5}


def test_what_privacy_law_asks_is_done_for_those_whom_it_names() -> None:
    shop, ada = _shop(), {"id": 1, "email": "ada@example.com"}
    notice = {"customer": ada}
    for person in (ada, {"id": 2, "email": "bob@example.com"}):
        deliver(shop, shopify("customers/create", person | {"first_name": "X", "updated_at": "2026-11-20T10:00:00Z"}))
    unknown = shopify("customers/redact", {"customer": {"id": 9, "email": "nobody@example.com"}})
    deliver(shop, unknown, shopify("customers/data_request", notice), shopify("customers/redact", notice))
    with tenant_session(shop.store_id) as session:
        found = [(row.kind, row.source, row.status) for row in session.scalars(select(PrivacyRequest))]
        assert sorted(found) == [
            ("ERASURE", "shopify customers/redact", "COMPLETED"),
            ("EXPORT", "shopify customers/data_request", "PENDING"),
        ]
        mails = set(session.scalars(select(Customer.email)))
        assert "ada@example.com" not in mails
        assert "bob@example.com" in mails
        assert {row.status for row in session.scalars(select(SyncQueue).where(SyncQueue.direction == "INBOUND"))} == {
            SyncQueueStatus.COMPLETED
        }
    deliver(shop, shopify("shop/redact", {"shop_id": 1}), shopify("app/uninstalled", {"id": 1}))
    with tenant_session(shop.store_id) as session:
        assert "bob@example.com" not in set(session.scalars(select(Customer.email)))
        assert not session.scalars(select(ExternalPlatformIntegration.is_active)).one()


@pytest.mark.skipif(not THEIRS.is_dir(), reason="the recordings are not here")
def test_the_samples_are_applied() -> None:
    shop = _shop()
    found = [json.loads(path.read_text()) for path in sorted(THEIRS.glob("*.json"))]
    # When the app is gone nothing is applied any more.
    found.sort(key=lambda one: one["headers"]["X-Shopify-Topic"] == "app/uninstalled")
    heads = [{name.lower(): value for name, value in one["headers"].items()} for one in found]
    for head, one in zip(heads, found, strict=True):
        recorded = Recorded(head["x-shopify-topic"], head["x-shopify-webhook-id"], "", one["body"].encode(), head)
        deliver(shop, recorded)
    with tenant_session(shop.store_id) as session:
        # Who is erased here is to be erased there as well, which is a row of its own.
        rows = session.scalars(select(SyncQueue).where(SyncQueue.direction == "INBOUND")).all()
        assert len(rows) == len(found) == 15
        assert {(row.status, row.reason) for row in rows if row.status != SyncQueueStatus.COMPLETED} == set()
        assert session.scalars(select(Order.total)).one() == 403
        assert session.scalars(select(Product)).all() == []
