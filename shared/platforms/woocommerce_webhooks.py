"""A WooCommerce shop's webhooks."""

from collections.abc import Sequence
from typing import Any

from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.woocommerce import call, pages

Webhooks = list[dict[str, Any]]
TOPICS = [
    *(f"{resource}.{event}" for resource in ("product", "order", "coupon") for event in ("created", "updated")),
    *(f"{resource}.{event}" for resource in ("product", "order", "coupon") for event in ("deleted", "restored")),
    *("customer.created", "customer.updated", "customer.deleted"),
]


def register(credentials: Credentials, address: str, secret: str) -> Webhooks:
    """All in one call; it sends a ping to each before it answers. Raises PlatformError."""
    return _made(credentials, TOPICS, address, secret)


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


def revive(credentials: Credentials, known: Webhooks, secret: str) -> Webhooks:
    """Wake those that sleep and make those anew that are gone. Returns all of them, those that were as they were.

    Raises PlatformError.
    """
    there = {str(one["id"]): one for page in pages(credentials, "webhooks") for one in page}
    asleep = [one for one in known if there.get(one["id"], {"status": "active"})["status"] != "active"]
    if asleep:
        _batch(credentials, {"update": [{"id": int(one["id"]), "status": "active"} for one in asleep]})
    gone = [one for one in known if one["id"] not in there]
    addresses = [there[one["id"]]["delivery_url"] for one in known if one["id"] in there]
    address = next((one for one in [*addresses, *(one.get("address") for one in known)] if one), None)
    if not gone or address is None:
        return known
    return [
        *(one for one in known if one not in gone),
        *_made(credentials, [one["topic"] for one in gone], address, secret),
    ]


def _made(credentials: Credentials, topics: Sequence[str], address: str, secret: str) -> Webhooks:
    wanted = [
        {"name": f"StormCom {topic}", "topic": topic, "delivery_url": address, "secret": secret, "status": "active"}
        for topic in topics
    ]
    made = _batch(credentials, {"create": wanted}).get("create", [])
    registered = [_shown(one) for one in made if "error" not in one]
    if len(registered) < len(topics):
        unregister(credentials, [one["id"] for one in registered])
        errors = [one["error"] for one in made if "error" in one]
        raise RefusedError("webhooks_refused", str(errors[0].get("message") if errors else "Some were not made."))
    return registered


def _batch(credentials: Credentials, wanted: dict[str, Any]) -> dict[str, Any]:
    body = call(credentials, "POST", "webhooks/batch", json=wanted).body
    return body if isinstance(body, dict) else {}


def _shown(webhook: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(webhook["id"]), "topic": str(webhook["topic"]), "address": webhook.get("delivery_url")}
