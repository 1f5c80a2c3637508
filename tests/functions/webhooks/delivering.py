"""Connected shops, and deliveries as those shops send them."""

import base64
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from functions.webhooks.handler import handler
from functions.webhooks.signatures import signature
from shared.integrations import store_secret
from shared.models import ExternalPlatformIntegration, SyncQueue, WebhookDelivery
from shared.models.base import new_id
from shared.models.enums import ExternalPlatform
from shared.tenancy import tenant_session
from tests.api import answer
from tests.calls import Answer, http_event

SECRET = "whsec-test-ক-1"
SHOP = "acme-test.myshopify.com"
RECORDINGS = Path(__file__).parents[2] / "recordings" / "woocommerce_deliveries.json"


@dataclass(frozen=True)
class Sent:
    """A delivery on its way."""

    headers: dict[str, str]
    body: bytes
    name: str = ""
    secret: str = field(default=SECRET, repr=False)

    def without(self, *names: str) -> "Sent":
        """The same without some headers."""
        return replace(self, headers={name: value for name, value in self.headers.items() if name not in names})

    def with_(self, **headers: str) -> "Sent":
        """The same with other headers; `_` stands for `-`."""
        return replace(self, headers=self.headers | {name.replace("_", "-"): value for name, value in headers.items()})


def connect(
    store_id: str,
    platform: ExternalPlatform = ExternalPlatform.WOOCOMMERCE,
    secret: str | None = SECRET,
    *,
    previous: tuple[str, datetime] | None = None,
    **given: Any,
) -> str:
    """A connected shop, as if somebody had connected it. Returns the integration's id."""
    is_shopify = platform is ExternalPlatform.SHOPIFY
    shop = SHOP if is_shopify else "shop.example"
    with tenant_session(store_id) as session:
        values: dict[str, Any] = {
            "id": new_id(),
            "platform": platform,
            "api_url": f"https://{shop}",
            "external_shop": shop,
            "api_key": store_secret(session, "ck_1"),
            "api_secret": None if is_shopify else store_secret(session, "cs_1"),
            "webhook_secret": store_secret(session, secret) if secret else None,
        }
        if previous:
            values |= {
                "previous_webhook_secret": store_secret(session, previous[0]),
                "secret_rotated_at": previous[1],
            }
        row = ExternalPlatformIntegration(**(values | given))
        session.add(row)
        return row.id


def deliver(integration_id: str, sent: Sent, *, encoded: bool = False) -> Answer:
    """What a delivery is answered; `encoded` as API Gateway encodes what it takes for binary."""
    platform = "shopify" if any(name.startswith("x-shopify-") for name in sent.headers) else "woocommerce"
    return deliver_to(f"/v1/webhooks/{platform}/{integration_id}", sent, encoded=encoded)


def deliver_to(path: str, sent: Sent, *, encoded: bool = False) -> Answer:
    """What a delivery to a path is answered."""
    event = http_event("POST", path, sent.headers)
    event["body"] = base64.b64encode(sent.body).decode() if encoded else sent.body.decode()
    event["isBase64Encoded"] = encoded
    return answer(handler, event)


def recordings() -> list[Sent]:
    """What a real WooCommerce sent, in its order; pings are among it."""
    recorded = json.loads(RECORDINGS.read_text())
    return [Sent(one["headers"], one["body"].encode(), one["name"]) for one in recorded["deliveries"]]


def woocommerce(topic: str, body: Any, secret: str = SECRET, **headers: str) -> Sent:
    """A delivery of WooCommerce's."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    made = {
        "content-type": "application/json",
        "user-agent": "WooCommerce/11.0.1 Hookshot (WordPress/7.1.3)",
        "x-wc-webhook-source": "https://shop.example/",
        "x-wc-webhook-topic": topic,
        "x-wc-webhook-resource": topic.partition(".")[0],
        "x-wc-webhook-event": topic.partition(".")[2],
        "x-wc-webhook-signature": signature(secret, raw),
        "x-wc-webhook-id": "1",
        "x-wc-webhook-delivery-id": uuid4().hex,
    }
    return Sent(made | {name.replace("_", "-"): value for name, value in headers.items()}, raw, secret=secret)


def shopify(topic: str, body: Any, secret: str = SECRET, **headers: str) -> Sent:
    """A delivery of Shopify's."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    made = {
        "content-type": "application/json",
        "user-agent": "Shopify-Captain-Hook",
        "x-shopify-topic": topic,
        "x-shopify-hmac-sha256": signature(secret, raw),
        "x-shopify-shop-domain": SHOP,
        "x-shopify-api-version": "2026-04",
        "x-shopify-webhook-id": str(uuid4()),
        "x-shopify-event-id": str(uuid4()),
        "x-shopify-triggered-at": "2026-04-02T14:51:42.187923931Z",
    }
    return Sent(made | {name.replace("_", "-"): value for name, value in headers.items()}, raw, topic, secret)


def kept(store_id: str) -> list[WebhookDelivery]:
    """The deliveries of a store, in the order they came."""
    with tenant_session(store_id) as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.created_at)))


def queued(store_id: str) -> list[SyncQueue]:
    """The changes of a store, in the order they came."""
    with tenant_session(store_id) as session:
        return list(session.scalars(select(SyncQueue).order_by(SyncQueue.created_at)))
