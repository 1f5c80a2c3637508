"""What connecting needs of a shop, whatever its platform: who it is, and the webhooks that it tells us by."""

from dataclasses import dataclass, field
from typing import Any

from shared.errors import FieldError, InvalidError
from shared.integrations import Credentials
from shared.models.enums import ExternalPlatform
from shared.platforms.errors import DeniedError, PlatformError, UnreachableError

Webhooks = list[dict[str, Any]]
"""Registered ones: `id` and `topic`, both text."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop as it describes itself. `name` is how its deliveries call it."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)


def look_at(credentials: Credentials) -> Shop:
    """Ask a shop who it is, with our keys. Raises PlatformError."""
    shop: Shop = _module(credentials).look_at(credentials)
    return shop


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


def refusal(error: PlatformError) -> InvalidError:
    """What staff is told when a shop does not do what we ask."""
    if isinstance(error, DeniedError):
        code, field_ = "keys_refused", "credentials"
        detail = f"The shop does not accept these keys, or they may not do this: {error.message}"
    elif isinstance(error, UnreachableError):
        code, field_, detail = "shop_unreachable", "api_url", error.message
    else:
        code, field_, detail = "shop_refused", "api_url", f"The shop refuses: {error.message}"
    return InvalidError(code, detail, [FieldError(loc=["body", field_], message=detail)], platform_code=error.code)


def _module(credentials: Credentials) -> Any:
    # Either brings an HTTP client, which most requests do without.
    from functions.integrations import shopify, woocommerce  # noqa: PLC0415 - as above

    return shopify if credentials.platform is ExternalPlatform.SHOPIFY else woocommerce
