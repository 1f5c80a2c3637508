"""A Shopify shop: what it says of itself."""

from typing import Any

from functions.integrations.shops import Shop
from shared.integrations import Credentials
from shared.platforms.errors import RefusedError
from shared.platforms.shopify import number_of, query

_SHOP = """query Shop {
  shop { id name myshopifyDomain currencyCode taxesIncluded }
  locations(first: 1) { nodes { id } }
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
