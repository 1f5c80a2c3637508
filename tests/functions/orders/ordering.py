"""Orders as shoppers leave them, and what staff do with them."""

from dataclasses import dataclass
from typing import Any

from shared.models.base import new_id
from shared.stock import differences
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import Answer
from tests.functions.carts.shopping import Cart, goods, open_shop, ready
from tests.functions.stores.people import Shop

__all__ = ["Placed", "goods", "open_shop", "place", "sound"]


@dataclass
class Placed:
    """An order that was placed, and its shop."""

    shop: Shop
    id: str
    token: str
    variants: list[str]

    def ask(self, method: str, path: str = "", body: Any = None, **headers: str) -> Answer:
        """What staff are answered."""
        return api(method, f"/v1/orders/{self.id}{path}", body, token=self.shop.admin.token, **headers)

    def read(self) -> dict[str, Any]:
        """The order as it is now."""
        answer = self.ask("GET")
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        return found

    def do(self, step: str, body: Any = None, status: int = 200, **headers: str) -> dict[str, Any]:
        """What a step that succeeds is answered; afterwards stock and ledger agree."""
        answer = self.ask("POST", f"/{step}", body if body is not None else {}, **headers)
        assert answer.status == status, answer.text
        sound(self.shop)
        found: dict[str, Any] = answer.json
        return found

    def pay(self, key: str | None = None, **given: Any) -> Answer:
        """Record a payment: all that is due, unless an amount is given."""
        return self.ask("POST", "/payments", given, idempotency_key=key or new_id())

    def refund(self, key: str | None = None, **given: Any) -> Answer:
        """Give something back."""
        return self.ask("POST", "/refunds", given, idempotency_key=key or new_id())

    def lines(self) -> list[dict[str, Any]]:
        """The lines, in the order of the variants that they were placed with."""
        found = {line["variant_id"]: line for line in self.read()["items"]}
        return [found[variant] for variant in self.variants]

    def state(self) -> tuple[str, str, str]:
        """Its three statuses."""
        now = self.read()
        return now["status"], now["payment_status"], now["fulfillment_status"]


def place(
    shop: Shop, *lines: tuple[str, int], method: str = "CASH_ON_DELIVERY", email: str = "ada@example.com", **given: Any
) -> Placed:
    """An order of these units of variants; without any, of two lamps."""
    wanted = lines or ((goods(shop, "19.99"), 2),)
    cart: Cart = ready(shop, *wanted, email=email)
    for code in given.pop("coupons", ()):
        assert cart.ask("POST", "/coupons", {"code": code}).status == 201
    answer = cart.order(payment_method=method, **given)
    assert answer.status == 201, answer.text
    return Placed(shop, answer.json["id"], answer.json["access_token"], [variant for variant, _ in wanted])


def sound(shop: Shop) -> None:
    """Stock, reservations and ledger of a shop agree."""
    with tenant_session(shop.id) as session:
        assert differences(session) == []
