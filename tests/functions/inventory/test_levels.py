"""The list of what is in stock: whole, found by SKU or name, and what runs low."""

from typing import Any

import pytest

from shared.models.base import now
from shared.stock import Holder, reserve
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import order_of
from tests.functions.catalog.goods import ask, product, sized
from tests.functions.stores.people import Shop, make_shop


def _pages(shop: Shop, path: str, limit: int) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while cursor is not None:
        page = ask(
            shop, "GET", f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor and f'&cursor={cursor}'}"
        ).json
        found += page["items"]
        assert len(page["items"]) <= limit
        cursor = page["next_cursor"]
    return found


def _many(*skus: str, **given: Any) -> list[dict[str, Any]]:
    return [{"sku": sku, "price": "1", "options": {"Size": sku}} | given for sku in skus]


@pytest.mark.parametrize("limit", [1, 3, 7, 100])
def test_pages_have_every_variant_once_by_sku(either: Database, limit: int) -> None:
    shop, other = make_shop(), make_shop()
    skus = ["a", "B", "b", "Ä", "a-1", "a_1", "0"]
    product(shop, **(sized(*skus) | {"variants": _many(*skus)}))
    product(other, variants=[{"sku": "a", "price": "1"}])
    found = [level["sku"] for level in _pages(shop, "/v1/inventory", limit)]
    assert sorted(found) == sorted(skus)
    assert found == [level["sku"] for level in _pages(shop, "/v1/inventory", 100)]


def test_a_level_says_what_is_on_hand_held_and_left(either: Database) -> None:
    shop = make_shop()
    made = product(shop, name="Lamp", variants=[{"sku": "L", "price": "1", "stock_quantity": 9}])
    variant_id = made["variants"][0]["id"]
    with tenant_session(shop.id) as session:
        session.add(order_of(id="order"))
        session.flush()
        reserve(session, {variant_id: 4}, Holder(order_id="order"), now())
    assert ask(shop, "GET", "/v1/inventory").json["items"] == [
        {
            "variant_id": variant_id,
            "product_id": made["id"],
            "product_name": "Lamp",
            "sku": "L",
            "options": {},
            "track_inventory": True,
            "on_hand": 9,
            "reserved": 4,
            "available": 5,
            "low_stock_threshold": 5,
        }
    ]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("tab", ["TAB-1", "TAB-2"]),
        ("AB-", []),
        ("lamp", ["L%_1", "L-1"]),
        ("L%25", ["L%_1"]),
        ("OAK%20L", ["L%_1", "L-1"]),
        ("%5C", []),
        ("x'", []),
    ],
)
def test_it_is_searched_by_the_beginning_of_a_sku_or_part_of_a_name(
    either: Database, typed: str, found: list[str]
) -> None:
    shop = make_shop()
    product(shop, **(sized("1", "2", name="Desk") | {"variants": _two("TAB-1", "TAB-2")}))
    product(shop, **(sized("1", "2", name="Oak lamp") | {"variants": _two("L-1", "L%_1")}))
    assert sorted(level["sku"] for level in _pages(shop, f"/v1/inventory?q={typed}", 1)) == found


def _two(*skus: str) -> list[dict[str, Any]]:
    return [{"sku": sku, "price": "1", "options": {"Size": str(n)}} for n, sku in enumerate(skus, 1)]


def test_low_is_what_is_at_its_threshold_tracked_active_and_live(either: Database) -> None:
    shop = make_shop()
    cases: dict[str, dict[str, Any]] = {
        "at": {"stock_quantity": 5},
        "above": {"stock_quantity": 6},
        "none": {"stock_quantity": 0},
        "own": {"stock_quantity": 50, "low_stock_threshold": 50},
        "untracked": {"track_inventory": False},
        "inactive": {"is_active": False},
    }
    for sku, given in cases.items():
        product(shop, variants=[{"sku": sku, "price": "1"} | given])
    gone = product(shop, variants=[{"sku": "gone", "price": "1"}])
    ask(shop, "DELETE", f"/v1/products/{gone['id']}")
    for limit in (1, 100):
        found = [level["sku"] for level in _pages(shop, "/v1/inventory/low-stock", limit)]
        assert sorted(found) == ["at", "none", "own"]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WyJuZXdlc3QiLCJhIiwiYiJd", "WyJza3UiLCJhIl0", "WyJza3UiLCJcdTAwMDAiLCJhIl0"]
)
@pytest.mark.parametrize("path", ["inventory", "inventory/low-stock", "inventory/adjustments"])
def test_a_cursor_of_somewhere_else_is_malformed(database: Database, path: str, cursor: str) -> None:
    assert ask(make_shop(), "GET", f"/v1/{path}?cursor={cursor}").status == 400
