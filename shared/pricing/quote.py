"""What a cart comes to. All amounts are in the currency.

The figures that WooCommerce has too (`subtotal`, `total`, `tax` ...) keep its unrounded decimals where it keeps them.
`booked` is what an order stores: whole minor units, and every sum of its parts exact.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Reason(StrEnum):
    """Why a coupon was dropped. The values are part of the API."""

    INACTIVE = "coupon_inactive"
    NOT_YET_VALID = "coupon_not_yet_valid"
    EXPIRED = "coupon_expired"
    USAGE_LIMIT_REACHED = "coupon_usage_limit_reached"
    CUSTOMER_LIMIT_REACHED = "coupon_customer_limit_reached"
    NOT_FOR_CUSTOMER = "coupon_not_for_customer"
    MINIMUM_NOT_MET = "coupon_minimum_not_met"
    MAXIMUM_EXCEEDED = "coupon_maximum_exceeded"
    NOT_ELIGIBLE = "coupon_not_eligible"
    NOT_FOR_SALE_ITEMS = "coupon_not_for_sale_items"
    NOT_WITH_FLASH_SALE = "coupon_not_with_flash_sale"
    ALREADY_APPLIED = "coupon_already_applied"
    INDIVIDUAL_USE = "coupon_individual_use"
    TOO_MANY = "coupons_too_many"
    TOO_MANY_FIXED = "coupons_too_many_fixed"


@dataclass(frozen=True, slots=True)
class DroppedCoupon:
    """A coupon that takes nothing off, with a message for the shopper."""

    code: str
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class AppliedCoupon:
    """What a coupon took off the cart without tax, and the tax that went with it (unrounded)."""

    code: str
    discount: Decimal
    tax: Decimal
    frees_shipping: bool = False


@dataclass(frozen=True, slots=True)
class CouponShare:
    """What a coupon took off a line, as the store writes prices: with the tax where they include it."""

    code: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """What one rate came to."""

    rate_id: str
    name: str
    share: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BookedLine:
    """A line as an order stores it, without tax: subtotal - discount = total. To pay: total + tax."""

    subtotal: Decimal
    discount: Decimal
    total: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class BookedOrder:
    """An order's sums: subtotal - discount + shipping + fees + tax = total, and tax = goods + shipping + fee tax.

    subtotal, discount and goods_tax are the sums of the booked lines.
    """

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    fees: Decimal
    goods_tax: Decimal
    shipping_tax: Decimal
    fee_tax: Decimal
    tax: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the cart, or a part of it: units that a flash sale has no more room for are a line of their own.

    `regular_price` and `unit_price` are of one unit, before and after the flash sale, as the store writes prices.
    subtotal and subtotal_tax are before coupons, total and tax after them; amounts are without tax.
    """

    item_id: str
    product_id: str
    quantity: int
    flash_sale_id: str | None
    regular_price: Decimal
    unit_price: Decimal
    subtotal: Decimal
    subtotal_tax: Decimal
    total: Decimal
    tax: Decimal
    discounts: tuple[CouponShare, ...]
    taxes: tuple[TaxAmount, ...]
    booked: BookedLine


@dataclass(frozen=True, slots=True)
class ShippingLine:
    """The parcel: what the method costs, what is paid for it, and the tax on top."""

    method_id: str
    list_cost: Decimal
    cost: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A fee and its tax. A negative one takes off no more than there is."""

    name: str
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """What a cart comes to. `total` is what is paid; `goods` is the goods after coupons as the store writes prices.

    `taxes` are by rate, in whole minor units, and sum to `booked.tax`. Lines stand in the cart's order.
    """

    currency: str
    lines: tuple[Line, ...]
    subtotal: Decimal
    subtotal_tax: Decimal
    discount_total: Decimal
    discount_tax: Decimal
    cart_contents_total: Decimal
    cart_contents_tax: Decimal
    shipping_total: Decimal
    shipping_tax: Decimal
    fee_total: Decimal
    fee_tax: Decimal
    total_tax: Decimal
    total: Decimal
    goods: Decimal
    shipping: ShippingLine | None
    fees: tuple[FeeLine, ...]
    taxes: tuple[TaxAmount, ...]
    coupons: tuple[AppliedCoupon, ...]
    dropped: tuple[DroppedCoupon, ...]
    booked: BookedOrder
