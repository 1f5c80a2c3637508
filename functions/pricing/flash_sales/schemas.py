"""What flash sales take and give, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from functions.pricing.schemas import Moment, Text, Value
from shared.models.enums import DiscountType, FlashSaleStatus
from shared.wire_types import Id, Name, Request


def _discount_type(value: str) -> DiscountType:
    # The enum itself will not do: Python 3.13 tells too little of its signature.
    return DiscountType(value)


SaleType = Annotated[Literal["PERCENTAGE", "FIXED_AMOUNT"], AfterValidator(_discount_type)]


class SaleItemGiven(Request):
    """A product, and how many of it may be sold at the sale's price."""

    product_id: Id
    quantity_limit: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None


SaleItems = Annotated[list[SaleItemGiven], Field(min_length=1, max_length=500)]


class FlashSaleCreate(Request):
    """A new flash sale."""

    name: Name
    description: Text | None = None
    discount_type: SaleType
    discount_value: Value
    start_at: Moment | None = Field(None, description="Now, unless given.")
    end_at: Moment
    items: SaleItems


class FlashSaleUpdate(Request):
    """What may be changed of a flash sale before it begins; what is left out stays, and `items` replace those there
    are. Once it has begun it can only end sooner.
    """

    name: Name | None = None
    description: Text | None = None
    discount_type: SaleType | None = None
    discount_value: Value | None = None
    start_at: Moment | None = None
    end_at: Moment | None = None
    items: SaleItems | None = None


class FlashSaleSummaryRead(BaseModel):
    """A flash sale in a list. Its status is that of this moment."""

    id: str
    name: str
    description: str | None
    discount_type: DiscountType
    discount_value: str | None
    currency: str
    start_at: datetime
    end_at: datetime
    status: FlashSaleStatus
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class SaleItemRead(BaseModel):
    """A product in a flash sale, and how many were sold at its price."""

    product_id: str
    quantity_limit: int | None
    quantity_sold: int


class FlashSaleRead(FlashSaleSummaryRead):
    """A flash sale with its products."""

    items: list[SaleItemRead]
