"""Shopify's deliveries.

The body alone is signed, and all shops of an app share its secret: which shop a delivery is from is what the header
says and, where the body names one, the body.
"""

import re
from collections.abc import Mapping
from typing import Any

from functions.webhooks.deliveries import Change, Delivery, clean, header, id_in, kept_headers, parsed
from shared.errors import NotAllowedError
from shared.models.enums import SyncOperation

SIGNATURE = "x-shopify-hmac-sha256"
_PREFIX = "x-shopify-"
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_CREATE, _UPDATE, _DELETE = SyncOperation.CREATE, SyncOperation.UPDATE, SyncOperation.DELETE
# Of each topic: what it is about, where the body has its id, and what happened to it.
_TOPICS: dict[str, tuple[str, tuple[str, ...], SyncOperation]] = {
    "products/create": ("product", ("id",), _CREATE),
    "products/update": ("product", ("id",), _UPDATE),
    "products/delete": ("product", ("id",), _DELETE),
    "inventory_levels/update": ("stock", ("inventory_item_id",), _UPDATE),
    "inventory_items/update": ("stock", ("id",), _UPDATE),
    "orders/create": ("order", ("id",), _CREATE),
    "orders/updated": ("order", ("id",), _UPDATE),
    "orders/paid": ("order", ("id",), _UPDATE),
    "orders/cancelled": ("order", ("id",), _UPDATE),
    "orders/delete": ("order", ("id",), _DELETE),
    "refunds/create": ("refund", ("id",), _CREATE),
    "customers/create": ("customer", ("id",), _CREATE),
    "customers/update": ("customer", ("id",), _UPDATE),
    "customers/delete": ("customer", ("id",), _DELETE),
    "app/uninstalled": ("app", ("id",), _DELETE),
    "customers/data_request": ("privacy", ("customer", "id"), _UPDATE),
    "customers/redact": ("privacy", ("customer", "id"), _DELETE),
    "shop/redact": ("privacy", ("shop_id",), _DELETE),
}
OTHER_SHOP = "other_shop"


def read(headers: Mapping[str, str], body: bytes, shops: set[str], shop_id: str | None) -> Delivery:
    """What a signed delivery says. `shops` are the names of the integration's shop.

    Raises MalformedError when a header is missing, NotAllowedError when it is another shop's by its header.
    """
    topic, domain = header(headers, "x-shopify-topic"), header(headers, "x-shopify-shop-domain")
    webhook_id = header(headers, "x-shopify-webhook-id")
    if domain.lower() not in shops:
        raise NotAllowedError(OTHER_SHOP, "This delivery is of another shop than the one connected here.")
    return Delivery(
        topic=topic,
        webhook_id=webhook_id,
        # What is sent again keeps its id.
        delivery_id=webhook_id,
        event_id=clean(headers.get("x-shopify-event-id", "")) or None,
        headers=kept_headers(headers, _PREFIX),
        body=body,
        change=_change(topic, parsed(body), clean(headers.get("x-shopify-triggered-at", "")), shops, shop_id),
    )


def _change(topic: str, content: Mapping[str, Any], triggered: str, shops: set[str], shop_id: str | None) -> Change:
    entity, path, operation = _TOPICS.get(topic, (topic.partition("/")[0], ("id",), _UPDATE))
    other = not _named(content) <= shops or (shop_id is not None and not _ids(topic, content) <= {shop_id})
    data = {"topic": topic, "triggered_at": triggered or None}
    return Change(entity, id_in(content, *path), operation, data, OTHER_SHOP if other else None)


def _named(content: Mapping[str, Any]) -> set[str]:
    """The shops that a body names by their domains."""
    named = (content.get("shop_domain"), content.get("myshopify_domain"))
    domains = {name.strip().lower() for name in named if isinstance(name, str)}
    return {domain for domain in domains if _DOMAIN.fullmatch(domain)}


def _ids(topic: str, content: Mapping[str, Any]) -> set[str]:
    """The shops that a body names by their numbers."""
    paths = [("shop_id",)] + ([("id",)] if topic == "app/uninstalled" else [])
    return {found for path in paths if (found := id_in(content, *path))}
