"""The routes by which customers register, sign in and prove who they are."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from functions.customers import accounts, sign_in
from functions.customers.callers import caller, client_of
from functions.customers.requests import SIGNED_IN, event
from functions.customers.schemas import (
    CustomerAccepted,
    CustomerEmailGiven,
    CustomerLogin,
    CustomerPasswordChange,
    CustomerPasswordReset,
    CustomerRegistration,
    CustomerTokenGiven,
    ShopperSignedInRead,
)
from shared.auth import public
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["customers"]
SENT = CustomerAccepted(detail="If this address can have that mail, it is on its way.")


@router.post("/v1/storefront/customers", tags=TAGS, status_code=202)
@public
def register_customer(body: CustomerRegistration) -> CustomerAccepted:
    """Make an account; the mail that follows says how to go on."""
    accounts.register(current_session(), body, client_of(event()))
    return SENT


@router.post("/v1/storefront/customers/verify", tags=TAGS, status_code=204)
@public
def verify_customer(body: CustomerTokenGiven) -> None:
    """Prove the address of an account with the token from the mail."""
    accounts.verify(current_session(), body.token, client_of(event()))


@router.post("/v1/storefront/customers/login", tags=TAGS)
@public
def login_customer(body: CustomerLogin) -> ShopperSignedInRead:
    """Sign in to this store. Send the token with each request: `Authorization: Bearer <token>`."""
    return sign_in.login(current_session(), body, client_of(event()))


@router.post("/v1/storefront/customers/logout", tags=TAGS, status_code=204, security=SIGNED_IN)
@public
def logout_customer() -> None:
    """End this session."""
    session = current_session()
    sign_in.logout(session, caller(session, event()), client_of(event()))


@router.post("/v1/storefront/customers/forgot", tags=TAGS, status_code=202)
@public
def forgot_customer_password(body: CustomerEmailGiven) -> CustomerAccepted:
    """Ask for a mail with a link that sets a new password."""
    accounts.forgot(current_session(), body.email, client_of(event()))
    return SENT


@router.post("/v1/storefront/customers/reset", tags=TAGS, status_code=204)
@public
def reset_customer_password(body: CustomerPasswordReset) -> None:
    """Set a new password with the token from the mail; every session ends."""
    accounts.reset_password(current_session(), body, client_of(event()))


@router.post("/v1/storefront/customers/unsubscribe", tags=TAGS, status_code=204)
@public
def unsubscribe_customer(body: CustomerTokenGiven) -> None:
    """Hear no more from the shop than one's orders ask for, with the token from a mail; as often as one likes."""
    accounts.unsubscribe(current_session(), body.token, client_of(event()))


@router.put("/v1/storefront/me/password", tags=TAGS, status_code=204, security=SIGNED_IN)
@public
def change_customer_password(body: CustomerPasswordChange) -> None:
    """Change the password; every other session ends."""
    session = current_session()
    accounts.change_password(session, caller(session, event()), body, client_of(event()))
