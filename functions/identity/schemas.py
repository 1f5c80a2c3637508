"""What identity takes and gives, as JSON."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from shared.wire_types import Email, Id, Language, Name, Request, Timezone

Password = Annotated[str, Field(max_length=200, examples=["Correct-Horse-7"])]
NewPassword = Annotated[
    str, Field(max_length=200, description="8 or more characters: upper and lower case, a digit, a special one.")
]
Token = Annotated[str, Field(min_length=1, max_length=200, description="As it stands in the mail.")]
StepToken = Annotated[
    str,
    Field(min_length=1, max_length=200, description="From the answer that asked for this step; good for 10 minutes."),
]
Code = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^(\d{6}|\d[a-z2-7]{10})$"),
    Field(description="Six digits of the authenticator, or a backup code.", examples=["492039"]),
]


class RegistrationCreate(Request):
    """Somebody who wants an account."""

    email: Email
    password: NewPassword
    name: Name


class LoginCreate(Request):
    """A sign-in. `code` is asked of those who have set up a second factor."""

    email: Email
    password: Password
    code: Code | None = None


class EmailGiven(Request):
    """The address that a mail should go to."""

    email: Email


class TokenGiven(Request):
    """The token of a link that came by mail."""

    token: Token


class PasswordReset(Request):
    """A new password, by the token of a link that came by mail."""

    token: Token
    password: NewPassword


class PasswordChange(Request):
    """A new password for who knows the old one."""

    current_password: Password
    new_password: NewPassword


class StoreSwitch(Request):
    """The store to work in."""

    store_id: Id


class InvitationAcceptance(Request):
    """Joining a store. Who has no account yet gives a name and a password too."""

    token: Token
    name: Name | None = None
    password: NewPassword | None = None


class MeUpdate(Request):
    """What a user may change of their own account; what is left out stays."""

    name: Name | None = None
    language: Language | None = None
    timezone: Timezone | None = None


class Accepted(BaseModel):
    """The request was taken; the rest comes by mail."""

    detail: str


class MembershipRead(BaseModel):
    """A store that a user works in, and as what."""

    store_id: str
    slug: str
    name: str
    role: str


class UserRead(BaseModel):
    """A user, to themselves."""

    id: str
    email: str
    name: str | None
    language: str
    timezone: str
    email_verified: bool
    mfa_enabled: bool
    has_password: bool
    role: Literal["SUPER_ADMIN"] | None = Field(description="A role over the whole platform.")


class SignedInRead(BaseModel):
    """A session has begun. The token is shown this once."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - no secret
    expires_at: datetime
    user: UserRead
    store: MembershipRead | None = Field(description="The one that the token works in.")
    stores: list[MembershipRead]


class MeRead(BaseModel):
    """Who is signed in, and where they may work."""

    user: UserRead
    store_id: str | None
    stores: list[MembershipRead]


class SessionRead(BaseModel):
    """A sign-in that has not ended."""

    id: str
    is_current: bool
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime
    ip_address: str | None
    user_agent: str | None
    store_id: str | None


class SessionsRead(BaseModel):
    """The sign-ins of a user, newest first."""

    items: list[SessionRead]


class MfaEnrolment(Request):
    """Who sets up or gives up a second factor says the password again."""

    password: Password


class MfaConfirmation(Request):
    """A code of the authenticator, to show that it works."""

    code: Code


class MfaChange(Request):
    """Password and code together."""

    password: Password
    code: Code


class MfaSecretRead(BaseModel):
    """What an authenticator needs; shown this once."""

    secret: str
    otpauth_url: str


class BackupCodesRead(BaseModel):
    """Codes for the day the authenticator is lost: each works once, and they are shown this once."""

    backup_codes: list[str]


class InvitationAccepted(BaseModel):
    """The invited may now sign in and work in the store."""

    email: str
    store: MembershipRead


class OAuthStart(BaseModel):
    """Where to send the browser. Keep `flow` on the device: the sign-in ends where it began."""

    authorization_url: str
    flow: str


class OAuthCallback(Request):
    """What came back in the browser's address, and the flow that the sign-in began with."""

    flow: Annotated[str, Field(min_length=40, max_length=200)]
    state: Annotated[str, Field(max_length=200)]
    code: Annotated[str, Field(min_length=1, max_length=4000)]


class OAuthContinuation(Request):
    """The second factor of who has signed in with a provider."""

    continue_token: StepToken
    mfa_code: Code


class OAuthLink(Request):
    """The password of the account that a provider's account shall sign in to from now on."""

    link_token: StepToken
    password: Password
    mfa_code: Code | None = None


class LinkedAccountRead(BaseModel):
    """A provider's account that signs in to this one."""

    id: str
    provider: str
    created_at: datetime


class LinkedAccountsRead(BaseModel):
    """The providers' accounts of a user."""

    items: list[LinkedAccountRead]
