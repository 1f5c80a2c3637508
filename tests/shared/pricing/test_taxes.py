"""Which rates apply where, and what they come to on lines, shipping and fees."""

from decimal import Decimal
from typing import Any

import pytest

from shared.pricing import Address, Coupon, CouponKind, Fee, Rules, Shipping, TaxRate, rates_at
from tests.shared.pricing.carts import VAT, amounts, item, priced

POST = Shipping("post", Decimal(10))
INCLUDED = Rules("USD", prices_include_tax=True)
HOME = Address("US", "CA", "Los Angeles", "90210-1234")


def rate(name: str, share: str = "0.1", **more: Any) -> TaxRate:
    return TaxRate(name, Decimal(share), **more)


@pytest.mark.parametrize(
    ("place", "applies"),
    [
        ({}, True),
        ({"country": "US"}, True),
        ({"country": "us"}, True),
        ({"country": "DE"}, False),
        ({"state": "CA"}, True),
        ({"country": "US", "state": "NY"}, False),
        ({"city": "LOS ANGELES"}, True),
        ({"city": "Berkeley"}, False),
        ({"postal_code": "902101234"}, True),
        ({"postal_code": "90210"}, False),
        ({"postal_code": "902*"}, True),
        ({"postal_code": "10001; 902*"}, True),
        ({"postal_code": "902*", "city": "Berkeley"}, False),
        ({"postal_code": "902100000...902109999"}, True),
        ({"postal_code": "10000...20000"}, False),
    ],
)
def test_a_rate_applies_where_all_that_it_names_fits(place: dict[str, str], applies: bool) -> None:
    assert bool(rates_at([rate("r", **place)], HOME)) is applies


def test_of_a_priority_the_most_specific_rate_applies_and_rates_come_by_priority() -> None:
    rates = [
        rate("second", priority=2),
        rate("everywhere", priority=1),
        rate("country", priority=1, country="US"),
        rate("state", priority=1, country="US", state="CA"),
        rate("code", priority=1, country="US", state="CA", postal_code="90*"),
        rate("city", priority=1, country="US", state="CA", city="Los Angeles"),
    ]
    assert [one.id for one in rates_at(rates, HOME)] == ["code", "second"]
    assert [one.id for one in rates_at(rates, Address("US", "NY"))] == ["country", "second"]
    assert [one.id for one in rates_at(rates, Address("DE"))] == ["everywhere", "second"]
    assert [one.id for one in rates_at([rate("b"), rate("a")], HOME)] == ["a"]


def test_each_class_has_its_own_rates() -> None:
    rates = [rate("a"), rate("b", "0.05", tax_class="reduced")]
    quote = priced(item("x", "100"), item("y", "100", tax_class="reduced"), tax_rates=rates_at(rates, HOME))
    assert amounts(line.tax for line in quote.lines) == ["10", "5"]


def test_a_compound_rate_taxes_the_taxes_before_it() -> None:
    rates = rate("gst", "0.05", priority=1), rate("qst", "0.1", priority=2, compound=True)
    assert amounts(tax.amount for tax in priced(item("x", "100"), tax_rates=rates).taxes) == ["5", "10.5"]
    quote = priced(item("x", "115.50"), rules=INCLUDED, tax_rates=rates)
    assert (quote.subtotal, amounts(tax.amount for tax in quote.taxes)) == (100, ["5", "10.5"])


def test_half_a_cent_of_tax_rounds_up_on_top_of_a_price_and_down_within_it() -> None:
    assert priced(item("x", "0.50"), tax_rates=(rate("r", "0.05"),)).total_tax == Decimal("0.03")
    quote = priced(item("x", "0.09"), rules=INCLUDED, tax_rates=(rate("r", "1"),))
    assert (quote.total_tax, quote.subtotal, quote.total) == (Decimal("0.04"), Decimal("0.05"), Decimal("0.09"))


def test_rounding_at_the_subtotal_rounds_the_tax_once() -> None:
    lines = [item(name, "1.99") for name in "abc"]
    rates = (rate("r", "0.0825"),)
    assert priced(*lines, tax_rates=rates).total_tax == Decimal("0.48")
    quote = priced(*lines, tax_rates=rates, rules=Rules("USD", round_at_subtotal=True))
    assert quote.total_tax == Decimal("0.49")
    assert amounts(line.booked.tax for line in quote.lines) == ["0.17", "0.16", "0.16"]


def test_an_exempt_customer_pays_prices_without_their_tax() -> None:
    for rules, price in ((Rules("USD"), "100"), (INCLUDED, "115")):
        quote = priced(item("x", price), rules=rules, tax_rates=(VAT,), shipping=POST, tax_exempt=True)
        assert (quote.subtotal, quote.total_tax, quote.total) == (100, 0, 110)


def test_a_product_that_is_not_taxable_keeps_its_price() -> None:
    quote = priced(item("x", "115", taxable=False), item("y", "115"), rules=INCLUDED, tax_rates=(VAT,))
    assert amounts(line.total for line in quote.lines) == ["115", "100"]


def test_a_products_own_rates_take_the_place_of_the_carts() -> None:
    quote = priced(item("x", "100", tax_rates=(rate("own", "0.07"),)), item("y", "100"), tax_rates=(VAT,))
    assert [(tax.rate_id, tax.amount) for line in quote.lines for tax in line.taxes] == [("own", 7), ("vat", 15)]
    assert priced(item("x", "100", tax_rates=()), tax_rates=(VAT,)).total_tax == 0


def test_prices_that_include_another_places_tax_change_by_it() -> None:
    away = (rate("away", "0.2"),)
    quote = priced(item("x", "115"), rules=INCLUDED, tax_rates=away, base_tax_rates=(VAT,))
    assert (quote.subtotal, quote.total) == (100, 120)
    assert priced(item("x", "115"), rules=INCLUDED, tax_rates=(), base_tax_rates=(VAT,)).total == 100
    assert priced(item("x", "120"), rules=INCLUDED, tax_rates=away).total == 120


@pytest.mark.parametrize(
    ("items", "rules", "tax"),
    [
        ((item("x", "1"),), Rules("USD"), "1.5"),
        ((item("x", "1", tax_class="low"),), Rules("USD"), "0.5"),
        ((item("x", "1", tax_class="low"), item("y", "1")), Rules("USD"), "1.5"),
        ((item("x", "1", tax_class="low"), item("y", "1", tax_class="a-zero")), Rules("USD"), "0"),
        ((item("x", "1", taxable=False),), Rules("USD"), "0"),
        ((item("x", "1", needs_shipping=False), item("y", "1", tax_class="low")), Rules("USD"), "0.5"),
        ((item("x", "1"),), Rules("USD", shipping_tax_class="low"), "0.5"),
        ((item("x", "1.15"),), INCLUDED, "1.5"),
    ],
)
def test_shipping_is_taxed_as_the_goods_are(items: tuple[Any, ...], rules: Rules, tax: str) -> None:
    rates = VAT, rate("low", "0.05", tax_class="low")
    assert priced(*items, rules=rules, tax_rates=rates, shipping=POST).shipping_tax == Decimal(tax)


def test_a_rate_may_leave_shipping_alone() -> None:
    rates = rate("goods", "0.1", priority=1, on_shipping=False), rate("all", "0.05", priority=2)
    assert priced(item("x", "100"), tax_rates=rates, shipping=POST).shipping_tax == Decimal("0.5")


def test_fees_are_taxed_if_they_are_taxable() -> None:
    quote = priced(item("x", "100"), tax_rates=(VAT,), fees=(Fee("a", Decimal(20)), Fee("b", Decimal(10), False)))
    assert (quote.fee_total, quote.fee_tax, quote.total) == (30, 3, 148)


def test_a_negative_fee_takes_its_share_of_every_tax_and_leaves_nothing_at_least() -> None:
    rates = VAT, rate("low", "0.05", tax_class="low")
    goods = item("x", "100"), item("y", "100", tax_class="low")
    quote = priced(*goods, tax_rates=rates, fees=(Fee("gift", Decimal(-50)),))
    assert (quote.fee_tax, quote.total) == (-5, 165)
    quote = priced(*goods, tax_rates=rates, fees=(Fee("gift", Decimal(-500)),))
    assert (quote.fee_total, quote.total_tax, quote.total) == (-200, 0, 0)


def test_a_discount_takes_its_tax_with_it() -> None:
    coupons = (Coupon("TEN", CouponKind.PERCENTAGE, Decimal(10)),)
    for rules, price in ((Rules("USD"), "100"), (INCLUDED, "115")):
        quote = priced(item("x", price), rules=rules, tax_rates=(VAT,), coupons=coupons)
        assert (quote.discount_total, quote.discount_tax, quote.total) == (10, Decimal("1.5"), Decimal("103.5"))


def test_a_rate_is_not_negative() -> None:
    with pytest.raises(ValueError, match="negative"):
        rate("r", "-0.1")
