"""Customers sign in with a password. Every refusal costs and says the same, whether the account exists or not."""

from sqlalchemy import delete, select

from functions.customers import attempts
from functions.customers.callers import Client
from functions.customers.profile import shopper_shown
from functions.customers.schemas import CustomerLogin, ShopperSignedInRead
from shared.attempts import AT_ACCOUNT, SIGN_IN
from shared.audit import record
from shared.errors import NotAllowedError, NotSignedInError, ProblemError
from shared.models import Customer, CustomerSession
from shared.models.base import now
from shared.passwords import hash_password, is_outdated, matches
from shared.shoppers import CustomerPrincipal
from shared.tenancy import tenant_of, tenant_session
from shared.tenant_session import TenantSession
from shared.tokens import new_token, session_end, token_hash


def login(session: TenantSession, body: CustomerLogin, client: Client) -> ShopperSignedInRead:
    """Begin a session.

    Raises TooManyError (20 in 5 minutes from an address; 5 failures lock the account), NotSignedInError for a wrong
    address or password, and NotAllowedError for an account whose address is not proved.
    """
    attempts.note(session, SIGN_IN, client.ip_address)
    customer = known_customer(session, body.email, body.password, client)
    attempts.forget(session, AT_ACCOUNT, customer.email)
    record(session, "customer.sign_in", "customer", customer.id, actor=client.actor(customer.email))
    return _begin_session(session, customer, client)


def logout(session: TenantSession, principal: CustomerPrincipal, client: Client) -> None:
    """End the session of the request."""
    gone = delete(CustomerSession).where(CustomerSession.id == principal.session_id)
    session.execute(gone.execution_options(synchronize_session=False))
    record(session, "customer.sign_out", "customer", principal.customer_id, actor=client.actor(principal.email))


def known_customer(session: TenantSession, email: str, password: str, client: Client) -> Customer:
    """The customer with this address and password, locked. Raises as `login`; a failure is counted and noted."""
    attempts.note(session, AT_ACCOUNT, email)
    customer = session.scalar(select(Customer).where(Customer.email == email))
    try:
        if not matches(customer.password_hash if customer else None, password) or customer is None:
            raise _wrong()
        _hold(session, customer)
        if not customer.email_verified:
            raise NotAllowedError(
                "email_not_verified", "Open the link in the mail first; registering again sends another."
            )
    except ProblemError as refusal:
        customer_id = customer.id if customer else None
        session.rollback()
        _note_failure(session, refusal, email, customer_id, client)
        raise
    if customer.password_hash and is_outdated(customer.password_hash):
        customer.password_hash = hash_password(password)
    return customer


def _begin_session(session: TenantSession, customer: Customer, client: Client) -> ShopperSignedInRead:
    token, moment = new_token(), now()
    row = CustomerSession(
        customer_id=customer.id,
        token_hash=token_hash(token),
        created_at=moment,
        last_used_at=moment,
        expires_at=session_end(moment, moment),
        ip_address=client.ip_address,
        user_agent=client.user_agent[:500],
    )
    session.add(row)
    session.flush()
    shown = shopper_shown(session, customer)
    return ShopperSignedInRead(token=token, expires_at=row.expires_at, customer=shown)


def _wrong() -> NotSignedInError:
    return NotSignedInError("invalid_credentials", "The e-mail address or the password is wrong.")


def _hold(session: TenantSession, customer: Customer) -> None:
    """Lock the row of a customer whose password was right, and see that it still is.

    Whoever changes it meanwhile ends all sessions, and this one must not begin after that.
    """
    known = customer.password_hash
    query = select(Customer).where(Customer.id == customer.id).with_for_update()
    held = session.scalar(query.execution_options(populate_existing=True))
    if held is None or held.password_hash != known:
        raise _wrong()


def _note_failure(
    session: TenantSession, refusal: ProblemError, email: str, customer_id: str | None, client: Client
) -> None:
    """Write down a refused sign-in. Committed on its own, since the refused request is rolled back."""
    after = {"reason": refusal.code}
    with tenant_session(tenant_of(session).id) as own:
        record(own, "customer.sign_in_failed", "customer", customer_id, after=after, actor=client.actor(email))
        if isinstance(refusal, NotAllowedError):
            attempts.forget(own, AT_ACCOUNT, email)  # the password was right
