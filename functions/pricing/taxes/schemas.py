"""What tax rates take and give, as JSON. A rate is a percentage as a string: `8.25`."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from functions.pricing.schemas import City, Country, State
from shared.wire_types import Name, Request

Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4, examples=["8.25"])]
Priority = Annotated[int, Field(ge=0, le=100, description="One rate of each priority applies; they add up.")]
PostalCodes = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, max_length=2000),
    Field(description="Patterns, with semicolons between them.", examples=["90210; 902*; 90000...90300"]),
]


class TaxRateCreate(Request):
    """A new tax of a place."""

    name: Name
    country: Country
    state: State | None = None
    city: City | None = None
    postal_code: PostalCodes | None = None
    rate: Percent
    priority: Priority = 0
    is_compound: bool = Field(False, description="It taxes the taxes before it as well.")
    taxes_shipping: bool = True
    is_active: bool = True


class TaxRateUpdate(Request):
    """What may be changed of a tax rate; what is left out stays."""

    name: Name | None = None
    country: Country | None = None
    state: State | None = None
    city: City | None = None
    postal_code: PostalCodes | None = None
    rate: Percent | None = None
    priority: Priority | None = None
    is_compound: bool | None = None
    taxes_shipping: bool | None = None
    is_active: bool | None = None


class TaxRateRead(BaseModel):
    """A tax of a place."""

    id: str
    name: str
    country: str
    state: str | None
    city: str | None
    postal_code: str | None
    rate: str
    priority: int
    is_compound: bool
    taxes_shipping: bool
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class AppliedRateRead(BaseModel):
    """A rate that applies at an address."""

    id: str
    name: str
    rate: str
    priority: int
    is_compound: bool
    taxes_shipping: bool


class TaxPreviewRead(BaseModel):
    """The rates that apply at an address, in the order they are worked out."""

    rates: list[AppliedRateRead]
