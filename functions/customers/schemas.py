"""What shoppers send and are shown of their accounts, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from shared.wire_types import Email, Id, Language, PersonName, Phone, Request

Password = Annotated[str, Field(max_length=200, examples=["Correct-Horse-7"])]
NewPassword = Annotated[
    str, Field(max_length=200, description="8 or more characters: upper and lower case, a digit, a special one.")
]
Token = Annotated[str, Field(min_length=1, max_length=200, description="As it stands in the mail.")]


class CustomerRegistration(Request):
    """Somebody who wants an account in the store."""

    email: Email
    password: NewPassword
    first_name: PersonName
    last_name: PersonName | None = None
    phone: Phone | None = None
    marketing_opt_in: bool = False
    language: Language | None = None


class CustomerLogin(Request):
    """A sign-in."""

    email: Email
    password: Password


class CustomerEmailGiven(Request):
    """The address that a mail should go to."""

    email: Email


class CustomerTokenGiven(Request):
    """The token of a link that came by mail."""

    token: Token


class CustomerPasswordReset(Request):
    """A new password, by the token of a link that came by mail."""

    token: Token
    password: NewPassword


class CustomerPasswordChange(Request):
    """A new password for who knows the old one."""

    current_password: Password
    new_password: NewPassword


class CustomerAccepted(BaseModel):
    """The request was taken; the rest comes by mail."""

    detail: str


class ShopperRead(BaseModel):
    """A customer, to themselves."""

    id: str
    email: str
    first_name: str
    last_name: str | None
    phone: str | None
    language: str
    marketing_opt_in: bool
    is_tax_exempt: bool = Field(description="An approved exemption is in date.")
    created_at: datetime


class ShopperSignedInRead(BaseModel):
    """A session has begun. The token is shown this once, and is good in this store alone."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - no secret
    expires_at: datetime
    customer: ShopperRead


class ShopperUpdate(Request):
    """What customers may change of themselves; what is left out stays."""

    first_name: PersonName | None = None
    last_name: PersonName | None = None
    phone: Phone | None = None
    language: Language | None = None
    marketing_opt_in: bool | None = None


class WishlistCreate(Request):
    """A new list."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = "My Wishlist"
    is_public: bool = False


class WishlistUpdate(Request):
    """What may be changed of a list; what is left out stays."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] | None = None
    is_public: bool | None = None


class WishlistItemCreate(Request):
    """A product to remember, and the variant if one was chosen."""

    product: Annotated[str, Field(min_length=1, max_length=200, description="Its slug, or its id.")]
    variant_id: Id | None = None


class WishlistItemRead(BaseModel):
    """A remembered product that the store still sells."""

    id: str
    product_id: str
    slug: str
    name: str
    variant_id: str | None
    price: str
    currency: str
    added_at: datetime


class WishlistRead(BaseModel):
    """A list with what is on it, newest first."""

    id: str
    name: str
    is_public: bool
    created_at: datetime
    items: list[WishlistItemRead]


class WishlistsRead(BaseModel):
    """The lists of a customer."""

    items: list[WishlistRead]


class PublicWishlistRead(BaseModel):
    """A list that its owner has made public; of the owner it tells nothing."""

    id: str
    name: str
    items: list[WishlistItemRead]
