"""What shipping zones and their rates take and give, as JSON. Weights are in kilograms."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from functions.pricing.schemas import DEAREST, Country, Money, PlaceGiven, SomeMoney, State
from shared.models.enums import ShippingRateType
from shared.wire_types import Name, Request

Pattern = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=50),
    Field(examples=["90210", "902*", "90000...90300"]),
]
Days = Annotated[int, Field(ge=0, le=365)]
Bound = Annotated[Decimal, Field(ge=0, lt=DEAREST, decimal_places=3)]
Cost = Annotated[Decimal, Field(ge=0, lt=DEAREST, decimal_places=3)]


class ShippingZoneCreate(Request):
    """A new zone. A list that is empty is no condition: without any, it is for the rest of the world."""

    name: Name
    countries: Annotated[list[Country], Field(max_length=250)] = []  # noqa: RUF012 - pydantic copies it
    states: Annotated[list[State], Field(max_length=500)] = []  # noqa: RUF012 - pydantic copies it
    postal_codes: Annotated[list[Pattern], Field(max_length=500)] = []  # noqa: RUF012 - pydantic copies it
    is_active: bool = True


class ShippingZoneUpdate(Request):
    """What may be changed of a zone; what is left out stays, and a list that is given replaces the one there is."""

    name: Name | None = None
    countries: Annotated[list[Country], Field(max_length=250)] | None = None
    states: Annotated[list[State], Field(max_length=500)] | None = None
    postal_codes: Annotated[list[Pattern], Field(max_length=500)] | None = None
    is_active: bool | None = None


class ShippingZoneRead(BaseModel):
    """Where a set of rates applies. The most specific zone wins: by postal code, then by state, then by country."""

    id: str
    name: str
    countries: list[str]
    states: list[str]
    postal_codes: list[str]
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class BracketGiven(Request):
    """A cost from a weight or a price on, and `each` for every whole or begun unit above that."""

    from_: Bound = Field(Decimal(0), alias="from")
    to: Bound | None = Field(None, description="From here on the rate is not offered.")
    cost: Money
    each: Money = Decimal(0)


class ConditionsGiven(Request):
    """What a cost by weight or by price is counted from: the bracket with the highest `from` that is reached counts."""

    brackets: Annotated[list[BracketGiven], Field(max_length=50)] = []  # noqa: RUF012 - pydantic copies it


class ShippingRateCreate(Request):
    """A new way to ship."""

    name: Name
    rate_type: ShippingRateType = ShippingRateType.FLAT_RATE
    cost: Cost = Field(Decimal(0), description="FLAT_RATE: an amount. PERCENTAGE: per cent of the goods.")
    free_shipping_threshold: SomeMoney | None = None
    conditions: ConditionsGiven = Field(ConditionsGiven(), description="For WEIGHT_BASED and PRICE_BASED.")
    min_delivery_days: Days | None = None
    max_delivery_days: Days | None = None
    is_active: bool = True


class ShippingRateUpdate(Request):
    """What may be changed of a way to ship; what is left out stays."""

    name: Name | None = None
    rate_type: ShippingRateType | None = None
    cost: Cost | None = None
    free_shipping_threshold: SomeMoney | None = None
    conditions: ConditionsGiven | None = None
    min_delivery_days: Days | None = None
    max_delivery_days: Days | None = None
    is_active: bool | None = None


class BracketRead(BaseModel):
    """A cost from a weight or a price on."""

    from_: str = Field(alias="from")
    to: str | None
    cost: str
    each: str


class ConditionsRead(BaseModel):
    """What a cost by weight or by price is counted from."""

    brackets: list[BracketRead]


class ShippingRateRead(BaseModel):
    """A way to ship within a zone."""

    id: str
    zone_id: str
    name: str
    rate_type: ShippingRateType
    cost: str
    currency: str
    free_shipping_threshold: str | None
    conditions: ConditionsRead
    min_delivery_days: int | None
    max_delivery_days: int | None
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class ShippingPreview(Request):
    """A parcel: the goods after coupons, and their weight."""

    address: PlaceGiven
    goods: Money
    weight: Annotated[Decimal, Field(ge=0, lt=10**6, decimal_places=3)] = Decimal(0)


class PreviewOptionRead(BaseModel):
    """A way that is open to a parcel."""

    rate_id: str
    name: str
    cost: str
    min_delivery_days: int | None
    max_delivery_days: int | None


class ShippingPreviewRead(BaseModel):
    """The ways to send a parcel, cheapest first, then fastest; or why there is none."""

    zone_id: str | None
    currency: str
    options: list[PreviewOptionRead]
    reason: str | None
    message: str
