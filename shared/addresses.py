"""A postal address, as requests give it and answers show it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.wire_types import Name, PersonName, Phone, Request

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["DE"])]
PostalCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]


class PostalAddress(Request):
    """Where goods go, or who pays."""

    first_name: PersonName
    last_name: PersonName | None = None
    company: Name | None = None
    address1: Name
    address2: Name | None = None
    city: Name
    state: Name | None = None
    postal_code: PostalCode
    country: Country
    phone: Phone | None = None
