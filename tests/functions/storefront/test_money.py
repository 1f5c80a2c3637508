"""Amounts are strings with as many decimals as the store's currency has."""

from decimal import Decimal

import pytest

from tests.conftest import Database
from tests.functions.storefront.shopping import found, get, open_shop, priced, sell


@pytest.mark.parametrize(
    ("currency", "written"),
    [
        ("USD", ["19.90", "0.00", "9999999999.99"]),
        ("PLN", ["19.90", "0.00", "9999999999.99"]),
        ("JPY", ["1990", "0", "9999999999"]),
        ("KWD", ["19.905", "0.000", "9999999999.999"]),
    ],
)
def test_amounts_have_exactly_the_currencys_decimals(either: Database, currency: str, written: list[str]) -> None:
    store_id = open_shop(currency=currency)
    for place, amount in enumerate(written):
        sell(store_id, f"p{place}", {"price": Decimal(amount), "compare_at_price": Decimal(amount)})

    for place, amount in enumerate(written):
        product = get(f"products/p{place}").json
        variant = product["variants"][0]
        assert product["currency"] == currency
        shown = (product["price_min"], product["price_max"], variant["price"], variant["compare_at_price"])
        assert shown == (amount,) * 4


@pytest.mark.parametrize(("store", "currency"), [("aurora", "USD"), ("borealis", "PLN")])
def test_a_demo_shop_writes_two_decimals_everywhere(shops: Database, store: str, currency: str) -> None:
    for item in get("products", store, limit=100).json["items"]:
        amounts = [item["price_min"], item["price_max"]]
        amounts += [variant["price"] for variant in item["variants"]]
        amounts += [v["compare_at_price"] for v in item["variants"] if v["compare_at_price"] is not None]
        assert all(isinstance(amount, str) and len(amount.partition(".")[2]) == 2 for amount in amounts), amounts


def test_a_reduced_price_stands_beside_the_one_before(shops: Database) -> None:
    variant = get("products/blue-plimsolls", "borealis").json["variants"][0]

    assert (variant["price"], variant["compare_at_price"]) == ("207.00", "230.00")


def test_a_product_with_several_prices_shows_the_lowest_and_the_highest_on_sale(either: Database) -> None:
    store_id = open_shop()
    hidden = priced("1.00") | {"is_active": False}
    sell(store_id, "range", priced("20.00"), priced("10.50"), priced("30.25"), hidden)

    product = get("products/range").json

    assert (product["price_min"], product["price_max"]) == ("10.50", "30.25")
    assert [variant["price"] for variant in product["variants"]] == ["20.00", "10.50", "30.25"]


def test_a_filter_takes_the_third_decimal_of_a_currency_that_has_it(either: Database) -> None:
    store_id = open_shop(currency="KWD")
    sell(store_id, "below", priced("1.234"))
    sell(store_id, "above", priced("1.235"))

    assert found(min_price="1.235") == ["above"]
    assert found(max_price="1.234") == ["below"]
