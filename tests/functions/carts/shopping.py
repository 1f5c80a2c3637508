"""A shop that sells, and shoppers on their way through it."""

from dataclasses import dataclass, field
from typing import Any

from shared.models.base import new_id
from tests.api import api
from tests.calls import Answer
from tests.functions.stores.people import Shop, make_shop

ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "address1": "Main street 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}


@dataclass
class Cart:
    """A cart and what it takes to use it."""

    shop: Shop
    id: str
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str = "", body: Any = None, **headers: str) -> Answer:
        """The answer to whoever holds the cart."""
        url = f"/v1/storefront/carts/{self.id}{path}"
        return api(method, url, body, x_store=self.shop.slug, **(self.headers | headers))

    def quote(self) -> dict[str, Any]:
        """What it comes to."""
        answer = self.ask("GET", "/quote")
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def order(self, fingerprint: str | None = None, key: str | None = None, **given: Any) -> Answer:
        """Order it, as quoted now unless a fingerprint is given."""
        body = {"fingerprint": fingerprint or self.quote()["fingerprint"], "payment_method": "CASH_ON_DELIVERY"}
        return self.ask("POST", "/checkout", body | given, idempotency_key=key or new_id())


def open_shop(**given: Any) -> Shop:
    """A shop that taxes at 19 per cent in Germany and sends parcels there for 5.00."""
    shop = make_shop(**given)
    admin(shop, "POST", "/v1/tax-rates", {"name": "VAT", "country": "DE", "rate": "19"})
    zone = admin(shop, "POST", "/v1/shipping-zones", {"name": "Germany", "countries": ["DE"]})["id"]
    admin(shop, "POST", f"/v1/shipping-zones/{zone}/rates", {"name": "Parcel", "cost": "5.00"})
    return shop


def admin(shop: Shop, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """What the shop's admin is answered."""
    answer = api(method, path, body, token=shop.admin.token)
    assert answer.status in (200, 201), answer.text
    found: dict[str, Any] = answer.json
    return found


def goods(shop: Shop, price: str = "10.00", stock: int = 10, **given: Any) -> str:
    """Something to buy. Returns the variant's id."""
    body = {"name": "Lamp", "status": "ACTIVE", "variants": [{"price": price, "stock_quantity": stock}]} | given
    return str(admin(shop, "POST", "/v1/products", body)["variants"][0]["id"])


def fill(shop: Shop, *lines: tuple[str, int]) -> Cart:
    """A guest's cart with these lines."""
    items = [{"variant_id": variant, "quantity": units} for variant, units in lines]
    answer = api("POST", "/v1/storefront/carts", {"items": items}, x_store=shop.slug)
    assert answer.status == 201, answer.text
    return Cart(shop, answer.json["id"], {"x_cart_token": answer.json["token"]})


def ready(shop: Shop, *lines: tuple[str, int], email: str = "ada@example.com") -> Cart:
    """A guest's cart that lacks nothing but the order."""
    cart = fill(shop, *lines)
    assert cart.ask("PUT", "/addresses", {"shipping_address": ADDRESS, "email": email}).status == 200
    [option] = cart.ask("GET", "/shipping-options").json["items"]
    assert cart.ask("PUT", "/shipping-option", {"shipping_rate_id": option["id"]}).status == 200
    return cart


def level(shop: Shop, variant_id: str) -> tuple[int, int]:
    """What is on hand of a variant, and what is reserved."""
    found = admin(shop, "GET", "/v1/inventory?limit=100")["items"]
    return next((row["on_hand"], row["reserved"]) for row in found if row["variant_id"] == variant_id)
