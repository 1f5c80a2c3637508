"""Stores that are connected to a shop, deliveries of it, and what a store is after them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from functions.sync.handler import handler
from local.database import ROOT
from shared.models import (
    Address,
    Category,
    Coupon,
    Customer,
    ExternalLink,
    ExternalPlatformIntegration,
    Media,
    Order,
    OrderItem,
    Payment,
    Product,
    ProductAttribute,
    ProductCategory,
    Refund,
    StoreSubscription,
    SubscriptionPlan,
    SyncQueue,
    Variant,
    WebhookDelivery,
)
from shared.models.base import new_id, now
from shared.models.enums import ExternalPlatform, SubscriptionStatus, SyncDirection, SyncOperation
from shared.tenancy import platform_session, tenant_session
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from tests.factories import make_store

RECORDINGS = ROOT / "tests" / "recordings" / "woocommerce_deliveries.json"


@dataclass(frozen=True)
class Shop:
    """A store and its connection."""

    store_id: str
    integration_id: str
    platform: ExternalPlatform


@dataclass(frozen=True)
class Recorded:
    """A delivery as it was recorded."""

    topic: str
    webhook_id: str
    delivery_id: str
    body: bytes
    headers: dict[str, str]

    @property
    def content(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def connect(
    platform: ExternalPlatform = ExternalPlatform.WOOCOMMERCE,
    currency: str = "BDT",
    plan: dict[str, int] | None = None,
    **given: Any,
) -> Shop:
    """A store with a plan, connected to a shop."""
    store_id = make_store(currency=currency)
    limits = {"max_products": -1, "max_orders": -1} | (plan or {})
    with platform_session(reason="test", actor="tests") as session:
        row = SubscriptionPlan(id=new_id(), name=f"Plan {new_id()}", slug=new_id(), tier=1, price=0, **limits)
        session.add(row)
        session.flush()
        session.add(StoreSubscription(store_id=store_id, plan_id=row.id, status=SubscriptionStatus.ACTIVE))
    with tenant_session(store_id) as session:
        values: dict[str, Any] = {
            "id": new_id(),
            "platform": platform,
            "api_url": "https://shop.example",
            "api_key": "k",
        }
        integration = ExternalPlatformIntegration(**(values | given))
        session.add(integration)
        return Shop(store_id, integration.id, platform)


def recordings(path: Path = RECORDINGS) -> list[Recorded]:
    """All deliveries of a recorded run of WooCommerce but its pings, in their order."""
    found = []
    for one in json.loads(path.read_text())["deliveries"]:
        head = one["headers"]
        if "x-wc-webhook-topic" in head:
            names = (head["x-wc-webhook-topic"], head["x-wc-webhook-id"], head["x-wc-webhook-delivery-id"])
            found.append(Recorded(*names, one["body"].encode(), head))
    return found


def woocommerce(topic: str, content: Any, delivery_id: str | None = None) -> Recorded:
    """A delivery of WooCommerce that says something."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Recorded(topic, "1", delivery_id or new_id(), body, {"x-wc-webhook-topic": topic})


def shopify(topic: str, content: Any, triggered_at: str = "2026-04-02T14:51:42.187923931Z") -> Recorded:
    """A delivery of Shopify that says something."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Recorded(topic, new_id(), new_id(), body, {"x-shopify-topic": topic, "x-shopify-triggered-at": triggered_at})


def queue(shop: Shop, recorded: Recorded, **given: Any) -> str | None:
    """Keep a delivery as the receiver does, once. Returns the id of the queued change, or None if it came before."""
    digest = hashlib.sha256(recorded.body).hexdigest()
    with tenant_session(shop.store_id) as session:
        same = (WebhookDelivery.webhook_id == recorded.webhook_id, WebhookDelivery.delivery_id == recorded.delivery_id)
        known = select(WebhookDelivery.id).where(
            WebhookDelivery.integration_id == shop.integration_id, WebhookDelivery.body_sha256 == digest, *same
        )
        if session.scalar(known) is not None:
            return None
        delivery = WebhookDelivery(
            id=new_id(),
            integration_id=shop.integration_id,
            platform=shop.platform,
            topic=recorded.topic,
            webhook_id=recorded.webhook_id,
            delivery_id=recorded.delivery_id,
            headers=recorded.headers,
            body=recorded.body,
            body_sha256=digest,
        )
        session.add(delivery)
        values: dict[str, Any] = {
            "id": new_id(),
            "integration_id": shop.integration_id,
            "entity_type": recorded.topic.replace("/", ".").partition(".")[0],
            "entity_id": "",
            "operation": SyncOperation.UPDATE,
            "direction": SyncDirection.INBOUND,
            "data": {},
            "available_at": now() - timedelta(seconds=1),
            "webhook_delivery_id": delivery.id,
        }
        row = SyncQueue(**(values | given))
        session.add(row)
        return row.id


def message(shop: Shop, row_id: str, message_id: str | None = None) -> dict[str, str]:
    """A message about a queued change, as SQS hands it over."""
    body = json.dumps({"store_id": shop.store_id, "sync_queue_id": row_id})
    return {"messageId": message_id or row_id, "body": body}


def deliver(shop: Shop, *recorded: Recorded) -> list[str]:
    """Keep deliveries and let the worker have them in batches of ten. Returns the ids of the queued changes."""
    rows = [row for one in recorded if (row := queue(shop, one)) is not None]
    for start in range(0, len(rows), 10):
        answer = handler({"Records": [message(shop, row) for row in rows[start : start + 10]]}, None)
        assert answer == {"batchItemFailures": []}
    return rows


def states(shop: Shop) -> list[tuple[str, str, str | None, str | None]]:
    """Topic, status, reason and error of each change that was queued."""
    with tenant_session(shop.store_id) as session:
        query = select(WebhookDelivery.topic, SyncQueue.status, SyncQueue.reason, SyncQueue.error_message).join(
            WebhookDelivery, WebhookDelivery.id == SyncQueue.webhook_delivery_id
        )
        return [tuple(row) for row in session.execute(query.order_by(SyncQueue.created_at))]  # type: ignore[misc]


def state(shop: Shop, row_id: str | None) -> SyncQueue:
    """A queued change as it is now."""
    with tenant_session(shop.store_id) as session:
        return session.get_one(SyncQueue, row_id)


def snapshot(shop: Shop) -> dict[str, Any]:
    """All that a store has of a shop, by the shop's ids, without times and ids of ours."""
    with tenant_session(shop.store_id) as session:
        theirs = {
            (link.entity_type, link.entity_id): link.external_id
            for link in session.scalars(select(ExternalLink))
            if not link.details.get("stub")
        }
        names = {
            model: {row.id: row for row in _all(session, model)}
            for model in (Product, Variant, Category, Customer, Coupon, Order)
        }

        def key(kind: str, entity_id: str | None) -> str:
            return theirs.get((kind, str(entity_id)), f"ours:{entity_id is not None}")

        return {
            "products": {
                key("product", one.id): _fields(one, *_PRODUCT)
                | {"categories": _names(session, ProductCategory, one, names[Category])}
                | {"images": [row.url for row in _of(session, Media, one)]}
                | {"qualities": sorted(row.selected_values for row in _of(session, ProductAttribute, one))}
                for one in names[Product].values()
            },
            "variants": {
                key("variant", one.id): _fields(one, *_VARIANT) | {"product": key("product", one.product_id)}
                for one in names[Variant].values()
            },
            "customers": {
                one.email: _fields(one, *_CUSTOMER)
                | {"link": key("customer", one.id)}
                | {"addresses": sorted(row.address1 for row in _all(session, Address) if row.customer_id == one.id)}
                # A guest who turned out to be a customer is deleted, with the same address.
                for one in sorted(names[Customer].values(), key=lambda one: one.deleted_at is None)
            },
            "coupons": {key("coupon", one.id): _fields(one, *_COUPON) for one in names[Coupon].values()},
            "orders": {
                key("order", one.id): _fields(one, *_ORDER)
                | {"customer": key("customer", one.customer_id) if one.customer_id else None}
                | {"lines": sorted(_line(row, key) for row in _of_order(session, OrderItem, one))}
                | {"payments": [str(row.status) for row in _of_order(session, Payment, one)]}
                | {"refunds": sorted((str(row.amount), row.notes) for row in _of_order(session, Refund, one))}
                for one in names[Order].values()
            },
        }


_PRODUCT = ("name", "slug", "description", "short_description", "status", "sku", "price_min", "price_max")
_VARIANT = (
    *("sku", "price", "compare_at_price", "stock_quantity", "reserved_quantity", "track_inventory", "is_active"),
    *("is_default", "weight", "attributes"),
)
_CUSTOMER = ("first_name", "last_name", "phone", "is_guest")
_COUPON = ("code", "discount_type", "discount_value", "usage_limit_per_coupon", "is_active")
_ORDER = (
    *("status", "payment_status", "subtotal", "shipping_cost", "discount_amount", "tax_amount", "total"),
    *("amount_paid", "amount_refunded", "customer_email", "billing_address", "shipping_address", "coupon_code"),
)


def _line(row: OrderItem, key: Any) -> tuple[Any, ...]:
    amounts = (str(row.unit_price), str(row.subtotal), str(row.discount_amount), str(row.tax_amount))
    return (key("variant", row.variant_id), row.product_name, row.variant_sku, row.quantity, *amounts)


def _fields(row: Any, *names: str) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in names} | {"is_deleted": row.deleted_at is not None}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in found.items()}


def _all(session: TenantSession, model: Any) -> Sequence[Any]:
    return session.scalars(select(model).execution_options(**{INCLUDE_DELETED: True})).all()


def _of(session: TenantSession, model: Any, product: Product) -> Sequence[Any]:
    return session.scalars(select(model).where(model.product_id == product.id).order_by(model.created_at)).all()


def _of_order(session: TenantSession, model: Any, order: Order) -> Sequence[Any]:
    return session.scalars(select(model).where(model.order_id == order.id)).all()


def _names(session: TenantSession, model: Any, product: Product, categories: Any) -> list[str]:
    return sorted(categories[row.category_id].name for row in _of(session, model, product))
