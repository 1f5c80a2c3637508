"""What the requests and answers of several parts of pricing are made of.

Money is in the store's currency, as a string with its decimals; percentages are strings such as `8.25`.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from functions.pricing.countries import COUNTRIES
from shared.wire_types import Request


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no such moment") from error


def _known_country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError("no such country; use a code of ISO 3166-1 such as DE")
    return code


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
DEAREST = 10**9
Money = Annotated[Decimal, Field(ge=0, lt=DEAREST, decimal_places=3)]
SomeMoney = Annotated[Decimal, Field(gt=0, lt=DEAREST, decimal_places=3)]
Value = Annotated[
    Decimal, Field(ge=0, lt=DEAREST, decimal_places=3, description="Per cent, or an amount: as `discount_type` says.")
]
Text = Annotated[str, Field(max_length=2000)]
Country = Annotated[
    str,
    StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$"),
    AfterValidator(_known_country),
    Field(description="ISO 3166-1, two letters.", examples=["DE"]),
]
State = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9]{1,10}([:-][A-Za-z0-9]{1,10})?$"),
    Field(description="A state's code, with its country before it or not.", examples=["CA", "US-CA"]),
]
City = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
PostalCode = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)]


class PlaceGiven(Request):
    """Where something would be sent."""

    country: Country
    state: State | None = None
    city: City | None = None
    postal_code: PostalCode | None = None


class PricingSettingsUpdate(Request):
    """What may be changed of how a store prices; what is left out stays."""

    prices_include_tax: bool | None = None
    round_tax_at_subtotal: bool | None = None
    coupons_in_sequence: bool | None = None
    allow_coupons_with_flash_sale: bool | None = None
    unpaid_order_minutes: Annotated[int, Field(ge=5, le=10_080)] | None = None


class PricingSettingsRead(BaseModel):
    """How a store prices. `version` is the store's."""

    currency: str
    prices_include_tax: bool = Field(description="Prices are written with tax.")
    round_tax_at_subtotal: bool = Field(description="Taxes are rounded once, at the end; else on every line.")
    coupons_in_sequence: bool = Field(description="A percentage is of what earlier coupons left.")
    allow_coupons_with_flash_sale: bool
    unpaid_order_minutes: int = Field(description="After so many an unpaid order is cancelled.")
    version: int
