"""A shop lives for a while, and not all that it tells arrives. After one comparison the store is what the shop says."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from functions.sync.inbound.links import row_of
from functions.sync.runs import asking
from functions.sync.runs.running import run
from shared.models import Coupon, Customer, ExternalLink, Order, Product, SyncRun, Variant
from shared.models.base import new_id
from shared.models.enums import SyncRunKind, SyncRunStatus
from shared.stock import differences
from shared.tenancy import tenant_session
from tests.functions.sync import bodies
from tests.functions.sync.connected import deliver
from tests.functions.sync.connected import woocommerce as delivery_of
from tests.functions.sync.outbound.both import Both
from tests.standins.woocommerce import Delivery, Entity

MODELS = {"product": Product, "variant": Variant, "customer": Customer, "coupon": Coupon, "order": Order}
TOPICS = (
    *(f"{kind}.{event}" for kind in ("coupon", "order", "customer") for event in ("created", "updated", "deleted")),
    *("product.restored", "coupon.restored", "order.restored"),
)


class Life:
    """What happens in a shop, all of it within a few seconds."""

    def __init__(self, both: Both, seed: int) -> None:
        self.shop, self.chance, self.told = both.shop, random.Random(seed), list[Delivery]()  # noqa: S311 - named
        for topic in TOPICS:
            both.shop.add("webhooks", topic=topic, delivery_url="https://us.example", secret="s")
        self.acts: list[Callable[[], object]] = [
            *(self.coupon, self.simple, self.family, self.customer, self.guest),
            *(self.recoupon, self.recoupon, self.rename, self.trash, self.trash, self.restore, self.restore),
            *(self.pool, self.pool, self.retype, self.readdress),
        ]

    def live(self, times: int) -> None:
        """Do so much; each fourth word is lost."""
        for act in [*self.acts[:5], *self.chance.choices(self.acts, k=times)]:
            act()
            if self.chance.random() < 0.25:
                self.shop.lose()
            else:
                self.told += self.shop.deliveries()
        self.chance.shuffle(self.told)

    def some(self, kind: str, *, when: Callable[[Entity], bool] = lambda _: True) -> Entity | None:
        """One of a kind of which something holds."""
        rows = [row for row in self.shop.entities[kind].values() if when(row)]
        return self.chance.choice(rows) if rows else None

    def word(self) -> str:
        return f"w{self.chance.randrange(10**9)}"

    def coupon(self) -> None:
        self.shop.add("coupons", code=self.word(), amount="10.00", discount_type="percent")

    def recoupon(self) -> None:
        if row := self.some("coupons", when=lambda one: one["status"] == "publish"):
            self.shop.edit("coupons", row["id"], amount=f"{self.chance.randint(1, 99)}.00")

    def simple(self) -> None:
        self.shop.add("products", name=self.word(), sku=self.word(), regular_price="5")

    def family(self) -> None:
        given = {"manage_stock": True, "stock_quantity": 10, "sku": self.chance.choice(["", self.word()])}
        parent = self.shop.add("products", name=self.word(), type="variable", regular_price="8", **given)
        for size in ("S", "M"):
            option = [{"name": "Size", "option": size}]
            given = {"type": "variation", "parent_id": parent["id"], "attributes": option, "regular_price": "9"}
            self.shop.add("products", name=f"{parent['name']} {size}", **given)

    def pool(self) -> None:
        if row := self.some("products", when=lambda one: one["type"] == "variable" and one["status"] == "publish"):
            self.shop.edit("products", row["id"], stock_quantity=self.chance.randint(0, 30))

    def retype(self) -> None:
        if row := self.some("products", when=lambda one: one["type"] == "variable" and one["status"] == "publish"):
            self.shop.edit("products", row["id"], type="simple")

    def rename(self) -> None:
        if row := self.some("products", when=lambda one: one["type"] != "variation" and one["status"] == "publish"):
            self.shop.edit("products", row["id"], name=self.word())

    def trash(self) -> None:
        kind = self.chance.choice(["products", "coupons", "orders"])
        if row := self.some(kind, when=lambda one: one["status"] != "trash" and one.get("type") != "variation"):
            self.shop.trash(kind, row["id"])

    def restore(self) -> None:
        kind = self.chance.choice(["products", "coupons", "orders"])
        if row := self.some(kind, when=lambda one: one["status"] == "trash"):
            self.shop.restore(kind, row["id"])

    def customer(self) -> None:
        self.shop.add("customers", email=f"{self.word()}@example.com", first_name="C", billing={}, shipping={})

    def readdress(self) -> None:
        guests = [row["billing"]["email"] for row in self.shop.entities["orders"].values()]
        known = {row["email"] for row in self.shop.entities["customers"].values()}
        if (row := self.some("customers")) and (free := sorted(set(guests) - known)):
            self.shop.edit("customers", row["id"], email=self.chance.choice(free))

    def guest(self) -> None:
        product = self.some("products", when=lambda one: one["type"] == "simple" and not one["manage_stock"])
        if product is None:
            return
        body = bodies.order(0, (product["id"], 1), currency="USD")
        given = {name: body[name] for name in ("status", "currency", "total", "line_items", "customer_id")}
        given["line_items"][0]["sku"] = product["sku"]
        self.shop.add(
            "orders", **given, billing={**body["billing"], "email": f"{self.word()}@example.com"}, shipping={}
        )


@pytest.mark.parametrize("seed", range(4))
def test_a_history_with_losses_ends_after_a_comparison_in_what_the_shop_says(both: Both, seed: int) -> None:
    life = Life(both, seed)
    life.live(30)
    if seed % 2:
        # It is not there to be asked while its words come in.
        both.shop.faults.down = True
    deliver(both.here, *(delivery_of(one.topic, one.body) for one in life.told))
    both.shop.faults.down = False
    asking._left_alone.clear()
    compare(both)
    assert ours(both) == theirs(both)
    with tenant_session(both.store_id) as session:
        assert differences(session) == []


def compare(both: Both) -> None:
    with tenant_session(both.store_id) as session:
        row = SyncRun(id=new_id(), integration_id=both.here.integration_id, kind=SyncRunKind.RECONCILIATION)
        session.add(row)
    run(both.store_id, row.id, lambda: True)
    with tenant_session(both.store_id) as session:
        done = session.get_one(SyncRun, row.id)
        assert (done.status, done.failed_count) == (SyncRunStatus.COMPLETED, 0), done.drift


def ours(both: Both) -> dict[tuple[str, str], Any]:
    """What is here and not deleted, by type and their id."""
    found: dict[tuple[str, str], Any] = {}
    with tenant_session(both.store_id) as session:
        for link in session.scalars(select(ExternalLink).where(ExternalLink.entity_type.in_(MODELS))):
            row = row_of(session, MODELS[link.entity_type], link.entity_id)
            if row is not None and row.deleted_at is None:
                found[link.entity_type, link.external_id] = _said(session, link, row)
    return found


def _said(session: Any, link: ExternalLink, row: Any) -> Any:
    match link.entity_type:
        case "product":
            return row.name
        case "variant":
            return (row.sku, float(row.price), row.stock_quantity if row.track_inventory else None)
        case "coupon":
            return float(row.discount_value)
        case "customer":
            return row.email
    return session.get_one(Customer, row.customer_id).email


def theirs(both: Both) -> dict[tuple[str, str], Any]:
    """The same, as the shop's REST says it."""
    found: dict[tuple[str, str], Any] = {}
    products = both.shop.products
    for row in products.values():
        number, parent = str(row["id"]), products.get(row["parent_id"])
        if "trash" in (row["status"], parent and parent["status"]):
            continue
        price = float(row["price"])
        if parent is None:
            found["product", number] = row["name"]
            if row["type"] == "simple":
                stock = row["stock_quantity"] if row["manage_stock"] else None
                found["variant", number] = (row["sku"] or f"WC-{number}", price, stock)
        elif parent["type"] == "variable":
            found["variant", number] = (f"WC-{number}", price, parent["stock_quantity"])
    for kind, said in (("coupons", lambda one: float(one["amount"])), ("orders", lambda one: one["billing"]["email"])):
        for row in both.shop.entities[kind].values():
            if row["status"] != "trash":
                found[kind.removesuffix("s"), str(row["id"])] = said(row)
    for row in both.shop.entities["customers"].values():
        found["customer", str(row["id"])] = row["email"]
    return found
