"""What an order stores of a quote, what a shopper agreed to, and what a refund gives back."""

import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal

import pytest

from shared.pricing import Cart, CouponKind, Fee, Rules, Shipping, SoldLine, fingerprint, price_cart, refund_of
from tests.shared.pricing.carts import AT, VAT, amounts, cart, coupon, item, priced

RULES = Rules("USD")
BASKET = cart(
    item("a", "9.99", 3),
    item("b", "20"),
    tax_rates=(VAT,),
    coupons=(coupon(CouponKind.PERCENTAGE, "10"),),
    shipping=Shipping("post", Decimal(5)),
    fees=(Fee("gift wrap", Decimal(2)),),
)


def test_an_order_stores_lines_whose_sums_are_its_own() -> None:
    quote = price_cart(BASKET, RULES)
    assert [amounts((line.booked.subtotal, line.booked.discount, line.booked.tax)) for line in quote.lines] == [
        ["29.97", "3", "4.05"],
        ["20", "2", "2.7"],
    ]
    order = quote.booked
    assert amounts((order.subtotal, order.discount, order.shipping, order.fees)) == ["49.97", "5", "5", "2"]
    assert amounts((order.goods_tax, order.shipping_tax, order.fee_tax, order.tax)) == ["6.75", "0.75", "0.3", "7.8"]
    assert order.total == quote.total == Decimal("59.77")


def test_an_empty_cart_costs_nothing() -> None:
    for at_subtotal in (False, True):
        quote = price_cart(Cart((), AT), Rules("USD", round_at_subtotal=at_subtotal))
        assert (quote.lines, quote.total, quote.booked.total) == ((), 0, 0)


def test_a_line_has_units_and_a_price_and_an_id_of_its_own() -> None:
    with pytest.raises(ValueError, match="a unit or more"):
        item("a", "1", 0)
    with pytest.raises(ValueError, match="not negative"):
        item("a", "-1")
    with pytest.raises(ValueError, match="one id"):
        cart(item("a", "1"), item("a", "1"))
    with pytest.raises(ValueError, match="less than nothing"):
        Shipping("post", Decimal(-1))


def test_free_goods_still_ship_for_their_price() -> None:
    quote = priced(item("a", "0"), shipping=Shipping("post", Decimal(60)), tax_rates=(VAT,))
    assert quote.total == 69


def test_the_fingerprint_changes_with_all_that_a_shopper_sees() -> None:
    first = BASKET.items[0]
    rate = replace(VAT, share=Decimal("0.16"))
    others = [
        replace(BASKET, items=(replace(first, price=Decimal("9.98")), BASKET.items[1])),
        replace(BASKET, items=(replace(first, quantity=4), BASKET.items[1])),
        replace(BASKET, items=(first,)),
        replace(BASKET, items=(first, replace(BASKET.items[1], id="c"))),
        replace(BASKET, coupons=()),
        replace(BASKET, coupons=(replace(BASKET.coupons[0], code="OTHER"),)),
        replace(BASKET, shipping=Shipping("post", Decimal(6))),
        replace(BASKET, shipping=Shipping("courier", Decimal(5))),
        replace(BASKET, shipping=None),
        replace(BASKET, tax_rates=(rate,)),
        replace(BASKET, fees=()),
    ]
    quotes = [price_cart(BASKET, RULES), price_cart(BASKET, Rules("EUR"))]
    quotes += [price_cart(other, RULES) for other in others]
    assert len({fingerprint(quote) for quote in quotes}) == len(quotes)


def test_the_fingerprint_is_blind_to_zeros_the_order_of_lines_and_the_hour() -> None:
    same = replace(
        BASKET,
        items=(replace(BASKET.items[1], price=Decimal("20.000")), BASKET.items[0]),
        at=AT.replace(hour=23),
    )
    assert fingerprint(price_cart(same, RULES)) == fingerprint(price_cart(BASKET, RULES))


def test_the_fingerprint_is_the_same_in_every_process() -> None:
    program = (
        "from tests.shared.pricing.test_orders import BASKET, RULES\n"
        "from shared.pricing import fingerprint, price_cart\n"
        "import sys; sys.stdout.write(fingerprint(price_cart(BASKET, RULES)))"
    )
    seeded = {
        subprocess.check_output([sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, text=True)
        for seed in ("1", "2")
    }
    assert seeded == {fingerprint(price_cart(BASKET, RULES))}
    assert len(seeded.pop()) == 64


def test_pricing_imports_no_database_and_no_wire_types() -> None:
    program = "import sys, shared.pricing; sys.stdout.write(' '.join(sys.modules))"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()
    assert not {"sqlalchemy", "pydantic", "shared.models"} & set(loaded)


def test_refunds_of_single_units_give_back_the_line_and_its_odd_cents() -> None:
    line = SoldLine(3, Decimal("10.00"), Decimal("0.98"), "USD")
    refunds = [refund_of(replace(line, units_refunded=done), 1) for done in range(3)]
    assert amounts(refund.total for refund in refunds) == ["3.33", "3.34", "3.33"]
    assert amounts(refund.tax for refund in refunds) == ["0.33", "0.32", "0.33"]
    assert sum(refund.amount for refund in refunds) == Decimal("10.98")
    assert refund_of(line, 3).amount == Decimal("10.98")


def test_a_refund_of_yen_is_whole() -> None:
    line = SoldLine(3, Decimal(1000), Decimal(100), "JPY")
    assert [refund_of(replace(line, units_refunded=done), 1).total for done in range(3)] == [333, 334, 333]


@pytest.mark.parametrize("units", [0, -1, 2])
def test_a_refund_is_of_units_that_are_left(units: int) -> None:
    with pytest.raises(ValueError, match="than are left"):
        refund_of(SoldLine(3, Decimal(10), Decimal(1), "USD", units_refunded=2), units)
