"""Products with variations of WooCommerce as ordinary shops have them: without SKUs of their own, with one stock for
all, and made simple one day. In whatever order they come, the end is the same.
"""

from itertools import permutations
from typing import Any

import pytest

from shared.stock import differences
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.sync import bodies
from tests.functions.sync.connected import Recorded, Shop, connect, deliver, snapshot, states
from tests.functions.sync.connected import woocommerce as told


def ends_live(*told_: Recorded) -> dict[str, Any]:
    """As `ends`, of what is there."""
    found: list[dict[str, Any]] = []
    orders = list(permutations(told_))
    for order in orders[:: max(len(orders) // 8, 1)]:
        shop = connect()
        deliver(shop, *order)
        assert [one for one in states(shop) if one[1] != "COMPLETED"] == [], [one.topic for one in order]
        _adds_up(shop)
        whole = snapshot(shop)
        found.append(
            {kind: {key: row for key, row in rows.items() if not row["is_deleted"]} for kind, rows in whole.items()}
        )
        assert found[-1] == found[0], [(one.topic, one.content["id"]) for one in order]
    return found[0]


def parent(*variations: int, at: str = bodies.AT, **given: Any) -> Recorded:
    """A variable product."""
    whole = {"name": "Tee", "type": "variable", "sku": "TEE", "variations": list(variations), "manage_stock": False}
    body = bodies.product(11, **whole | {"price": "", "regular_price": "", "date_modified_gmt": at} | given)
    return told("product.updated", body)


def child(number: int, **given: Any) -> Recorded:
    """One of its variations, which says its product's SKU."""
    option = {"id": 0, "name": "Size", "option": str(number)}
    whole = {"type": "variation", "parent_id": 11, "sku": "TEE", "attributes": [option]}
    return told("product.updated", bodies.product(number, **whole | given))


def ends(*told_: Recorded) -> dict[str, Any]:
    """What orders of these end in, whatever comes first or last."""
    found: list[dict[str, Any]] = []
    orders = list(permutations(told_))
    for order in orders[:: max(len(orders) // 5, 1)]:
        shop = connect()
        deliver(shop, *order)
        assert [one for one in states(shop) if one[1] != "COMPLETED"] == []
        _adds_up(shop)
        found.append(snapshot(shop))
        assert found[-1] == found[0], [one.content["id"] for one in order]
    return found[0]


def _adds_up(shop: Shop) -> None:
    with tenant_session(shop.store_id) as session:
        assert differences(session) == []


def test_variations_without_a_sku_of_their_own_all_come_in(database: Database) -> None:
    found = ends(child(12), child(13), parent(12, 13))
    assert {key: one["sku"] for key, one in found["variants"].items()} == {"12": "WC-12", "13": "WC-13"}
    assert not any(one["is_deleted"] for one in found["variants"].values())


def test_the_only_variation_has_no_sku_of_its_products_either(database: Database) -> None:
    found = ends(child(12), parent(12))
    assert found["variants"]["12"]["sku"] == "WC-12"
    later = "2026-11-21T10:00:00"
    found = ends(child(12), parent(12), parent(12, sku="SHIRT", at=later))
    assert found["variants"]["12"]["sku"] == "TEE"


def test_a_variation_that_gets_a_sku_of_its_own_has_it(database: Database) -> None:
    own = child(12, sku="TEE-S", date_modified_gmt="2026-11-21T10:00:00")
    found = ends(child(12), own, parent(12))
    assert found["variants"]["12"]["sku"] == "TEE-S"


def test_what_is_simple_now_sells_no_variations(database: Database) -> None:
    simple = parent(type="simple", price="9", regular_price="9", at="2026-11-25T11:00:00")
    found = ends(parent(12, 13), child(12, sku="A"), child(13, sku="B"), simple)
    assert {key: one["is_deleted"] for key, one in found["variants"].items() if key != "11"} == {"12": True, "13": True}
    assert (found["variants"]["11"]["is_deleted"], found["products"]["11"]["price_max"]) == (False, "9.000")


def test_one_stock_for_all_variations_follows_the_product(database: Database) -> None:
    pooled = {"manage_stock": "parent", "stock_quantity": 10}
    first = parent(12, 13, manage_stock=True, stock_quantity=10)
    later = parent(12, 13, manage_stock=True, stock_quantity=4, at="2026-11-22T00:00:00")
    found = ends(first, child(12, **pooled), child(13, **pooled), later)
    assert {one["stock_quantity"] for one in found["variants"].values()} == {4}


def test_an_order_takes_from_one_stock_once(database: Database) -> None:
    pooled = {"manage_stock": "parent", "stock_quantity": 10}
    order = bodies.order(700, (12, 2), date_created_gmt="2026-11-21T23:59:59")
    order["line_items"][0] |= {"product_id": 11, "variation_id": 12}
    first = parent(12, 13, manage_stock=True, stock_quantity=10)
    later = parent(12, 13, manage_stock=True, stock_quantity=8, at="2026-11-22T00:00:00")
    found = ends(first, child(12, **pooled), told("order.updated", order), later)
    assert found["variants"]["12"]["stock_quantity"] == 8


def test_a_variation_may_have_a_stock_of_its_own_again(database: Database) -> None:
    pooled = child(12, manage_stock="parent", stock_quantity=10)
    own = child(12, stock_quantity=3, date_modified_gmt="2026-11-21T00:00:00")
    first = parent(12, manage_stock=True, stock_quantity=10)
    later = parent(12, manage_stock=True, stock_quantity=9, at="2026-11-22T00:00:00")
    found = ends(first, pooled, own, later)
    assert found["variants"]["12"]["stock_quantity"] == 3


@pytest.mark.parametrize("seller", [12, 13])
def test_a_sale_here_lowers_one_stock_for_all_once_it_was_told(database: Database, seller: int) -> None:
    shop = connect()
    pooled = {"manage_stock": "parent", "stock_quantity": 10}
    deliver(shop, parent(12, 13, manage_stock=True, stock_quantity=10), child(12, **pooled), child(13, **pooled))
    mark = {"key": f"_stormcom_push_{seller}", "value": "1:-1"}
    later = {"manage_stock": True, "stock_quantity": 9, "meta_data": [mark], "at": "2026-11-22T00:00:00"}
    deliver(shop, parent(12, 13, **later))
    stocks = {key: one["stock_quantity"] for key, one in snapshot(shop)["variants"].items()}
    # What is sold here is lower here already.
    assert stocks == {"12": 9, "13": 9} | {str(seller): 10}


def test_what_was_made_again_under_a_sku_is_the_later_one(database: Database) -> None:
    first, second = (bodies.product(number, sku="X", slug=f"x-{number}") for number in (900, 901))
    order = bodies.order(700, (900, 1), date_created_gmt=bodies.AT)
    order["line_items"][0]["sku"] = "X"
    gone = told("product.deleted", {"id": 900})
    found = ends_live(
        told("product.created", first), told("order.created", order), gone, told("product.created", second)
    )
    assert list(found["products"]) == ["901"]
    assert found["variants"]["901"]["sku"] == "X"


def test_what_was_made_again_under_a_code_is_the_later_one(database: Database) -> None:
    later = bodies.coupon(61, "TEN", amount="7.00", date_modified_gmt="2026-11-21T10:00:00")
    gone = told("coupon.deleted", {"id": 60})
    first, second = told("coupon.created", bodies.coupon(60, "ten")), told("coupon.created", bodies.coupon(61, "TEN"))
    found = ends_live(first, gone, second, told("coupon.updated", later))
    assert {key: one["discount_value"] for key, one in found["coupons"].items()} == {"61": "7.000"}


def test_who_came_again_under_an_address_is_the_later_one(database: Database) -> None:
    first, second = (told("customer.created", bodies.customer(number, "a@x.com")) for number in (5, 6))
    guest = told("order.created", bodies.order(701, billing={"email": "a@x.com", "first_name": "A"}))
    found = ends_live(first, told("customer.deleted", {"id": 5}), second, guest)
    assert found["customers"]["a@x.com"]["link"] == "6"
    assert found["orders"]["701"]["customer"] == "6"


def test_a_line_of_what_was_deleted_for_good_keeps_what_it_was(database: Database) -> None:
    order = bodies.order(700, (900, 1), date_created_gmt="2026-11-21T00:00:00")
    bare = order["line_items"][0] | {"product_id": 0, "sku": None}
    done = order | {"status": "completed", "date_modified_gmt": "2026-11-22T00:00:00", "line_items": [bare]}
    product = told("product.created", bodies.product(900))
    found = ends_live(product, told("order.created", order), told("order.updated", done))
    ((variant, *_),) = found["orders"]["700"]["lines"]
    assert variant == "900"


def test_stock_that_is_not_counted_any_more_is_none(database: Database) -> None:
    counted = told("product.created", bodies.product(900, stock_quantity=7))
    given = {"manage_stock": False, "stock_quantity": None}
    never = told("product.updated", bodies.product(900, **given, date_modified_gmt="2026-11-22T00:00:00"))
    out = bodies.product(900, **given, stock_status="outofstock", date_modified_gmt="2026-11-21T00:00:00")
    found = ends(counted, told("product.updated", out), never)
    assert (found["variants"]["900"]["stock_quantity"], found["variants"]["900"]["track_inventory"]) == (0, False)
