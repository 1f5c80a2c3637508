"""Types that requests of several contexts are made of."""

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    HttpUrl,
    PlainSerializer,
    StringConstraints,
)


class Request(BaseModel):
    """The body of a request: a field that nobody knows is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid")


def _known_timezone(name: str) -> str:
    if name not in _timezones():
        raise ValueError("no such time zone; use a name such as Europe/Warsaw")
    return name


@cache
def _timezones() -> set[str]:
    return available_timezones()


Email = Annotated[EmailStr, Field(max_length=254, examples=["ada@example.com"]), AfterValidator(str.lower)]
Timezone = Annotated[str, Field(max_length=64, examples=["Europe/Warsaw"]), AfterValidator(_known_timezone)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$", examples=["en"])]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Id = Annotated[str, Field(min_length=1, max_length=40)]
Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=200),
    Field(description="Lower-case letters, digits and hyphens.", examples=["classic-tee"]),
]
Url = Annotated[HttpUrl, Field(max_length=500), PlainSerializer(str, return_type=str)]
Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^\+?\(?[0-9][0-9 ()./-]{3,28}$"),
    Field(examples=["+49 30 1234"]),
]
Color = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$", examples=["#1b7f5c"])]
