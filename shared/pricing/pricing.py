"""A cart's quote: what was worked out, in the currency, with the figures that an order stores."""

from collections.abc import Callable
from decimal import Decimal

from shared.pricing.booking import Sums, booked_lines
from shared.pricing.cart import Cart, Rules
from shared.pricing.money import ZERO, shares
from shared.pricing.quote import (
    AppliedCoupon,
    BookedLine,
    BookedOrder,
    CouponShare,
    FeeLine,
    Line,
    Quote,
    ShippingLine,
    TaxAmount,
)
from shared.pricing.taxes import TaxRate, summed
from shared.pricing.totals import Goods, Totals, added, all_of

Money = Callable[[Decimal], Decimal]


def price_cart(cart: Cart, rules: Rules) -> Quote:
    """What a cart comes to under a store's rules. Coupons that do not count are in `dropped`, with why."""
    totals = Totals(cart, rules)

    def money(minor: Decimal) -> Decimal:
        # Adding nothing turns -0 into 0.
        return minor.scaleb(-rules.decimals) + 0

    booked, order = booked_lines(_sums(totals), per_line=not rules.round_at_subtotal)
    lines = [_line(totals, at, line, money) for at, line in enumerate(booked)]
    entered = {item.id: place for place, item in enumerate(cart.items)}
    coupons = [AppliedCoupon(code, totals.discount(code), totals.discount_tax(code)) for code in totals.discounts]
    return Quote(
        currency=rules.currency,
        lines=tuple(sorted(lines, key=lambda line: entered[line.item_id])),
        subtotal=money(totals.subtotal),
        subtotal_tax=money(totals.subtotal_tax),
        discount_total=money(added(coupon.discount for coupon in coupons)),
        discount_tax=money(added(coupon.tax for coupon in coupons)),
        cart_contents_total=money(totals.goods_total),
        cart_contents_tax=money(totals.goods_tax),
        shipping_total=money(totals.shipping.amount),
        shipping_tax=money(totals.shipping_tax),
        fee_total=money(totals.fee_total),
        fee_tax=money(totals.fee_tax),
        total_tax=money(totals.total_tax),
        total=money(totals.total),
        goods=money(_goods_as_priced(totals)),
        shipping=_shipping(totals, order, money),
        fees=tuple(FeeLine(fee.name, money(extra.amount), money(all_of(extra.taxes))) for fee, extra in totals.fees),
        taxes=_taxes(totals, order.tax, money),
        coupons=tuple(_coupon(coupon, totals, money) for coupon in coupons),
        dropped=tuple(totals.dropped),
        booked=_booked_order(order, money),
    )


def _sums(totals: Totals) -> Sums:
    # What a fee takes off in tax is worked out apart from the lines, so it may be a cent more than they have.
    fee_tax = totals.fee_tax + totals.total - totals.exact_total
    return Sums(
        subtotals=[one.subtotal for one in totals.goods],
        totals=[one.total for one in totals.goods],
        taxes=[all_of(one.taxes) for one in totals.goods],
        shipping=totals.shipping.amount,
        shipping_tax=totals.shipping_tax,
        fees=totals.fee_total,
        fee_tax=fee_tax,
        total=totals.total,
        total_tax=totals.total_tax,
        prices_include_tax=totals.rules.prices_include_tax,
    )


def _line(totals: Totals, at: int, booked: BookedLine, money: Money) -> Line:
    goods = totals.goods[at]
    part = goods.piece.part
    return Line(
        item_id=part.item.id,
        product_id=part.item.product_id,
        quantity=part.quantity,
        flash_sale_id=part.flash_sale_id,
        regular_price=part.item.price,
        unit_price=part.unit_price,
        subtotal=money(goods.subtotal),
        subtotal_tax=money(all_of(goods.subtotal_taxes)),
        total=money(goods.total),
        tax=money(all_of(goods.taxes)),
        discounts=tuple(CouponShare(code, money(taken[at])) for code, taken in totals.discounts.items() if taken[at]),
        taxes=_line_taxes(goods, money),
        booked=BookedLine(money(booked.subtotal), money(booked.discount), money(booked.total), money(booked.tax)),
    )


def _line_taxes(goods: Goods, money: Money) -> tuple[TaxAmount, ...]:
    return tuple(TaxAmount(rate.id, rate.name, rate.share, money(goods.taxes[rate.id])) for rate in goods.piece.rates)


def _coupon(coupon: AppliedCoupon, totals: Totals, money: Money) -> AppliedCoupon:
    return AppliedCoupon(coupon.code, money(coupon.discount), money(coupon.tax), coupon.code in totals.frees_shipping)


def _goods_as_priced(totals: Totals) -> Decimal:
    total = totals.goods_total
    return total + totals.goods_tax if totals.rules.prices_include_tax else total


def _shipping(totals: Totals, order: BookedOrder, money: Money) -> ShippingLine | None:
    shipping = totals.cart.shipping
    if shipping is None:
        return None
    return ShippingLine(shipping.method_id, shipping.cost, money(order.shipping), money(order.shipping_tax))


def _taxes(totals: Totals, tax: Decimal, money: Money) -> tuple[TaxAmount, ...]:
    rates: dict[str, TaxRate] = {rate.id: rate for one in totals.goods for rate in one.piece.rates}
    rates = {rate.id: rate for rate in totals.cart.tax_rates} | rates
    extras = [extra.taxes for extra in (totals.shipping, *(extra for _, extra in totals.fees))]
    exact = summed([*(one.taxes for one in totals.goods), *extras])
    amounts = shares(tax, [max(ZERO, amount) for amount in exact.values()]) if exact else []
    split = zip(exact, amounts, strict=True)
    return tuple(TaxAmount(rate_id, rates[rate_id].name, rates[rate_id].share, money(paid)) for rate_id, paid in split)


def _booked_order(order: BookedOrder, money: Money) -> BookedOrder:
    return BookedOrder(
        subtotal=money(order.subtotal),
        discount=money(order.discount),
        shipping=money(order.shipping),
        fees=money(order.fees),
        goods_tax=money(order.goods_tax),
        shipping_tax=money(order.shipping_tax),
        fee_tax=money(order.fee_tax),
        tax=money(order.tax),
        total=money(order.total),
    )
