"""A WooCommerce shop: what it says of itself, and its webhooks."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from functions.integrations.shops import Shop, Webhooks
from shared.integrations import Credentials
from shared.platforms.errors import RefusedError
from shared.platforms.woocommerce import call, pages

TOPICS = [
    *(f"{resource}.{event}" for resource in ("product", "order", "coupon") for event in ("created", "updated")),
    *(f"{resource}.{event}" for resource in ("product", "order", "coupon") for event in ("deleted", "restored")),
    *("customer.created", "customer.updated", "customer.deleted"),
]
_SETTINGS = {
    "woocommerce_currency": "currency",
    "woocommerce_prices_include_tax": "prices_include_tax",
    "woocommerce_default_country": "country",
}


def look_at(credentials: Credentials) -> Shop:
    """Its address, currency, and whether its prices include tax."""
    given = [*_settings(credentials, "general"), *_settings(credentials, "tax")]
    found = {_SETTINGS[one["id"]]: one.get("value") for one in given if one.get("id") in _SETTINGS}
    if "prices_include_tax" in found:
        found["prices_include_tax"] = found["prices_include_tax"] == "yes"
    return Shop(urlsplit(credentials.api_url).netloc.lower(), found)


def register(credentials: Credentials, address: str, secret: str) -> Webhooks:
    """All in one call; it sends a ping to each before it answers."""
    wanted = [
        {"name": f"StormCom {topic}", "topic": topic, "delivery_url": address, "secret": secret, "status": "active"}
        for topic in TOPICS
    ]
    made = _batch(credentials, {"create": wanted}).get("create", [])
    registered = [_shown(one) for one in made if "error" not in one]
    if len(registered) < len(TOPICS):
        unregister(credentials, [one["id"] for one in registered])
        errors = [one["error"] for one in made if "error" in one]
        raise RefusedError("webhooks_refused", str(errors[0].get("message") if errors else "Some were not made."))
    return registered


def sign_with(credentials: Credentials, ids: Sequence[str], secret: str) -> None:
    """Have the webhooks sign with another secret. Raises PlatformError."""
    done = _batch(credentials, {"update": [{"id": int(one), "secret": secret} for one in ids]}).get("update", [])
    if errors := [one["error"] for one in done if "error" in one]:
        raise RefusedError("webhooks_refused", str(errors[0].get("message")))


def unregister(credentials: Credentials, ids: Sequence[str]) -> None:
    """Errors of single ones are of those that are gone."""
    _batch(credentials, {"delete": [int(one) for one in ids]})


def awake(credentials: Credentials, address: str) -> Webhooks:
    """After five failures in a row it puts a webhook to sleep."""
    found = [one for page in pages(credentials, "webhooks") for one in page]
    return [_shown(one) for one in found if one.get("delivery_url") == address and one.get("status") == "active"]


def _settings(credentials: Credentials, group: str) -> list[dict[str, Any]]:
    body = call(credentials, "GET", f"settings/{group}").body
    if not isinstance(body, list):
        raise RefusedError("not_woocommerce", "This does not answer as WooCommerce does.")
    return [one for one in body if isinstance(one, dict)]


def _batch(credentials: Credentials, wanted: dict[str, Any]) -> dict[str, Any]:
    body = call(credentials, "POST", "webhooks/batch", json=wanted).body
    return body if isinstance(body, dict) else {}


def _shown(webhook: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(webhook["id"]), "topic": str(webhook["topic"])}
