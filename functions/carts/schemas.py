"""What carts take and give, as JSON. Money is in the store's currency, as a string with its decimals."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PlainSerializer, StringConstraints

from shared.addresses import PostalAddress
from shared.wire_types import Email, Id, Phone, Request

Amount = Annotated[Decimal, PlainSerializer(str, return_type=str)]
"""Money as a string with the currency's decimals."""
Quantity = Annotated[int, Field(ge=1, le=10_000)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=40)]
Method = Literal["CASH_ON_DELIVERY", "BANK_TRANSFER"]


class CartItemGiven(Request):
    """Units of a variant to put into a cart; a variant that is in it already gets so many more."""

    variant_id: Id
    quantity: Quantity = 1


class CartCreate(Request):
    """A new cart, empty or with its first lines."""

    items: Annotated[list[CartItemGiven], Field(max_length=50)] = []  # noqa: RUF012 - pydantic copies it
    email: Email | None = None


class CartItemChange(Request):
    """How many units of a line there shall be."""

    quantity: Quantity


class CartCouponGiven(Request):
    """A code that a shopper has."""

    code: Code


class CartAddresses(Request):
    """Where a cart goes and who pays; without a billing address it is the same."""

    shipping_address: PostalAddress
    billing_address: PostalAddress | None = None
    email: Email | None = None
    phone: Phone | None = None


class CartShippingChoice(Request):
    """A way to send it, from `shipping-options`."""

    shipping_rate_id: Id


class CheckoutRequest(Request):
    """An order for what was quoted."""

    fingerprint: Annotated[str, Field(min_length=64, max_length=64, description="Of the quote that the shopper saw.")]
    payment_method: Method
    email: Email | None = Field(None, description="Where the order is confirmed to; the cart's unless given.")
    notes: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] | None = None


class CartItemRead(BaseModel):
    """A line of a cart. `unit_price` is the variant's own, before sales; null when it cannot be bought any more."""

    id: str
    variant_id: str
    quantity: int
    product_slug: str | None = None
    name: str | None = None
    sku: str | None = None
    options: dict[str, str] = {}
    available: int | None = None
    unit_price: Amount | None = None
    compare_at_price: Amount | None = None
    image_url: str | None = None


class CartRead(BaseModel):
    """A cart. `quote` says what it comes to."""

    id: str
    currency: str
    customer_id: str | None
    email: str | None
    phone: str | None
    items: list[CartItemRead]
    coupons: list[str]
    shipping_address: PostalAddress | None
    billing_address: PostalAddress | None
    shipping_rate_id: str | None
    expires_at: datetime
    version: int


class CartCreated(CartRead):
    """A new cart. A guest sends its token as `X-Cart-Token` with every request; it is shown this once."""

    token: str | None


class ShippingOptionRead(BaseModel):
    """A way to send a cart, and its cost before tax."""

    id: str
    name: str
    cost: Amount
    min_days: int | None
    max_days: int | None


class ShippingOptionsRead(BaseModel):
    """The ways that are open to a cart, cheapest first; when there are none, `message` says why."""

    items: list[ShippingOptionRead]
    code: str | None
    message: str | None


class QuoteProblemRead(BaseModel):
    """Why a cart cannot be ordered as it is."""

    code: str
    message: str
    variant_id: str | None = None


class QuoteDiscountRead(BaseModel):
    """What a coupon takes off, before tax."""

    code: str
    amount: Amount
    frees_shipping: bool


class QuoteRefusalRead(BaseModel):
    """A coupon that takes nothing off, and why."""

    code: str
    reason: str
    message: str


class QuoteTaxRead(BaseModel):
    """What one tax comes to. `rate` is a percentage."""

    name: str
    rate: str
    amount: Amount


class QuoteLineRead(BaseModel):
    """A line as it is charged; units that a flash sale has no more room for are a line of their own.

    `subtotal` is before coupons, `total` after; both before tax.
    """

    item_id: str
    variant_id: str
    name: str
    sku: str
    quantity: int
    regular_price: Amount
    unit_price: Amount
    subtotal: Amount
    discount: Amount
    total: Amount
    tax: Amount
    flash_sale_id: str | None


class QuoteRead(BaseModel):
    """What a cart comes to at this moment: subtotal - discount + shipping + tax = total.

    With no `problems` it can be ordered: `checkout` takes the `fingerprint`.
    """

    cart_id: str
    currency: str
    prices_include_tax: bool
    lines: list[QuoteLineRead]
    coupons: list[QuoteDiscountRead]
    refused_coupons: list[QuoteRefusalRead]
    shipping: ShippingOptionRead | None
    subtotal: Amount
    discount: Amount
    shipping_cost: Amount
    tax: Amount
    taxes: list[QuoteTaxRead]
    total: Amount
    problems: list[QuoteProblemRead]
    fingerprint: str


class OrderPlacedLine(BaseModel):
    """A line of an order that was placed."""

    name: str
    sku: str
    quantity: int
    unit_price: Amount
    total: Amount
    tax: Amount


class OrderPlaced(BaseModel):
    """An order that was placed. The token, shown this once, lets a guest look at it."""

    id: str
    order_number: str
    status: str
    payment_status: str
    payment_method: str
    currency: str
    subtotal: Amount
    discount: Amount
    shipping_cost: Amount
    tax: Amount
    total: Amount
    items: list[OrderPlacedLine]
    email: str
    pay_before: datetime | None
    access_token: str | None
