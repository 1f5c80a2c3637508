"""What a cart costs: pure functions of plain values. Nothing here reads a database, a clock or a setting.

    quote = price_cart(cart, rules)                          # without shipping yet
    choice = shipping_choice(zones, address, Parcel(quote.goods, weight, rules.currency))
    quote = price_cart(replace(cart, shipping=Shipping(option.method_id, option.cost)), rules)

- `price_cart` works out flash sales, coupons, shipping, fees and taxes, in that order, as WooCommerce's cart does.
  `Quote.booked` and `Line.booked` are what an order stores: whole minor units that sum exactly.
- `rates_at` picks the tax rates of an address, `shipping_choice` the ways to send a parcel there.
- `fingerprint` stands for what a shopper agreed to.
- `refund_of` says what goes back for some units of an order line.

Amounts are Decimals in the currency (19.99), unit prices as the store writes them: with tax where its rules say so.
Tax rates are shares of one (0.075), what coupons and sales take off is a percentage (10) or an amount. Moments are
aware datetimes. Input that makes no sense (no units, a negative price, 110 per cent) raises ValueError.
"""

from shared.pricing.cart import (
    BuyGet,
    Cart,
    Coupon,
    CouponKind,
    Fee,
    FlashSale,
    Item,
    Rules,
    SaleKind,
    Shipping,
)
from shared.pricing.fingerprint import fingerprint
from shared.pricing.places import Address
from shared.pricing.pricing import price_cart
from shared.pricing.quote import (
    AppliedCoupon,
    BookedLine,
    BookedOrder,
    CouponShare,
    DroppedCoupon,
    FeeLine,
    Line,
    Quote,
    Reason,
    ShippingLine,
    TaxAmount,
)
from shared.pricing.refunds import LineRefund, SoldLine, refund_of
from shared.pricing.shipping import (
    NoShipping,
    Parcel,
    ShippingChoice,
    ShippingKind,
    ShippingOption,
    ShippingRate,
    ShippingZone,
    shipping_choice,
)
from shared.pricing.taxes import TaxRate, rates_at

__all__ = [
    "Address",
    "AppliedCoupon",
    "BookedLine",
    "BookedOrder",
    "BuyGet",
    "Cart",
    "Coupon",
    "CouponKind",
    "CouponShare",
    "DroppedCoupon",
    "Fee",
    "FeeLine",
    "FlashSale",
    "Item",
    "Line",
    "LineRefund",
    "NoShipping",
    "Parcel",
    "Quote",
    "Reason",
    "Rules",
    "SaleKind",
    "Shipping",
    "ShippingChoice",
    "ShippingKind",
    "ShippingLine",
    "ShippingOption",
    "ShippingRate",
    "ShippingZone",
    "SoldLine",
    "TaxAmount",
    "TaxRate",
    "fingerprint",
    "price_cart",
    "rates_at",
    "refund_of",
    "shipping_choice",
]
