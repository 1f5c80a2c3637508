"""A Shopify shop: what it says of itself, and its webhook subscriptions.

The privacy topics are no subscriptions: the app names their address in its own settings.
"""

from collections.abc import Sequence
from typing import Any

from functions.integrations.shops import Shop, Webhooks
from shared.integrations import Credentials
from shared.platforms.errors import PlatformError, RefusedError
from shared.platforms.shopify import number_of, query

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
_SHOP = """query Shop {
  shop { id name myshopifyDomain currencyCode taxesIncluded }
  locations(first: 1) { nodes { id } }
}"""
_SUBSCRIBE = """mutation Subscribe($topic: WebhookSubscriptionTopic!, $address: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $address, format: JSON }) {
    webhookSubscription { id topic }
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


def look_at(credentials: Credentials) -> Shop:
    """Its myshopify.com domain, number, currency, whether prices include tax, and where its stock is."""
    data = query(credentials, _SHOP)
    shop: Any = data.get("shop") or {}
    if not shop.get("myshopifyDomain"):
        raise RefusedError("not_shopify", "This does not answer as Shopify does.")
    places = (data.get("locations") or {}).get("nodes") or []
    settings = {
        "shop_id": number_of(str(shop["id"])),
        "currency": shop.get("currencyCode"),
        "prices_include_tax": bool(shop.get("taxesIncluded")),
    }
    if places:
        settings["location_id"] = number_of(str(places[0]["id"]))
    return Shop(str(shop["myshopifyDomain"]).lower(), settings)


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
    found: Webhooks = []
    after: str | None = None
    while True:
        page = query(credentials, _SUBSCRIPTIONS, {"after": after})["webhookSubscriptions"]
        found += [_shown(one) for one in page["nodes"] if one.get("uri") == address]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def _shown(subscription: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(subscription["id"]), "topic": str(subscription["topic"])}
