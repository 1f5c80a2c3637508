"""An order as whoever placed it sees it, as JSON. Money is in the order's currency, as a string with its decimals."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from functions.carts.schemas import Amount


class PlacedOrderLineRead(BaseModel):
    """A line. `total` is after coupons, before tax."""

    name: str
    sku: str
    attributes: dict[str, Any] | None
    quantity: int
    quantity_shipped: int
    quantity_refunded: int
    unit_price: Amount
    total: Amount
    tax: Amount


class PlacedOrderParcelRead(BaseModel):
    """A parcel on its way."""

    status: str
    carrier: str
    tracking_number: str | None
    tracking_url: str | None
    shipped_at: datetime | None
    estimated_delivery_at: datetime | None
    delivered_at: datetime | None


class PlacedOrderNoteRead(BaseModel):
    """What the shop has to say of it."""

    text: str
    created_at: datetime


class PlacedOrderRead(BaseModel):
    """An order: subtotal - discount + shipping_cost + tax = total. `may_cancel` says whether the shopper still can."""

    id: str
    order_number: str
    status: str
    payment_status: str
    fulfillment_status: str
    payment_method: str
    currency: str
    subtotal: Amount
    discount: Amount
    shipping_cost: Amount
    tax: Amount
    total: Amount
    amount_paid: Amount
    amount_refunded: Amount
    email: str
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    shipping_method: str | None
    items: list[PlacedOrderLineRead]
    shipments: list[PlacedOrderParcelRead]
    notes: list[PlacedOrderNoteRead]
    pay_before: datetime | None
    canceled_at: datetime | None
    cancel_reason: str | None
    may_cancel: bool
    created_at: datetime
