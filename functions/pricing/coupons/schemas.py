"""What coupons take and give, as JSON."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from functions.pricing.schemas import Moment, Money, SomeMoney, Text, Value
from shared.models.enums import DiscountType
from shared.wire_types import Id, Name, Request

CouponCode = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9_-]+$", min_length=1, max_length=40),
    Field(description="Letters, digits, _ and -; kept in capitals.", examples=["SUMMER-10"]),
]
Count = Annotated[int, Field(ge=1, le=1_000_000_000)]
FewUnits = Annotated[int, Field(ge=1, le=1000)]
Ids = Annotated[list[Id], Field(max_length=500)]


class CouponFields(Request):
    """What may be said of a coupon, and be taken back with null."""

    description: Text | None = None
    discount_value: Value | None = Field(None, description="Left out for FREE_SHIPPING; 100 for BUY_X_GET_Y.")
    buy_quantity: FewUnits | None = Field(None, description="BUY_X_GET_Y: of each `buy_quantity` ...")
    get_quantity: FewUnits | None = Field(None, description="... and so many more units, the cheapest cost less.")
    max_discount: SomeMoney | None = None
    min_order_value: Money | None = None
    max_order_value: SomeMoney | None = None
    max_items: Count | None = Field(None, description="At most so many units are discounted.")
    valid_to: Moment | None = None
    usage_limit_per_coupon: Count | None = None
    usage_limit_per_customer: Count | None = None


class CouponCreate(CouponFields):
    """A new coupon. Without ids it is for everything and everybody."""

    code: CouponCode
    name: Name
    discount_type: DiscountType
    per_item: bool = Field(False, description="A fixed amount is of each unit, not of the cart.")
    exclude_sale_items: bool = False
    is_exclusive: bool = Field(False, description="It is used alone.")
    valid_from: Moment | None = Field(None, description="Now, unless given.")
    is_active: bool = True
    product_ids: Ids = []  # noqa: RUF012 - pydantic copies it
    category_ids: Ids = []  # noqa: RUF012 - pydantic copies it
    customer_ids: Ids = []  # noqa: RUF012 - pydantic copies it
    excluded_product_ids: Ids = []  # noqa: RUF012 - pydantic copies it
    excluded_category_ids: Ids = []  # noqa: RUF012 - pydantic copies it


class CouponUpdate(CouponFields):
    """What may be changed of a coupon; what is left out stays, and a list that is given replaces the one there is."""

    code: CouponCode | None = None
    name: Name | None = None
    discount_type: DiscountType | None = None
    per_item: bool | None = None
    exclude_sale_items: bool | None = None
    is_exclusive: bool | None = None
    valid_from: Moment | None = None
    is_active: bool | None = None
    product_ids: Ids | None = None
    category_ids: Ids | None = None
    customer_ids: Ids | None = None
    excluded_product_ids: Ids | None = None
    excluded_category_ids: Ids | None = None


class CouponSummaryRead(BaseModel):
    """A coupon in a list. `used` is on how many orders."""

    id: str
    code: str
    name: str
    description: str | None
    discount_type: DiscountType
    discount_value: str | None
    currency: str
    per_item: bool
    buy_quantity: int | None
    get_quantity: int | None
    max_discount: str | None
    min_order_value: str | None
    max_order_value: str | None
    max_items: int | None
    exclude_sale_items: bool
    is_exclusive: bool
    valid_from: datetime
    valid_to: datetime | None
    usage_limit_per_coupon: int | None
    usage_limit_per_customer: int | None
    used: int
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class CouponRead(CouponSummaryRead):
    """A coupon, with whom and what it is for."""

    product_ids: list[str]
    category_ids: list[str]
    customer_ids: list[str]
    excluded_product_ids: list[str]
    excluded_category_ids: list[str]


class RedemptionRead(BaseModel):
    """A coupon used on an order, and what it took off."""

    id: str
    order_id: str
    order_number: str
    customer_id: str | None
    amount: str
    currency: str
    created_at: datetime
