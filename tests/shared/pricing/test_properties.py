"""What holds for every cart: the parts sum to the whole, nothing is negative, the order of lines does not matter."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.pricing import (
    BuyGet,
    Cart,
    Coupon,
    CouponKind,
    Fee,
    FlashSale,
    Item,
    Quote,
    Rules,
    SaleKind,
    Shipping,
    SoldLine,
    TaxRate,
    fingerprint,
    price_cart,
    refund_of,
)
from shared.pricing.money import shares
from shared.pricing.taxes import taxes_on

AT = datetime(2026, 6, 1, tzinfo=UTC)
steady = settings(derandomize=True, deadline=None, max_examples=80)
CURRENCIES = {"USD": 2, "JPY": 0, "KWD": 3}
few = st.integers(0, 3)


def money(currency: str, most: int = 200_000) -> st.SearchStrategy[Decimal]:
    return st.integers(0, most).map(lambda units: Decimal(units).scaleb(-CURRENCIES[currency]))


def tax_rates(tax_class: str) -> st.SearchStrategy[list[TaxRate]]:
    shares_of_one = st.integers(0, 3000).map(lambda share: Decimal(share).scaleb(-4))
    rate = st.tuples(shares_of_one, st.booleans(), st.booleans())
    return st.lists(rate, max_size=3).map(
        lambda rates: [
            TaxRate(f"{tax_class}{at}", share, priority=at, compound=compound, on_shipping=ships, tax_class=tax_class)
            for at, (share, compound, ships) in enumerate(rates)
        ]
    )


@st.composite
def coupons(draw: st.DrawFn, currency: str, code: str) -> Coupon:
    kind = draw(st.sampled_from(CouponKind))
    percentage = kind is CouponKind.PERCENTAGE
    offer = BuyGet(draw(st.integers(1, 3)), draw(st.integers(1, 2)), Decimal(draw(st.sampled_from([100, 50, 33]))))
    return Coupon(
        code,
        kind,
        Decimal(draw(st.integers(0, 1000))) / 10 if percentage else draw(money(currency)),
        buy_get=offer if kind is CouponKind.BUY_X_GET_Y else None,
        products=draw(st.frozensets(st.sampled_from(["p0", "p1", "p2"]), max_size=1)),
        exclude_sale_items=draw(st.booleans()),
        item_limit=draw(st.none() | st.integers(1, 4)),
        minimum=draw(st.none() | money(currency)),
        max_discount=draw(st.none() | money(currency)),
        free_shipping=draw(st.booleans()),
    )


@st.composite
def carts(draw: st.DrawFn) -> tuple[Cart, Rules]:
    currency = draw(st.sampled_from(sorted(CURRENCIES)))
    items = [
        Item(
            id=f"i{at}",
            product_id=f"p{draw(few)}",
            price=draw(money(currency)),
            quantity=draw(st.integers(1, 7)),
            on_sale=draw(st.booleans()),
            taxable=draw(st.sampled_from([True, True, True, False])),
            tax_class=draw(st.sampled_from(["", "", "reduced"])),
        )
        for at in range(draw(st.integers(1, 5)))
    ]
    sale = FlashSale(
        "sale",
        draw(st.sampled_from(SaleKind)),
        Decimal(draw(st.integers(0, 100))),
        {"p0": draw(st.none() | st.integers(0, 8)), "p1": 2},
    )
    cart = Cart(
        items=tuple(items),
        at=AT,
        tax_rates=(*draw(tax_rates("")), *draw(tax_rates("reduced"))),
        coupons=tuple(draw(coupons(currency, f"C{at}")) for at in range(draw(few))),
        flash_sales=draw(st.sampled_from([(), (sale,)])),
        shipping=draw(st.none() | st.builds(Shipping, st.just("post"), money(currency, 5000))),
        fees=tuple(Fee(f"f{at}", draw(money(currency, 900))) for at in range(draw(st.integers(0, 2)))),
        tax_exempt=draw(st.sampled_from([False, False, False, True])),
    )
    flags = st.booleans()
    rules = Rules(
        currency,
        prices_include_tax=draw(flags),
        round_at_subtotal=draw(flags),
        sequential=draw(flags),
        most_fixed_coupons=draw(st.sampled_from([1, None])),
        coupons_with_flash_sale=draw(flags),
    )
    return cart, rules


@steady
@given(carts())
def test_the_parts_of_an_order_sum_to_it_exactly(case: tuple[Cart, Rules]) -> None:
    quote = price_cart(*case)
    order = quote.booked
    for line in (line.booked for line in quote.lines):
        assert line.subtotal - line.discount == line.total
    assert sum(line.booked.subtotal for line in quote.lines) == order.subtotal
    assert sum(line.booked.discount for line in quote.lines) == order.discount
    assert sum(line.booked.tax for line in quote.lines) == order.goods_tax
    assert order.goods_tax + order.shipping_tax + order.fee_tax == order.tax == sum(tax.amount for tax in quote.taxes)
    assert order.subtotal - order.discount + order.shipping + order.fees + order.tax == order.total == quote.total


@steady
@given(carts())
def test_what_is_booked_is_in_whole_minor_units_and_close_to_what_was_worked_out(case: tuple[Cart, Rules]) -> None:
    cart, rules = case
    quote = price_cart(cart, rules)
    unit = Decimal(1).scaleb(-rules.decimals)
    for line in quote.lines:
        booked = line.booked
        for amount in (booked.subtotal, booked.discount, booked.total, booked.tax):
            assert amount == amount.quantize(unit)
        # One for rounding, one for a share of what the order as a whole was rounded by.
        assert abs(booked.total - line.total) < 2 * unit
        assert abs(booked.tax - line.tax) < 2 * unit
    assert abs(quote.booked.tax - quote.total_tax) <= unit


@steady
@given(carts())
def test_nothing_is_negative_and_no_coupon_takes_more_than_the_goods(case: tuple[Cart, Rules]) -> None:
    quote = price_cart(*case)
    for line in quote.lines:
        booked = line.booked
        assert min(line.unit_price, line.subtotal, line.total, line.tax, *(tax.amount for tax in line.taxes), 0) == 0
        assert min(booked.subtotal, booked.discount, booked.total, booked.tax, 0) == 0
        assert line.unit_price <= line.regular_price
    order = quote.booked
    assert min(order.subtotal, order.discount, order.shipping, order.tax, order.total, 0) == 0
    assert all(coupon.discount >= 0 and coupon.tax >= 0 for coupon in quote.coupons)
    assert all(tax.amount >= 0 for tax in quote.taxes)


@steady
@given(carts(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_nothing_but_the_order_of_the_lines(
    case: tuple[Cart, Rules], random: Random
) -> None:
    cart, rules = case
    items = list(cart.items)
    random.shuffle(items)
    quote, other = price_cart(cart, rules), price_cart(replace(cart, items=tuple(items)), rules)
    assert replace(other, lines=()) == replace(quote, lines=())
    assert sorted(map(repr, other.lines)) == sorted(map(repr, quote.lines))
    assert fingerprint(other) == fingerprint(quote)
    assert [line.item_id for line in other.lines] == sorted(
        (line.item_id for line in other.lines), key=[item.id for item in items].index
    )


@steady
@given(carts())
def test_every_unit_is_priced_and_every_coupon_answered_for(case: tuple[Cart, Rules]) -> None:
    cart, rules = case
    quote = price_cart(cart, rules)
    for item in cart.items:
        assert sum(line.quantity for line in quote.lines if line.item_id == item.id) == item.quantity
    answered = [coupon.code for coupon in quote.coupons] + [coupon.code for coupon in quote.dropped]
    assert sorted(answered) == sorted(coupon.code for coupon in cart.coupons)
    assert all(coupon.message and "{" not in coupon.message for coupon in quote.dropped)


@steady
@given(carts(), st.integers(0, 300_000))
def test_a_negative_fee_goes_no_further_than_nothing(case: tuple[Cart, Rules], units: int) -> None:
    cart, rules = case
    fee = Fee("discount", -Decimal(units).scaleb(-rules.decimals))
    quote: Quote = price_cart(replace(cart, fees=(*cart.fees, fee)), rules)
    order = quote.booked
    assert order.total >= 0
    assert order.subtotal - order.discount + order.shipping + order.fees + order.tax == order.total


@steady
@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**5), min_size=1, max_size=8))
def test_shares_sum_to_what_is_shared_and_are_within_one_of_their_weight(amount: int, weights: list[int]) -> None:
    assume(sum(weights))
    split = shares(Decimal(amount), [Decimal(weight) for weight in weights])
    assert sum(split) == amount
    for share, weight in zip(split, weights, strict=True):
        assert abs(share - Decimal(amount) * weight / sum(weights)) < 1


@steady
@given(tax_rates(""), st.integers(0, 10**7))
def test_taking_tax_out_of_a_price_and_putting_it_on_again_gives_the_price(rates: list[TaxRate], price: int) -> None:
    contained = taxes_on(Decimal(price), rates, included=True)
    without = price - sum(contained.values())
    added = taxes_on(Decimal(without), rates, included=False)
    assert all(abs(added[rate.id] - contained[rate.id]) < Decimal("0.0001") for rate in rates)


@steady
@given(
    st.integers(1, 12),
    st.integers(0, 10**6),
    st.integers(0, 10**5),
    st.sampled_from(sorted(CURRENCIES)),
    st.lists(st.integers(1, 12), max_size=12),
)
def test_partial_refunds_sum_to_the_line(quantity: int, total: int, tax: int, currency: str, lots: list[int]) -> None:
    scale = -CURRENCIES[currency]
    line = SoldLine(quantity, Decimal(total).scaleb(scale), Decimal(tax).scaleb(scale), currency)
    given_back = []
    for lot in (*lots, quantity):
        if units := min(lot, line.quantity - line.units_refunded):
            given_back.append(refund_of(line, units))
            line = replace(line, units_refunded=line.units_refunded + units)
    assert sum(refund.total for refund in given_back) == line.total
    assert sum(refund.tax for refund in given_back) == line.tax
    assert all(refund.total >= 0 and refund.tax >= 0 for refund in given_back)
