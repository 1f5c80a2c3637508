"""Workers that are killed, at each commit and at each answer of the shop: both sides agree, and nothing doubles.

The processes are real, and so is SIGKILL. After each the sweep finds what was left behind.
"""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from functions.sync.handler import handler
from shared.models import Media, OrderItem, SyncQueue, Variant
from shared.orders import shipping
from shared.orders.lifecycle import order_of
from shared.tenancy import tenant_session
from tests.functions.sync.outbound.both import Both, ShopifyBoth
from tests.functions.sync.outbound.mortal import killed_after_commit, killed_at_commit, killed_by
from tests.functions.sync.outbound.test_parcels import Fulfilling, notes, shopify, there, woo

__all__ = ["shopify", "woo"]
Change = Callable[[int], object]
MOST = 12


def sweep(both: Both) -> None:
    """What the schedule does once the leases of the dead have run out, with deliveries in between."""
    for _ in range(3):
        both.pass_time()
        handler({}, None)
        if not isinstance(both, ShopifyBoth):
            both.echo()


def kill_everywhere(both: Both, change: Change, check: Callable[[int], object]) -> tuple[int, int]:
    """Make a change after the other, and kill its worker at another point each time until one lives.

    Returns how many commits and how many of the shop's changes it was killed at.
    """
    shop: Any = both.there if isinstance(both, ShopifyBoth) else both.shop
    rounds = 0
    counts = []
    for kill in (killed_at_commit, lambda number, work: killed_by(shop, number, work)):
        for number in range(1, MOST):
            change(rounds)
            dead = kill(number, lambda: both.work_on(both.due()))
            sweep(both)
            check(rounds)
            assert {status for _, status, _ in both.rows()} == {"COMPLETED"}, both.rows()
            rounds += 1
            if not dead:
                break
        counts.append(number - 1)
    return counts[0], counts[1]


def skus(both: Both) -> list[str]:
    """The SKUs of all that they have."""
    if isinstance(both, ShopifyBoth):
        nodes = [one for product in both.there.products.values() for one in product["variants"]["nodes"]]
        return sorted(one["sku"] for one in nodes)
    return sorted(row["sku"] for row in both.shop.products.values() if row["sku"])


def stock_there(both: Both, sku: str) -> int:
    """What they have of a SKU."""
    if isinstance(both, ShopifyBoth):
        return int(both.variant(sku)["inventoryQuantity"])
    return int(both.theirs(sku)["stock_quantity"])


@pytest.fixture(params=["both", "pair"])
def each(request: pytest.FixtureRequest) -> Both:
    """A store with its shop, of either platform."""
    found: Both = request.getfixturevalue(request.param)
    return found


def test_a_product_is_made_once(each: Both) -> None:
    made: list[str] = []

    def check(_: int) -> None:
        assert skus(each) == sorted(made)
        assert {stock_there(each, sku) for sku in made} == {10} == {each.stock(sku) for sku in made}

    def change(number: int) -> None:
        made.append(f"MUG-{number}")
        each.product(made[-1])

    commits, answers = kill_everywhere(each, change, check)
    assert (commits, answers) >= (4, 1)


def test_a_product_with_options_is_made_once(each: Both) -> None:
    made: list[str] = []

    def check(_: int) -> None:
        assert skus(each) == sorted(made)
        assert {stock_there(each, sku) for sku in made} == {10} == {each.stock(sku) for sku in made}

    def change(number: int) -> None:
        made.extend((f"TEE-{number}-S", f"TEE-{number}-M"))
        each.product(*made[-2:])

    commits, answers = kill_everywhere(each, change, check)
    assert (commits, answers) >= (4, 1)


def test_a_picture_is_shown_once(each: Both) -> None:
    product_id = each.product("MUG")
    each.work()

    def change(number: int) -> None:
        with tenant_session(each.store_id) as session:
            url = f"https://us.example/media/{number}.jpg"
            given = {"mime_type": "image/jpeg", "size": 1, "display_order": number}
            session.add(Media(product_id=product_id, url=url, storage_key=f"media/{number}.jpg", **given))

    def check(number: int) -> None:
        with tenant_session(each.store_id) as session:
            assert len(session.scalars(select(Media)).all()) == number + 1
        if isinstance(each, ShopifyBoth):
            (product,) = each.there.products.values()
            assert len(product["images"]["nodes"]) == number + 1
        else:
            assert len(each.theirs("MUG")["images"]) == number + 1
            assert len(each.shop.fetched) == number + 1

    commits, answers = kill_everywhere(each, change, check)
    assert (commits, answers) >= (3, 1)


def test_stock_is_taken_once(each: Both) -> None:
    each.product("MUG")
    each.edit("MUG", stock_quantity=100)
    each.work()
    before = stock_there(each, "MUG")

    def check(number: int) -> None:
        assert each.stock("MUG") == 100 - (number + 1) == stock_there(each, "MUG") - before + 100

    commits, answers = kill_everywhere(each, lambda _: each.sell("MUG", 1), check)
    assert (commits, answers) >= (3, 1)


@pytest.mark.parametrize("platform", ["woo", "shopify"])
def test_a_parcel_is_told_once(request: pytest.FixtureRequest, platform: str) -> None:
    one: Fulfilling = request.getfixturevalue(platform)
    with tenant_session(one.both.store_id) as session:
        for item in session.scalars(select(OrderItem)):
            item.quantity = 50
    if platform == "shopify":
        for order in there(one).waiting.values():
            for row in order["rows"]:
                row["remainingQuantity"] = 50

    def check(number: int) -> None:
        if platform == "shopify":
            assert there(one).fulfilled() == [{1: 1}] * (number + 1)
        else:
            assert len(notes(one)) == number + 1

    commits, answers = kill_everywhere(one.both, lambda _: one.send(units={"MUG": 1}), check)
    assert (commits, answers) >= (3, 1)


def test_what_was_committed_and_never_sent_is_found_by_the_sweep(each: Both) -> None:
    each.product("MUG")
    each.work()

    def sell_and_rename() -> None:
        with tenant_session(each.store_id) as session:
            variant = session.scalars(select(Variant).where(Variant.sku == "MUG")).one()
            variant.barcode = "4006381333931"
            variant.stock_quantity -= 2

    assert killed_after_commit(sell_and_rename)
    with tenant_session(each.store_id) as session:
        assert len(session.scalars(select(SyncQueue).where(SyncQueue.status == "PENDING")).all()) == 2
    sweep(each)
    assert (stock_there(each, "MUG"), each.stock("MUG")) == (8, 8)
    assert each.due() == []


def test_a_parcel_that_was_committed_and_never_sent_is_found_by_the_sweep(woo: Fulfilling) -> None:
    order_id = woo.order()

    def send() -> None:
        with tenant_session(woo.both.store_id) as session:
            order = order_of(session, order_id, lock=True)
            shipping.pack(session, order, shipping.Parcel(), shipping.ShipmentStatus.IN_TRANSIT)

    assert killed_after_commit(send)
    assert woo.both.shop.notes == {}
    sweep(woo.both)
    assert len(notes(woo)) == 1
