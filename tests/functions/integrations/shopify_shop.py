"""As much of Shopify's Admin API as connecting a shop asks: who it is, and its webhook subscriptions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from werkzeug.wrappers import Request, Response

from tests.standins.woocommerce import serving

TOKEN = "shpat_1"
DOMAIN = "acme-test.myshopify.com"


@dataclass
class ShopifyShop:
    """A shop's subscriptions by id. With `refuses` a topic cannot be subscribed to."""

    url: str = ""
    subscriptions: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuses: str = ""
    ids: Iterator[int] = field(default_factory=lambda: count(1))

    def answer(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data that a document is answered with."""
        if "query Shop" in document:
            shop = {"id": "gid://shopify/Shop/54", "name": "Acme", "myshopifyDomain": DOMAIN}
            places = {"nodes": [{"id": "gid://shopify/Location/24"}]}
            return {"shop": shop | {"currencyCode": "USD", "taxesIncluded": False}, "locations": places}
        if "webhookSubscriptionCreate" in document:
            return {"webhookSubscriptionCreate": self._subscribe(variables["topic"], variables["address"])}
        if "webhookSubscriptionDelete" in document:
            gone = self.subscriptions.pop(variables["id"], None)
            errors = [] if gone else [{"field": ["id"], "message": "Webhook subscription does not exist"}]
            return {"webhookSubscriptionDelete": {"deletedWebhookSubscriptionId": None, "userErrors": errors}}
        nodes = list(self.subscriptions.values())
        return {"webhookSubscriptions": {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}}

    def _subscribe(self, topic: str, address: str) -> dict[str, Any]:
        taken = any(one["topic"] == topic and one["uri"] == address for one in self.subscriptions.values())
        if taken or topic == self.refuses:
            message = "Address for this topic has already been taken" if taken else "You cannot subscribe to it"
            return {"webhookSubscription": None, "userErrors": [{"field": ["topic"], "message": message}]}
        made = {"id": f"gid://shopify/WebhookSubscription/{next(self.ids)}", "topic": topic, "uri": address}
        self.subscriptions[made["id"]] = made
        return {"webhookSubscription": made, "userErrors": []}


@contextmanager
def shopify_shop() -> Iterator[ShopifyShop]:
    """A shop that answers until the end of the block."""
    shop = ShopifyShop()

    def application(environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        if request.headers.get("X-Shopify-Access-Token") != TOKEN:
            refused = {"errors": "[API] Invalid API key or access token"}
            return Response(json.dumps(refused), 401, content_type="application/json")(environ, start_response)
        asked: Any = request.get_json()
        body = {"data": shop.answer(asked["query"], asked["variables"])}
        return Response(json.dumps(body), content_type="application/json")(environ, start_response)

    with serving(application) as url:
        shop.url = url
        yield shop
