"""What orders take and give, as JSON. Money is in the order's currency, as a string with its decimals."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from shared.addresses import PostalAddress
from shared.models.enums import (
    FulfillmentStatus,
    OrderStatus,
    PaymentMethod,
    PaymentStatus,
    PaymentTransactionStatus,
    RefundReason,
    RefundStatus,
    ShipmentStatus,
)
from shared.wire_types import Id, Name, Phone, Request, Url

LongText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Units = Annotated[int, Field(ge=1, le=1_000_000)]
SomeMoney = Annotated[Decimal, Field(gt=0, lt=10**9, decimal_places=3)]
Money = Annotated[Decimal, Field(ge=0, lt=10**9, decimal_places=3)]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class OrderUpdate(Request):
    """What may be changed of an order; what is left out stays. The address until something has left."""

    notes: LongText | None = None
    customer_phone: Phone | None = None
    shipping_address: PostalAddress | None = None


class OrderCancel(Request):
    """Why an order is cancelled; the customer is told."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] | None = None


class ShipmentItemGiven(Request):
    """Units of a line."""

    order_item_id: Id
    quantity: Units


class ShipmentFields(Request):
    """What may be said of a parcel."""

    carrier: Name | None = None
    tracking_number: Reference | None = None
    tracking_url: Url | None = None
    shipping_method: Name | None = None
    shipping_cost: Money | None = Field(None, description="What the carrier asks of the shop.")
    estimated_delivery_at: AwareDatetime | None = None


class OrderShip(ShipmentFields):
    """Everything that is left, in one parcel that leaves now."""


class ShipmentCreate(ShipmentFields):
    """A parcel: these units, or without `items` all that is left. PENDING is packed; the others have left."""

    items: Annotated[list[ShipmentItemGiven], Field(min_length=1, max_length=500)] | None = None
    status: Literal["PENDING", "PICKED_UP", "IN_TRANSIT"] = "IN_TRANSIT"


class ShipmentUpdate(ShipmentFields):
    """What may be changed of a parcel; what is left out stays."""

    status: ShipmentStatus | None = None


class OrderPaymentCreate(Request):
    """Money that was taken by hand, or has arrived at the bank: all that is due unless an amount is given."""

    amount: SomeMoney | None = None
    method: Literal["BANK_TRANSFER", "CASH_ON_DELIVERY", "OTHER"] | None = Field(
        None, description="As the order has it, unless given."
    )
    transaction_id: Reference | None = Field(None, description="The bank's reference; once a shop.")
    paid_at: AwareDatetime | None = None


class RefundItemGiven(Request):
    """Units of a line to give back the money for: what they cost, or less if an amount is given."""

    order_item_id: Id
    quantity: Units
    amount: SomeMoney | None = None


class RefundCreate(Request):
    """What to give back: lines, shipping with its tax, and an amount beside both."""

    items: Annotated[list[RefundItemGiven], Field(max_length=500)] = []  # noqa: RUF012 - pydantic copies it
    shipping_amount: Money = Decimal(0)
    amount: Money = Field(Decimal(0), description="Beside lines and shipping, such as for a late delivery.")
    restock: bool = Field(False, description="The units are back on the shelf.")
    reason: RefundReason = RefundReason.CUSTOMER_REQUEST
    notes: LongText | None = None
    payment_id: Id | None = Field(
        None, description="Which payment it goes back by; one that has enough left, unless given."
    )
    is_paid_out: bool = Field(
        True, description="Of a payment by hand: that the money was handed over already. If not, complete it later."
    )
    transaction_id: Reference | None = None


class RefundComplete(Request):
    """The money of a refund was handed over."""

    transaction_id: Reference | None = None


class OrderNoteCreate(Request):
    """A note beside an order."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5000)]
    is_for_customer: bool = False


class OrderSummaryRead(BaseModel):
    """An order in a list."""

    id: str
    order_number: str
    status: OrderStatus
    payment_status: PaymentStatus
    fulfillment_status: FulfillmentStatus
    customer_id: str | None
    customer_email: str
    currency: str
    total: str
    amount_paid: str
    amount_refunded: str
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class OrderTaxRead(BaseModel):
    """What one tax comes to. `rate` is a percentage."""

    name: str
    rate: str
    amount: str


class OrderDiscountRead(BaseModel):
    """What a coupon took off."""

    code: str
    amount: str


class OrderItemRead(BaseModel):
    """A line as it was when it was placed. `total` is after coupons, both it and `subtotal` before tax.

    `quantity_fulfilled` is packed, `quantity_shipped` has left; `quantity_to_ship` is left to be packed.
    """

    id: str
    product_id: str | None
    variant_id: str
    product_name: str
    variant_sku: str
    attributes: dict[str, Any] | None
    quantity: int
    quantity_fulfilled: int
    quantity_shipped: int
    quantity_refunded: int
    quantity_to_ship: int
    needs_shipping: bool
    flash_sale_id: str | None
    regular_price: str | None
    unit_price: str
    subtotal: str
    discount_amount: str
    total: str
    tax_amount: str
    taxes: list[OrderTaxRead]
    discounts: list[OrderDiscountRead]


class OrderPaymentRead(BaseModel):
    """A payment, and how much of it can still go back."""

    id: str
    method: PaymentMethod
    gateway: str
    status: PaymentTransactionStatus
    currency: str
    amount: str
    refundable: str
    transaction_id: str | None
    error_message: str | None
    paid_at: datetime | None
    created_at: datetime


class ShipmentItemRead(BaseModel):
    """Units of a line in a parcel."""

    order_item_id: str
    quantity: int


class ShipmentRead(BaseModel):
    """A parcel."""

    id: str
    status: ShipmentStatus
    carrier: str
    tracking_number: str | None
    tracking_url: str | None
    shipping_method: str
    shipping_cost: str
    items: list[ShipmentItemRead]
    shipped_at: datetime | None
    estimated_delivery_at: datetime | None
    delivered_at: datetime | None
    created_at: datetime


class RefundItemRead(BaseModel):
    """Units of a line in a refund, and what was given back for them."""

    order_item_id: str
    quantity: int
    amount: str


class RefundRead(BaseModel):
    """Money given back; PENDING until somebody has done so."""

    id: str
    payment_id: str | None
    status: RefundStatus
    reason: RefundReason
    notes: str | None
    currency: str
    amount: str
    shipping_amount: str
    is_restocked: bool
    refund_method: str | None
    transaction_id: str | None
    items: list[RefundItemRead]
    processed_at: datetime | None
    created_at: datetime


class RefundsRead(BaseModel):
    """The refunds of an order, oldest first, and how much of what was captured can still go back."""

    items: list[RefundRead]
    currency: str
    refundable: str
    shipping_refundable: str


class OrderNoteRead(BaseModel):
    """A note beside an order."""

    id: str
    text: str
    is_for_customer: bool
    author: str
    created_at: datetime


class TimelineEntryRead(BaseModel):
    """Something that happened to an order: `what` is one word, `detail` is for people."""

    at: datetime
    what: str
    detail: str | None = None
    id: str | None = Field(None, description="Of the payment, shipment, refund or note.")


class OrderRead(OrderSummaryRead):
    """An order with all that belongs to it: subtotal - discount + shipping + tax = total."""

    subtotal: str
    discount_amount: str
    shipping_cost: str
    shipping_tax: str
    tax_amount: str
    amount_due: str
    refundable: str
    taxes: list[OrderTaxRead]
    discounts: list[OrderDiscountRead]
    coupon_code: str | None
    shipping_method: str | None
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    customer_phone: str | None
    notes: str | None
    pay_before: datetime | None
    confirmed_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    canceled_at: datetime | None
    cancel_reason: str | None
    may_become: list[OrderStatus]
    items: list[OrderItemRead]
    payments: list[OrderPaymentRead]
    shipments: list[ShipmentRead]
    refunds: list[RefundRead]
    timeline: list[TimelineEntryRead]
