"""What connecting needs of a shop, whatever its platform: who it is, where, and why it will not be connected."""

from dataclasses import dataclass, field, replace
from typing import Any

from shared.errors import FieldError, InvalidError
from shared.integrations import Credentials
from shared.models.enums import ExternalPlatform
from shared.platforms.errors import DeniedError, PlatformError, UnreachableError


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop as it describes itself. `name` is how its deliveries call it."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)


def look_at(credentials: Credentials) -> Shop:
    """Ask a shop who it is, with our keys. Raises PlatformError."""
    shop: Shop = _module(credentials).look_at(credentials)
    return shop


def reached(credentials: Credentials, shop: Shop) -> Credentials:
    """The same keys, for where a shop's API was found."""
    return replace(credentials, plain_permalinks=bool(shop.settings.get("plain_permalinks")))


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
