"""What both shoppers and staff send and are shown: addresses, orders and tax exemptions, as JSON."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, StringConstraints

from shared.addresses import Country, PostalAddress, PostalCode
from shared.models.enums import AddressType, FulfillmentStatus, OrderStatus, PaymentStatus, TaxExemptionStatus
from shared.wire_types import Name, PersonName, Phone, Request, Url


class AddressCreate(PostalAddress):
    """Where a customer receives goods or bills."""

    type: AddressType = AddressType.SHIPPING
    is_default: bool = False


class AddressUpdate(Request):
    """What may be changed of an address; what is left out stays, and null empties what may be empty."""

    type: AddressType | None = None
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    company: Name | None = None
    address1: Name | None = None
    address2: Name | None = None
    city: Name | None = None
    state: Name | None = None
    postal_code: PostalCode | None = None
    country: Country | None = None
    phone: Phone | None = None
    is_default: bool | None = None


class AddressRead(BaseModel):
    """An address of a customer."""

    id: str
    type: AddressType
    first_name: str
    last_name: str | None
    company: str | None
    address1: str
    address2: str | None
    city: str
    state: str | None
    postal_code: str
    country: str
    phone: str | None
    is_default: bool
    version: int


class AddressesRead(BaseModel):
    """The addresses of a customer, the default first."""

    items: list[AddressRead]


class CustomerOrderRead(BaseModel):
    """An order in a customer's history."""

    id: str
    order_number: str
    status: OrderStatus
    payment_status: PaymentStatus
    fulfillment_status: FulfillmentStatus
    total: str
    currency: str
    created_at: datetime


class CustomerOrderLineRead(BaseModel):
    """A line of an order, as it was when it was placed."""

    product_name: str
    variant_sku: str
    attributes: dict[str, Any] | None
    quantity: int
    quantity_shipped: int
    quantity_refunded: int
    unit_price: str
    discount_amount: str
    tax_amount: str
    subtotal: str


class CustomerShipmentRead(BaseModel):
    """A parcel on its way."""

    carrier: str
    tracking_number: str | None
    tracking_url: str | None
    status: str
    shipped_at: datetime | None
    delivered_at: datetime | None


class CustomerOrderDetailRead(CustomerOrderRead):
    """An order with everything its page shows."""

    subtotal: str
    shipping_cost: str
    tax_amount: str
    discount_amount: str
    coupon_code: str | None
    shipping_address: dict[str, Any]
    billing_address: dict[str, Any]
    items: list[CustomerOrderLineRead]
    shipments: list[CustomerShipmentRead]


class TaxExemptionCreate(Request):
    """A certificate that a customer pays no tax. It counts once staff have approved it, until it expires."""

    certificate_url: Url
    certificate_num: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    issuing_state: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    expires_at: AwareDatetime


class TaxExemptionRead(BaseModel):
    """A certificate, and what was decided of it. An approved one that has run out is EXPIRED."""

    id: str
    customer_id: str
    certificate_url: str
    certificate_num: str
    issuing_state: str
    expires_at: datetime
    status: TaxExemptionStatus
    approved_at: datetime | None
    rejected_at: datetime | None
    rejection_reason: str | None
    created_at: datetime


class TaxExemptionsRead(BaseModel):
    """The certificates of a customer, newest first."""

    items: list[TaxExemptionRead]
