"""What other engines' tests expect of the same sums: Vendure, Medusa, Spree and Saleor.

One of them contradicts WooCommerce, which we follow; the last test says what we do there. P.. is the number in
docs/decisions/0014.
"""

from decimal import Decimal

import pytest

from shared.pricing import (
    Address,
    CouponKind,
    Parcel,
    Rules,
    Shipping,
    ShippingKind,
    ShippingRate,
    ShippingZone,
    TaxRate,
    shipping_choice,
)
from shared.pricing.money import shares
from tests.shared.pricing.carts import amounts, coupon, item, priced

TWENTY = TaxRate("20", Decimal("0.2"))
TEN = (TaxRate("10", Decimal("0.1")),)
INCLUDED = Rules("USD", prices_include_tax=True)


@pytest.mark.parametrize(
    ("amount", "weights", "split"),
    [
        pytest.param(300, (4000, 2000, 2000), (150, 75, 75), id="P01"),
        pytest.param(299, (1000, 1000, 1000), (100, 100, 99), id="P03"),
        pytest.param(40, (10, 0), (40, 0), id="P05"),
        pytest.param(-300, (4000, 2000, 2000), (-150, -75, -75), id="P07"),
    ],
)
def test_vendure_prorates_as_we_do(amount: int, weights: tuple[int, ...], split: tuple[int, ...]) -> None:
    assert tuple(shares(Decimal(amount), [Decimal(weight) for weight in weights])) == split


def test_vendure_rounds_the_tax_of_a_line_p09() -> None:
    quote = priced(item("a", "1.23", 3), tax_rates=(TWENTY,))
    assert (quote.subtotal, quote.total) == (Decimal("3.69"), Decimal("4.43"))


def test_vendure_taxes_shipping_p11() -> None:
    quote = priced(item("a", "1"), tax_rates=(TWENTY,), shipping=Shipping("post", Decimal(5)))
    assert (quote.subtotal, quote.shipping_total + quote.shipping_tax) == (1, 6)


def test_vendure_takes_half_off_prices_with_different_taxes_p13() -> None:
    quote = priced(
        item("a", "14"),
        item("b", "6.50", 2, tax_rates=TEN),
        rules=INCLUDED,
        tax_rates=(TWENTY,),
        coupons=(coupon(CouponKind.PERCENTAGE, "50"),),
    )
    assert (quote.cart_contents_total, quote.total) == (Decimal("11.74"), Decimal("13.5"))


def test_vendure_takes_an_amount_off_the_order_p15_p17() -> None:
    five = (coupon(CouponKind.FIXED_CART, "5"),)
    goods = item("a", "20"), item("b", "10", 2, tax_rates=TEN)
    assert priced(*goods, rules=INCLUDED, tax_rates=(TWENTY,), coupons=five).total == 35
    quote = priced(item("a", "5"), item("b", "5", tax_rates=(TWENTY,)), rules=INCLUDED, coupons=five)
    assert [line.booked.total + line.booked.tax for line in quote.lines] == [Decimal("2.5"), Decimal("2.5")]
    assert quote.total == 5


def test_vendure_taxes_what_a_percentage_leaves_p19() -> None:
    quote = priced(item("a", "8", 2), tax_rates=(TWENTY,), coupons=(coupon(CouponKind.PERCENTAGE, "10"),))
    assert (quote.cart_contents_total, quote.total) == (Decimal("14.4"), Decimal("17.28"))


def taken(*coupons: tuple[CouponKind, str], rules: Rules) -> list[list[str]]:
    """What each takes off one item of 50 and one of 150."""
    entered = tuple(coupon(kind, amount, f"C{at}") for at, (kind, amount) in enumerate(coupons))
    quote = priced(item("a", "50"), item("b", "150"), rules=rules, coupons=entered)
    return [
        amounts(share.amount for line in quote.lines for share in line.discounts if share.code == one.code)
        for one in entered
    ]


def test_medusa_takes_fixed_amounts_off_each_until_nothing_is_left_p21() -> None:
    rules = Rules("USD", most_fixed_coupons=None)
    assert taken((CouponKind.FIXED_PRODUCT, "30"), (CouponKind.FIXED_PRODUCT, "50"), rules=rules) == [
        ["30", "30"],
        ["20", "50"],
    ]


def test_medusa_takes_a_percentage_of_what_the_first_left_p25() -> None:
    rules = Rules("USD", sequential=True)
    twice = taken((CouponKind.PERCENTAGE, "10"), (CouponKind.PERCENTAGE, "10"), rules=rules)
    # Of equals the one entered last comes first.
    assert twice == [["4.5", "13.5"], ["5", "15"]]


def test_spree_rounds_a_percentage_p27() -> None:
    assert priced(item("a", "31.08"), coupons=(coupon(CouponKind.PERCENTAGE, "10"),)).discount_total == Decimal("3.11")


@pytest.mark.parametrize(
    ("rate", "goods", "weight", "cost"),
    [
        pytest.param((ShippingKind.PERCENTAGE, "10", []), "40.44", "0", "4.04", id="P29"),
        pytest.param(
            (ShippingKind.WEIGHT_BASED, "0", [{"from": "1", "cost": "5", "each": "1"}]), "0", "10", "14", id="P31"
        ),
        pytest.param(
            (ShippingKind.PRICE_BASED, "0", [{"cost": "10"}, {"from": "100", "cost": "15"}]), "50", "0", "10", id="P33"
        ),
        pytest.param(
            (ShippingKind.PRICE_BASED, "0", [{"cost": "10"}, {"from": "100", "cost": "15"}]), "150", "0", "15", id="P33"
        ),
    ],
)
def test_spree_ships_at_our_price(
    rate: tuple[ShippingKind, str, list[dict[str, str]]], goods: str, weight: str, cost: str
) -> None:
    kind, base, brackets = rate
    zone = ShippingZone(
        "z", "All", (ShippingRate("r", "Post", kind, Decimal(base), conditions={"brackets": brackets}),)
    )
    choice = shipping_choice([zone], Address("US"), Parcel(Decimal(goods), Decimal(weight), "USD"))
    assert amounts(option.cost for option in choice.options) == [cost]


def test_saleor_takes_a_percentage_off_the_line_and_not_off_the_unit_p35() -> None:
    assert priced(item("a", "0.01", 10), coupons=(coupon(CouponKind.PERCENTAGE, "10"),)).total == Decimal("0.09")


def test_saleor_takes_a_percentage_off_one_unit_p37() -> None:
    assert priced(item("a", "10", 3), coupons=(coupon(CouponKind.PERCENTAGE, "10", item_limit=1),)).total == 29


def test_medusa_splits_an_amount_by_value_where_woocommerce_splits_it_by_units_p23() -> None:
    rules = Rules("USD", most_fixed_coupons=None)
    ours = taken((CouponKind.FIXED_CART, "30"), (CouponKind.FIXED_CART, "50"), rules=rules)
    assert ours == [["15", "15"], ["25", "25"]]
