"""A Shopify shop's webhook subscriptions.

The privacy topics are none: the app names their address in its own settings.
"""

from collections.abc import Sequence
from typing import Any

from shared.platforms.errors import PlatformError, RefusedError
from shared.platforms.http import Credentials
from shared.platforms.shopify import query

Webhooks = list[dict[str, Any]]
TOPICS = (
    "PRODUCTS_CREATE",
    "PRODUCTS_UPDATE",
    "PRODUCTS_DELETE",
    "INVENTORY_LEVELS_UPDATE",
    "INVENTORY_ITEMS_UPDATE",
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_PAID",
    "ORDERS_CANCELLED",
    "REFUNDS_CREATE",
    "CUSTOMERS_CREATE",
    "CUSTOMERS_UPDATE",
    "APP_UNINSTALLED",
)
_SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!, $address: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $address, format: JSON }) {
    webhookSubscription { id topic uri }
    userErrors { field message }
  }
}"""
_UNSUBSCRIBE = """mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}"""
_SUBSCRIPTIONS = """query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    nodes { id topic uri }
    pageInfo { hasNextPage endCursor }
  }
}"""


def register(credentials: Credentials, address: str, _secret: str) -> Webhooks:
    """One call for each topic. Those that are there stay: a topic is told to an address once."""
    registered = awake(credentials, address)
    known = {one["topic"] for one in registered}
    made: Webhooks = []
    try:
        for topic in TOPICS:
            if topic not in known:
                done = query(credentials, _SUBSCRIBE, {"topic": topic, "address": address})
                made.append(_shown(done["webhookSubscriptionCreate"]["webhookSubscription"]))
    except PlatformError:
        unregister(credentials, [one["id"] for one in made])
        raise
    return [*registered, *made]


def unregister(credentials: Credentials, ids: Sequence[str]) -> None:
    """What is gone already is refused with a word, and no error here."""
    for one in ids:
        try:
            query(credentials, _UNSUBSCRIBE, {"id": one})
        except RefusedError:
            continue


def awake(credentials: Credentials, address: str) -> Webhooks:
    """It removes those that fail for long."""
    return [one for one in _all(credentials) if one["address"] == address]


def _all(credentials: Credentials) -> Webhooks:
    found: Webhooks = []
    after: str | None = None
    while True:
        page = query(credentials, _SUBSCRIPTIONS, {"after": after})["webhookSubscriptions"]
        found += [_shown(one) for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def revive(credentials: Credentials, known: Webhooks, _secret: str) -> Webhooks:
    """Make those anew that are gone. Returns all of them. Raises PlatformError."""
    there = {one["id"]: one for one in _all(credentials)}
    kept = [one for one in known if one["id"] in there]
    addresses = [*(there[one["id"]]["address"] for one in kept), *(one.get("address") for one in known)]
    address = next((one for one in addresses if one), None)
    if len(kept) == len(known) or address is None:
        return known
    return register(credentials, address, "")


def _shown(subscription: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(subscription["id"]), "topic": str(subscription["topic"]), "address": subscription.get("uri")}
