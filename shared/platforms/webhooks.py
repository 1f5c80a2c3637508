"""The webhooks by which a connected shop tells us what changes, whatever its platform."""

from typing import Any

from shared.models.enums import ExternalPlatform
from shared.platforms.http import Credentials

Webhooks = list[dict[str, Any]]
"""Registered ones: `id` and `topic`, both text, and the `address` that they go to, as far as it is known."""


def register(credentials: Credentials, address: str, secret: str) -> Webhooks:
    """Have a shop tell an address what changes; `secret` is what WooCommerce is to sign with. Raises PlatformError."""
    made: Webhooks = _module(credentials).register(credentials, address, secret)
    return made


def unregister(credentials: Credentials, webhooks: Webhooks) -> None:
    """Have it tell no more. What is gone already is no error. Raises PlatformError."""
    if webhooks:
        _module(credentials).unregister(credentials, [str(one["id"]) for one in webhooks])


def awake(credentials: Credentials, address: str) -> Webhooks:
    """The webhooks to an address that a shop has and uses. Raises PlatformError."""
    found: Webhooks = _module(credentials).awake(credentials, address)
    return found


def revive(credentials: Credentials, known: Webhooks, secret: str) -> Webhooks:
    """Have it tell again what it has ceased to tell, after our answers had failed. Returns what is registered then.

    Raises PlatformError.
    """
    found: Webhooks = _module(credentials).revive(credentials, known, secret)
    return found


def _module(credentials: Credentials) -> Any:
    # Either brings an HTTP client, which most requests do without.
    from shared.platforms import shopify_webhooks, woocommerce_webhooks  # noqa: PLC0415 - as above

    return shopify_webhooks if credentials.platform is ExternalPlatform.SHOPIFY else woocommerce_webhooks
