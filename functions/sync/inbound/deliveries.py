"""What a kept delivery speaks of: its topic says of what kind, its body says what."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from functions.sync.coercing import Body, moment, named, parsed
from functions.sync.entities import (
    COUPON,
    CUSTOMER,
    ORDER,
    PRODUCT,
    Entity,
    ExternalDeletion,
    ExternalRefund,
    UnreadableError,
)
from functions.sync.shopify import orders as shopify_orders
from functions.sync.shopify import reading as shopify
from functions.sync.woocommerce import orders as woocommerce_orders
from functions.sync.woocommerce import reading as woocommerce
from shared.models import WebhookDelivery
from shared.models.enums import ExternalPlatform

Reader = Callable[[Any], Entity]
_WOOCOMMERCE: Mapping[str, Reader] = {
    PRODUCT: woocommerce.read_product,
    ORDER: woocommerce_orders.read_order,
    CUSTOMER: woocommerce.read_customer,
    COUPON: woocommerce.read_coupon,
}
_EVENTS = ("created", "updated", "restored")
"""In the order in which they happen within one second."""
_SHOPIFY: Mapping[str, Reader] = {
    "products/create": shopify.read_product,
    "products/update": shopify.read_product,
    "inventory_levels/update": shopify.read_stock,
    "inventory_levels/connect": shopify.read_stock,
    "inventory_items/update": shopify.read_item,
    "orders/create": shopify_orders.read_order,
    "orders/updated": shopify_orders.read_order,
    "orders/paid": shopify_orders.read_order,
    "orders/cancelled": shopify_orders.read_order,
    "orders/fulfilled": shopify_orders.read_order,
    "orders/partially_fulfilled": shopify_orders.read_order,
    "orders/edited": shopify_orders.read_order,
    "refunds/create": shopify_orders.read_refund,
    "customers/create": shopify.read_customer,
    "customers/update": shopify.read_customer,
    "customers/enable": shopify.read_customer,
    "customers/disable": shopify.read_customer,
}
_SHOPIFY_GONE = {"products/delete": PRODUCT, "orders/delete": ORDER, "customers/delete": CUSTOMER}
IGNORED = ("error_body", "draft", "unknown_topic")
"""Reasons of UnreadableErrors that nobody need look at: there is nothing in such a body, nor will be."""


def read(delivery: WebhookDelivery) -> Entity:
    """What a delivery speaks of. Raises UnreadableError."""
    if delivery.platform is ExternalPlatform.WOOCOMMERCE:
        return _woocommerce(delivery)
    return _shopify(delivery)


def _woocommerce(delivery: WebhookDelivery) -> Entity:
    resource, _, event = delivery.topic.partition(".")
    if resource not in _WOOCOMMERCE or event not in (*_EVENTS, "deleted"):
        raise unknown_topic(delivery)
    body, mark = parsed(delivery.body), f"{delivery.webhook_id}:{delivery.delivery_id}"
    if event == "deleted":
        return ExternalDeletion(entity_type=resource, external_id=named(body), mark=mark)
    entity: Any = _WOOCOMMERCE[resource](body)
    rank = (*entity.rank, _EVENTS.index(event))
    return replace(entity, rank=rank, restored_by=mark if event == "restored" else "")  # type: ignore[no-any-return]


def _shopify(delivery: WebhookDelivery) -> Entity:
    topic, triggered_at = delivery.topic, moment(_header(delivery, "x-shopify-triggered-at"))
    if topic in _SHOPIFY_GONE:
        at = triggered_at or delivery.created_at
        return ExternalDeletion(entity_type=_SHOPIFY_GONE[topic], external_id=named(parsed(delivery.body)), at=at)
    if topic not in _SHOPIFY:
        raise unknown_topic(delivery)
    entity = _SHOPIFY[topic](parsed(delivery.body))
    if isinstance(entity, ExternalRefund | ExternalDeletion):
        return entity
    dated = entity.updated_at or triggered_at or delivery.created_at
    return replace(entity, updated_at=dated, rank=shopify.rank_of(triggered_at) + entity.rank)


def body_of(delivery: WebhookDelivery) -> Body:
    """The body of a delivery. Raises UnreadableError."""
    return parsed(delivery.body)


def unknown_topic(delivery: WebhookDelivery) -> UnreadableError:
    """What is said of a topic that nothing is made of."""
    return UnreadableError("unknown_topic", f"Nothing is made of deliveries of {delivery.topic[:100]}.")


def _header(delivery: WebhookDelivery, name: str) -> str | None:
    return next((value for key, value in delivery.headers.items() if key.lower() == name), None)
