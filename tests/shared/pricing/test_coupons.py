"""Which coupons count, what they take off, and from which line."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.pricing import BuyGet, Coupon, CouponKind, FlashSale, Rules, SaleKind, Shipping
from tests.shared.pricing.carts import AT, VAT, amounts, coupon, item, priced, reasons

PERCENT, CART, EACH = CouponKind.PERCENTAGE, CouponKind.FIXED_CART, CouponKind.FIXED_PRODUCT


def bogo(buy: int, get: int, percent: str = "100", times: int | None = None, **more: Any) -> Coupon:
    return coupon(CouponKind.BUY_X_GET_Y, buy_get=BuyGet(buy, get, Decimal(percent), times), **more)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"active": False}, "coupon_inactive"),
        ({"valid_from": AT + timedelta(seconds=1)}, "coupon_not_yet_valid"),
        ({"valid_from": AT}, None),
        ({"valid_to": AT}, "coupon_expired"),
        ({"valid_to": AT + timedelta(seconds=1)}, None),
        ({"usage_limit": 5, "used": 5}, "coupon_usage_limit_reached"),
        ({"usage_limit": 5, "used": 4}, None),
        ({"usage_limit": 0}, "coupon_usage_limit_reached"),
        ({"customer_limit": 1, "customer_used": 1}, "coupon_customer_limit_reached"),
        ({"customer_limit": 1}, None),
        ({"customers": frozenset({"bob"})}, "coupon_not_for_customer"),
        ({"customers": frozenset({"ada"})}, None),
        ({"minimum": Decimal("100.01")}, "coupon_minimum_not_met"),
        ({"minimum": Decimal(100)}, None),
        ({"maximum": Decimal("99.99")}, "coupon_maximum_exceeded"),
        ({"maximum": Decimal(100)}, None),
        ({"products": frozenset({"lamp"})}, "coupon_not_eligible"),
        ({"categories": frozenset({"lamps"})}, "coupon_not_eligible"),
        ({"categories": frozenset({"mugs"})}, None),
        ({"products": frozenset({"lamp"}), "categories": frozenset({"mugs"})}, None),
        ({"excluded_products": frozenset({"mug"})}, "coupon_not_eligible"),
        ({"excluded_categories": frozenset({"mugs"})}, "coupon_not_eligible"),
        ({"exclude_sale_items": True}, "coupon_not_for_sale_items"),
    ],
)
@pytest.mark.parametrize("kind", [PERCENT, CART, CouponKind.FREE_SHIPPING])
def test_a_coupon_counts_up_to_the_edge_of_its_terms(kind: CouponKind, terms: dict[str, Any], reason: str) -> None:
    mug = item("mug", "100", categories=frozenset({"mugs"}), on_sale=True)
    quote = priced(mug, coupons=(coupon(kind, "10", **terms),), customer_id="ada")
    assert reasons(quote) == ([reason] if reason else [])
    assert [one.code for one in quote.coupons] == ([] if reason else ["SAVE"])


def test_a_guest_has_no_coupon_that_is_for_some_customers() -> None:
    assert reasons(priced(item("mug", "9"), coupons=(coupon(PERCENT, customers=frozenset({"ada"})),))) == [
        "coupon_not_for_customer"
    ]


def test_a_dropped_coupon_says_why_in_the_stores_money() -> None:
    quote = priced(
        item("mug", "900"), rules=Rules("JPY"), coupons=(coupon(PERCENT, "10", "TEN", minimum=Decimal(1000)),)
    )
    assert quote.dropped[0].message == "Coupon TEN needs an order of 1000 JPY or more."
    assert quote.total == 900


def test_a_minimum_counts_the_tax_where_prices_include_it() -> None:
    lamp = item("lamp", "115")
    for included, limit in ((True, "115"), (False, "115"), (None, "115")):
        rules = Rules("USD", prices_include_tax=True, minimum_with_tax=included)
        quote = priced(lamp, rules=rules, tax_rates=(VAT,), coupons=(coupon(PERCENT, "10", minimum=Decimal(limit)),))
        assert reasons(quote) == (["coupon_minimum_not_met"] if included is False else [])


def test_at_most_three_coupons_count_and_one_of_a_fixed_amount() -> None:
    codes = [coupon(PERCENT, "10", name) for name in "AB"] + [coupon(CART, "5", name) for name in "CD"]
    quote = priced(item("mug", "100"), coupons=(*codes, coupon(PERCENT, "1", "E")))
    assert [(drop.code, drop.reason.value) for drop in quote.dropped] == [
        ("D", "coupons_too_many"),
        ("E", "coupons_too_many"),
    ]
    quote = priced(item("mug", "100"), coupons=(coupon(EACH, "5", "A"), coupon(CART, "5", "B")))
    assert reasons(quote) == ["coupons_too_many_fixed"]


def test_a_dropped_coupon_takes_no_place() -> None:
    entered = (*(coupon(PERCENT, "1", f"OLD{at}", valid_to=AT) for at in range(3)), coupon(PERCENT, "10", "NEW"))
    assert [one.code for one in priced(item("mug", "10"), coupons=entered).coupons] == ["NEW"]


def test_a_coupon_counts_once_however_it_is_written() -> None:
    quote = priced(item("mug", "100"), coupons=(coupon(PERCENT, "10", "Save"), coupon(PERCENT, "10", "SAVE")))
    assert reasons(quote) == ["coupon_already_applied"]
    assert quote.total == 90


def test_a_coupon_for_individual_use_keeps_others_out_and_puts_them_out() -> None:
    alone, other = coupon(PERCENT, "20", "ALONE", individual_use=True), coupon(PERCENT, "10", "OTHER")
    for entered, kept in (((alone, other), "ALONE"), ((other, alone), "ALONE")):
        quote = priced(item("mug", "100"), coupons=entered)
        assert [one.code for one in quote.coupons] == [kept]
        assert quote.dropped[0].code == "OTHER"
        assert quote.dropped[0].message == "Coupon OTHER cannot be used together with coupon ALONE."


def test_percentages_come_before_a_fixed_amount_and_add_up_unless_they_follow_each_other() -> None:
    entered = (coupon(CART, "10", "F"), coupon(PERCENT, "10", "A"), coupon(PERCENT, "20", "B"))
    assert priced(item("mug", "100"), coupons=entered).total == 60
    assert priced(item("mug", "100"), rules=Rules("USD", sequential=True), coupons=entered).total == 62
    assert [one.code for one in priced(item("mug", "100"), coupons=entered).coupons] == ["A", "B", "F"]


def test_coupons_take_no_more_than_there_is() -> None:
    quote = priced(
        item("mug", "10"), coupons=(coupon(PERCENT, "80", "A"), coupon(PERCENT, "80", "B"), coupon(CART, "50", "C"))
    )
    assert quote.total == 0
    assert amounts(one.discount for one in quote.coupons) == ["8", "2", "0"]


def test_a_limited_number_of_units_is_of_the_dearest_lines() -> None:
    goods = item("a", "10", 3), item("b", "50", 2)
    quote = priced(*goods, coupons=(coupon(PERCENT, "50", item_limit=3),))
    assert amounts(line.total for line in quote.lines) == ["25", "50"]
    quote = priced(*goods, coupons=(coupon(EACH, "20", item_limit=3),))
    assert amounts(line.total for line in quote.lines) == ["20", "60"]


def test_a_fixed_amount_off_a_product_is_off_each_unit_and_never_more_than_its_price() -> None:
    quote = priced(item("a", "3", 4), item("b", "8", 2), coupons=(coupon(EACH, "5"),))
    assert amounts(line.total for line in quote.lines) == ["0", "6"]


def test_an_amount_off_the_cart_is_the_same_from_each_unit_and_what_a_line_lacks_comes_from_the_others() -> None:
    quote = priced(item("a", "1", 1), item("b", "50", 1), coupons=(coupon(CART, "20"),))
    assert amounts(line.total for line in quote.lines) == ["0", "31"]


def test_odd_cents_go_to_the_dearest_lines() -> None:
    quote = priced(item("a", "5"), item("b", "10"), item("c", "10"), coupons=(coupon(CART, "0.05"),))
    assert amounts(line.total for line in quote.lines) == ["4.99", "9.98", "9.98"]
    quote = priced(item("a", "0.33"), item("b", "0.34"), coupons=(coupon(PERCENT, "50"),))
    assert amounts(line.total for line in quote.lines) == ["0.17", "0.17"]


def test_an_amount_for_some_products_comes_off_those_alone_unless_the_rules_say_the_whole_cart() -> None:
    goods = item("a", "10"), item("b", "10")
    entered = (coupon(CART, "4", products=frozenset({"a"})),)
    assert amounts(line.total for line in priced(*goods, coupons=entered).lines) == ["6", "10"]
    whole = Rules("USD", fixed_takes_whole_cart=True)
    assert amounts(line.total for line in priced(*goods, rules=whole, coupons=entered).lines) == ["8", "8"]
    entered = (coupon(CART, "4", excluded_products=frozenset({"a"})),)
    assert amounts(line.total for line in priced(*goods, coupons=entered).lines) == ["10", "6"]
    assert reasons(priced(*goods, rules=whole, coupons=entered)) == ["coupon_not_eligible"]


def test_a_percentage_stops_at_its_maximum_discount_which_is_split_by_what_each_line_would_have_had() -> None:
    quote = priced(item("a", "100"), item("b", "50"), coupons=(coupon(PERCENT, "50", max_discount=Decimal(10)),))
    assert amounts(line.booked.discount for line in quote.lines) == ["6.67", "3.33"]
    assert quote.total == 140


def test_free_shipping_takes_the_cost_and_its_tax() -> None:
    shipping = Shipping("post", Decimal(10))
    quote = priced(item("mug", "10"), tax_rates=(VAT,), shipping=shipping, coupons=(coupon(CouponKind.FREE_SHIPPING),))
    assert quote.total == Decimal("11.5")
    assert quote.coupons[0].frees_shipping
    assert quote.shipping is not None
    assert (quote.shipping.list_cost, quote.shipping.cost, quote.shipping.tax) == (10, 0, 0)
    quote = priced(item("mug", "10"), shipping=shipping, coupons=(coupon(PERCENT, "50", free_shipping=True),))
    assert quote.total == 5


@pytest.mark.parametrize(
    ("offer", "units", "taken"),
    [
        (bogo(2, 1), 2, "0"),
        (bogo(2, 1), 3, "10"),
        (bogo(2, 1), 5, "10"),
        (bogo(2, 1), 6, "20"),
        (bogo(2, 1, times=1), 6, "10"),
        (bogo(1, 1, "50"), 4, "10"),
        (bogo(2, 2), 3, "10"),
        (bogo(2, 2), 4, "20"),
        (bogo(1, 1, "33"), 2, "3.3"),
    ],
)
def test_buy_x_get_y_by_the_number_of_units(offer: Coupon, units: int, taken: str) -> None:
    assert amounts([priced(item("mug", "10", units), coupons=(offer,)).discount_total]) == [taken]


def test_the_cheapest_eligible_units_are_the_free_ones() -> None:
    goods = item("a", "30", 2), item("b", "20", 2), item("c", "5", 4)
    offer = bogo(1, 1, products=frozenset({"a", "b"}))
    assert amounts(line.total for line in priced(*goods, coupons=(offer,)).lines) == ["60", "0", "20"]


def test_no_unit_counts_for_two_such_coupons() -> None:
    entered = bogo(1, 1, code="A", times=1), bogo(1, 1, code="B", times=1), bogo(1, 1, code="C", times=1)
    assert priced(item("a", "30", 2), item("b", "20", 2), coupons=entered).discount_total == 40


def test_units_in_a_flash_sale_are_for_coupons_if_the_store_says_so() -> None:
    sale = FlashSale("f", SaleKind.PERCENTAGE, Decimal(50), {"mug": 1})
    entered = (coupon(PERCENT, "10"),)
    assert priced(item("mug", "100", 2), flash_sales=(sale,), coupons=entered).total == 135
    rules = Rules("USD", coupons_with_flash_sale=False)
    assert priced(item("mug", "100", 2), rules=rules, flash_sales=(sale,), coupons=entered).total == 140
    quote = priced(item("mug", "100"), rules=rules, flash_sales=(sale,), coupons=entered)
    assert reasons(quote) == ["coupon_not_with_flash_sale"]


@pytest.mark.parametrize(
    "terms",
    [
        {"kind": PERCENT, "amount": Decimal(101)},
        {"kind": CART, "amount": Decimal(-1)},
        {"kind": CouponKind.BUY_X_GET_Y},
        {"kind": PERCENT, "buy_get": BuyGet(1, 1)},
    ],
)
def test_a_coupon_that_makes_no_sense_cannot_be_made(terms: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"takes off|belongs"):
        Coupon("SAVE", **terms)


def test_a_part_of_a_line_that_does_not_divide_evenly_rounds_as_if_it_did() -> None:
    entered = coupon(PERCENT, "12.5", "A"), coupon(PERCENT, "33", "B", item_limit=1)
    # B is 33 per cent of a third of 50, which is 5.5 yen, and half a yen is not given.
    assert priced(item("a", "19", 3), rules=Rules("JPY", sequential=True), coupons=entered).total == 45
