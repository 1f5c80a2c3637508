"""Histories that no recording has: a made-up shop lives for a while, and its deliveries come in any order."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.stock import differences
from shared.tenancy import tenant_session
from tests.functions.sync import bodies
from tests.functions.sync.connected import Recorded, connect, deliver, snapshot, states, woocommerce

pytestmark = pytest.mark.usefixtures("database")


@dataclass
class MadeUp:
    """A WooCommerce shop that tells of all it does. Each thing is changed at most once a second."""

    chance: random.Random
    clock: datetime = datetime(2026, 11, 20, 10, tzinfo=UTC)
    things: dict[str, dict[int, dict[str, Any]]] = field(
        default_factory=lambda: {"product": {}, "order": {}, "customer": {}, "coupon": {}}
    )
    gone: set[tuple[str, int]] = field(default_factory=set)
    told: list[Recorded] = field(default_factory=list)
    numbers: int = 10

    def live(self) -> None:
        """Do one thing."""
        self.clock += timedelta(seconds=1)
        act = self.chance.choice(
            [
                self.make,
                self.make,
                self.vary,
                self.edit,
                self.edit,
                self.order,
                self.order,
                self.move,
                self.move,
                self.trash,
                self.back,
            ]
        )
        act()

    def make(self) -> None:
        number = self._number()
        kind = self.chance.choice(["product", "customer", "coupon"])
        body: dict[str, Any] = {
            "product": lambda: bodies.product(number, stock_quantity=20),
            "customer": lambda: bodies.customer(number, f"c{number}@example.com"),
            "coupon": lambda: bodies.coupon(number, f"code{number}"),
        }[kind]()
        self._tell(kind, number, "created", body)

    def vary(self) -> None:
        parent, child = self._number(), self._number()
        named = {"type": "variation", "parent_id": parent, "attributes": [{"name": "Size", "option": "S"}]}
        self._tell("product", child, "created", bodies.product(child, stock_quantity=20, **named))
        self._tell("product", parent, "created", bodies.product(parent, type="variable", variations=[child], price=""))

    def edit(self) -> None:
        if not (found := self._some("product", "customer", "coupon")):
            return
        kind, number = found
        new = f"{self.clock:%H%M%S}"
        change = {
            "product": {"name": new, "price": f"{number}.00"},
            "customer": {"first_name": new},
            "coupon": {"amount": "7"},
        }
        self._tell(kind, number, "updated", self.things[kind][number] | change[kind])

    def order(self) -> None:
        sold = [
            one
            for one, body in self.things["product"].items()
            if ("product", one) not in self.gone and body["type"] != "variable" and self._parent_is_there(body)
        ]
        if not sold:
            return
        number, lines = self._number(), [(one, 1) for one in self.chance.sample(sold, min(2, len(sold)))]
        buyers = [one for one in self.things["customer"] if ("customer", one) not in self.gone]
        at = {"date_created_gmt": self._at(), "date_paid_gmt": None}
        buyer = self.chance.choice([0, *buyers])
        body = bodies.order(number, *lines, status="pending", customer_id=buyer, **at)
        for line in body["line_items"]:
            product = self.things["product"][line["product_id"]]
            if product["type"] == "variation":
                line |= {"product_id": product["parent_id"], "variation_id": product["id"]}
        self._tell("order", number, "created", body)

    def move(self) -> None:
        orders = [one for one in self.things["order"] if ("order", one) not in self.gone]
        if not orders:
            return
        number = self.chance.choice(orders)
        body = self.things["order"][number]
        after = {"pending": ["processing", "cancelled"], "processing": ["completed", "cancelled"]}.get(
            body["status"], []
        )
        if not after:
            return
        status = self.chance.choice(after)
        if body["status"] == "pending" and status == "processing":
            self._sell(body, -1)
        elif body["status"] == "processing" and status == "cancelled":
            self._sell(body, 1)
        self._tell("order", number, "updated", body | {"status": status})

    def trash(self) -> None:
        if not (found := self._some("product", "order", "customer", "coupon")):
            return
        kind, number = found
        if kind == "product" and self.things[kind][number]["type"] != "simple":
            return
        self.gone.add(found)
        self._send(f"{kind}.deleted", {"id": number})
        if kind == "order":
            for other in ("product", "coupon"):
                self._send(f"{other}.deleted", {"id": number})

    def back(self) -> None:
        found = sorted(one for one in self.gone if one[0] != "customer")
        if not found:
            return
        kind, number = self.chance.choice(found)
        self.gone.discard((kind, number))
        self._tell(kind, number, "restored", self.things[kind][number])

    def _sell(self, body: dict[str, Any], sign: int) -> None:
        for line in body["line_items"]:
            number = line["variation_id"] or line["product_id"]
            product = self.things["product"][number]
            changed = product | {"stock_quantity": product["stock_quantity"] + sign * line["quantity"]}
            self._tell("product", number, "updated", changed, told=("product", number) not in self.gone)

    def _tell(self, kind: str, number: int, event: str, body: dict[str, Any], *, told: bool = True) -> None:
        self.things[kind][number] = body | {"date_modified_gmt": self._at()}
        if told:
            self._send(f"{kind}.{event}", self.things[kind][number])

    def _send(self, topic: str, body: dict[str, Any]) -> None:
        self.told.append(woocommerce(topic, body))

    def _some(self, *kinds: str) -> tuple[str, int] | None:
        found = [(kind, one) for kind in kinds for one in self.things[kind] if (kind, one) not in self.gone]
        return self.chance.choice(found) if found else None

    def _parent_is_there(self, body: dict[str, Any]) -> bool:
        return body["type"] != "variation" or ("product", body["parent_id"]) not in self.gone

    def _at(self) -> str:
        return f"{self.clock:%Y-%m-%dT%H:%M:%S}"

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers


def _lived(seed: int, steps: int = 45) -> MadeUp:
    shop = MadeUp(random.Random(seed))  # noqa: S311 - a seed that can be named
    for _ in range(steps):
        shop.live()
    return shop


def _after(told: list[Recorded]) -> dict[str, Any]:
    shop = connect()
    deliver(shop, *told)
    assert [one for one in states(shop) if one[1] != "COMPLETED"] == []
    with tenant_session(shop.store_id) as session:
        assert differences(session) == []
    return snapshot(shop)


@pytest.mark.parametrize("seed", range(3))
def test_a_history_in_any_order(seed: int) -> None:
    shop = _lived(seed)
    expected = _after(shop.told)
    _agrees(shop, expected)
    assert _after(shop.told[::-1]) == expected
    mixed = [*shop.told, *shop.told[::3]]
    shop.chance.shuffle(mixed)
    assert _after(mixed) == expected


def _agrees(shop: MadeUp, found: dict[str, Any]) -> None:
    """What the store has is what the shop has."""
    for number, body in shop.things["product"].items():
        gone = ("product", number) in shop.gone
        if body["type"] != "variation":
            assert found["products"][str(number)]["is_deleted"] == gone
        if body["type"] != "variable":
            variant = found["variants"][str(number)]
            assert variant["is_deleted"] == gone
            assert gone or (variant["stock_quantity"], variant["sku"]) == (body["stock_quantity"], body["sku"])
    for number, body in shop.things["order"].items():
        row = found["orders"][str(number)]
        status = {"completed": "DELIVERED", "cancelled": "CANCELED"}.get(body["status"], body["status"].upper())
        assert (row["is_deleted"], row["status"]) == (("order", number) in shop.gone, status)
    for number in shop.things["coupon"]:
        assert found["coupons"][str(number)]["is_deleted"] == (("coupon", number) in shop.gone)
    for number, body in shop.things["customer"].items():
        row = found["customers"][body["email"]]
        assert (row["is_deleted"], row["first_name"]) == (("customer", number) in shop.gone, body["first_name"])
