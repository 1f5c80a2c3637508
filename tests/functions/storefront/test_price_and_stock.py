"""Filters on price and stock: one variant must satisfy all of them."""

from decimal import Decimal

import pytest

from tests.conftest import Database
from tests.functions.storefront.shopping import found, open_shop, priced, sell


def test_bounds_of_a_price_range_belong_to_it(either: Database) -> None:
    store_id = open_shop()
    for slug, price in (("nine", "9.99"), ("ten", "10.00"), ("eleven", "10.01")):
        sell(store_id, slug, priced(price))

    assert set(found(min_price="10")) == {"ten", "eleven"}
    assert set(found(max_price="10.00")) == {"nine", "ten"}
    assert found(min_price="10.000", max_price="10.0") == ["ten"]
    assert len(found(min_price="0")) == 3
    assert len(found(min_price="0", max_price="9999999999.999")) == 3


def test_a_range_between_two_variants_holds_neither(either: Database) -> None:
    sell(open_shop(), "cheap-or-dear", priced("5.00"), priced("50.00"))

    assert found(min_price="10", max_price="40") == []
    assert found(min_price="10") == ["cheap-or-dear"]
    assert found(max_price="40") == ["cheap-or-dear"]


def test_a_range_upside_down_holds_nothing(either: Database) -> None:
    sell(open_shop(), "ten")

    assert found(min_price="20", max_price="5") == []


@pytest.mark.parametrize(
    ("stock", "reserved", "tracked", "buyable"),
    [(1, 0, True, True), (0, 0, True, False), (5, 5, True, False), (5, 4, True, True), (0, 0, False, True)],
)
def test_in_stock_means_something_is_left_or_not_counted(
    either: Database, stock: int, reserved: int, tracked: bool, buyable: bool
) -> None:
    sell(
        open_shop(),
        "tee",
        {"stock_quantity": stock, "reserved_quantity": reserved, "track_inventory": tracked},
    )

    assert found(in_stock="true") == (["tee"] if buyable else [])
    assert found(in_stock="false") == ["tee"]


def test_the_variant_in_the_price_range_must_be_the_one_in_stock(either: Database) -> None:
    cheap_but_gone = {"price": Decimal("5.00"), "stock_quantity": 0}
    dear_and_here = {"price": Decimal("50.00"), "stock_quantity": 3}
    sell(open_shop(), "tee", cheap_but_gone, dear_and_here)

    assert found(max_price="10", in_stock="true") == []
    assert found(min_price="10", in_stock="true") == ["tee"]
    assert found(max_price="10") == ["tee"]


def test_sold_out_products_of_a_demo_shop_drop_out(shops: Database) -> None:
    sold_out = set(found("borealis")) - set(found("borealis", in_stock="true"))

    assert sold_out == {"own-your-stack-and-data", "monokai-dimmed-sunnies"}
