"""A WooCommerce shop: what it says of itself."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from functions.integrations.shops import Shop
from shared.integrations import Credentials
from shared.platforms.errors import PlatformError, RefusedError
from shared.platforms.woocommerce import call

_SETTINGS = {
    "woocommerce_currency": "currency",
    "woocommerce_prices_include_tax": "prices_include_tax",
    "woocommerce_default_country": "country",
    "woocommerce_weight_unit": "weight_unit",
    "woocommerce_dimension_unit": "dimension_unit",
}


_NO_API = (
    "There is no REST API of WooCommerce at this address, neither under /wp-json nor under /index.php?rest_route=. "
    "Give the site's own address, and in WordPress choose permalinks other than plain ones (Settings, Permalinks)."
)
_ELSEWHERE = ("http_404", "not_json", "moved")
"""What is answered where WordPress has no API: a page, an error page, or the way to one."""


def look_at(credentials: Credentials) -> Shop:
    """Its address, where its API is, its currency, units, and whether its prices include tax."""
    try:
        return _seen(replace(credentials, plain_permalinks=False))
    except PlatformError as error:
        if error.code not in _ELSEWHERE:
            raise
        elsewhere = error
    try:
        return _seen(replace(credentials, plain_permalinks=True))
    except PlatformError as error:
        if error.code not in _ELSEWHERE:
            raise
        raise elsewhere if elsewhere.code == "moved" else RefusedError("no_api", _NO_API) from error


def _seen(credentials: Credentials) -> Shop:
    given = [*_settings(credentials, "general"), *_settings(credentials, "tax"), *_settings(credentials, "products")]
    found = {_SETTINGS[one["id"]]: one.get("value") for one in given if one.get("id") in _SETTINGS}
    if "prices_include_tax" in found:
        found["prices_include_tax"] = found["prices_include_tax"] == "yes"
    found["plain_permalinks"] = credentials.plain_permalinks
    return Shop(urlsplit(credentials.api_url).netloc.lower(), found)


def _settings(credentials: Credentials, group: str) -> list[dict[str, Any]]:
    body = call(credentials, "GET", f"settings/{group}").body
    if not isinstance(body, list):
        raise RefusedError("not_woocommerce", "This does not answer as WooCommerce does.")
    return [one for one in body if isinstance(one, dict)]
