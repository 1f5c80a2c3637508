"""Accounts of customers: registering, proving the address, forgetting and changing the password.

What begins with an address alone (register, forgot) does and answers the same for every address. Whether there is an
account is for the mailer to see, and the mail to say.
"""

from sqlalchemy import Select, case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from functions.customers import attempts, sign_in
from functions.customers.adopting import adopt_orders
from functions.customers.callers import Client
from functions.customers.schemas import CustomerPasswordChange, CustomerPasswordReset, CustomerRegistration
from shared.attempts import AT_ACCOUNT, BY_MAIL, MAILS
from shared.audit import record
from shared.customer_mails import UNSUBSCRIBE, mail_later
from shared.errors import InvalidError, NotFoundError
from shared.models import Customer, CustomerSession, CustomerToken
from shared.models.base import new_id, now
from shared.passwords import check_strength, hash_password, matches, refused_password
from shared.privacy.consents import keep_consent
from shared.shoppers import CustomerPrincipal
from shared.tenant_session import TenantSession
from shared.tokens import token_hash


def register(session: TenantSession, body: CustomerRegistration, client: Client) -> None:
    """Make an account that can be used once its address is proved; an address that has one gets a mail saying so."""
    attempts.note(session, BY_MAIL, client.ip_address)
    check_strength(body.password)
    if attempts.may(session, MAILS, f"register:{body.email}"):
        _claim(session, body)
        mail_later(session, "customer_register", body.email)


def forgot(session: TenantSession, email: str, client: Client) -> None:
    """Have a link sent that sets a new password, three an hour and address at most; more are dropped silently."""
    attempts.note(session, BY_MAIL, client.ip_address)
    if attempts.may(session, MAILS, f"reset:{email}"):
        mail_later(session, "customer_reset", email)


def verify(session: TenantSession, token: str, client: Client) -> None:
    """Prove an address. Raises NotFoundError for a link that was used or is older than 24 hours."""
    customer = _use_token(session, token, "verify")
    _prove(session, customer, client)
    record(session, "customer.email_verified", "customer", customer.id, actor=client.actor(customer.email))


def reset_password(session: TenantSession, body: CustomerPasswordReset, client: Client) -> None:
    """Set a new password and end all sessions. Raises as `verify`, and InvalidError for a weak or repeated one."""
    customer = _use_token(session, body.token, "reset")
    # What somebody chose who never proved the address is no password to compare with.
    known = customer.password_hash if customer.email_verified else None
    _prove(session, customer, client)
    _set_password(customer, known, body.password, "password")
    end_sessions(session, customer.id)
    attempts.forget(session, AT_ACCOUNT, customer.email)
    _tell_of_change(session, customer, "customer.password_reset", client)


def unsubscribe(session: TenantSession, token: str, client: Client) -> None:
    """Send a customer no more mails of the shop's own accord. Raises NotFoundError for a link that is too old."""
    customer = session.scalar(_who_may_unsubscribe(token).with_for_update())
    if customer is None:
        raise _expired()
    if not customer.marketing_opt_in:
        return
    customer.marketing_opt_in = False
    session.flush()
    keep_consent(session, customer, "mail", client.ip_address)
    record(session, "customer.unsubscribed", "customer", customer.id, actor=client.actor(customer.email))


def check_unsubscribing(session: TenantSession, token: str) -> None:
    """Raise NotFoundError when the link of a mail is too old to unsubscribe by."""
    if session.scalar(_who_may_unsubscribe(token)) is None:
        raise _expired()


def _who_may_unsubscribe(token: str) -> Select[Customer]:
    sent = select(CustomerToken.customer_id).where(
        CustomerToken.token_hash == token_hash(token),
        CustomerToken.purpose == UNSUBSCRIBE,
        CustomerToken.expires_at > now(),
    )
    return select(Customer).where(Customer.id.in_(sent))


def _expired() -> NotFoundError:
    return NotFoundError("link_not_found", "This link has expired; the newest mail has another.")


def change_password(
    session: TenantSession, principal: CustomerPrincipal, body: CustomerPasswordChange, client: Client
) -> None:
    """Change the password and end all other sessions. Raises NotSignedInError when the current one is wrong."""
    customer = sign_in.known_customer(session, principal.email, body.current_password, client)
    try:
        _set_password(customer, customer.password_hash, body.new_password, "new_password")
    except InvalidError:
        attempts.excuse(session, AT_ACCOUNT, principal.email)
        raise
    end_sessions(session, customer.id, kept=principal.session_id)
    forget_links(session, customer.id)
    attempts.forget(session, AT_ACCOUNT, customer.email)
    _tell_of_change(session, customer, "customer.password_changed", client)


def end_sessions(session: TenantSession, customer_id: str, kept: str | None = None) -> None:
    """Sign a customer out everywhere but in the session `kept`."""
    gone = delete(CustomerSession).where(CustomerSession.customer_id == customer_id, CustomerSession.id != (kept or ""))
    session.execute(gone.execution_options(synchronize_session=False))


def forget_links(session: TenantSession, customer_id: str) -> None:
    """Let the links that were sent to a customer do nothing any more."""
    gone = delete(CustomerToken).where(CustomerToken.customer_id == customer_id, CustomerToken.purpose != UNSUBSCRIBE)
    session.execute(gone.execution_options(synchronize_session=False))


def _claim(session: TenantSession, body: CustomerRegistration) -> None:
    """Write down who wants an account with an address, unless it has one that is proved.

    Nobody proves an address for a password that somebody else chose before: the last to ask counts, and links that were
    sent earlier are no longer good. What the store knows of a guest stays as it is.
    """
    facts = body.model_dump(exclude={"email", "password", "language"}) | {"language": body.language or "en"}
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(Customer)
    insert = insert.values(id=new_id(), email=body.email, password_hash=hash_password(body.password), **facts)
    kept = {name: case((Customer.is_guest, Customer.__table__.c[name]), else_=insert.excluded[name]) for name in facts}
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[Customer.store_id, Customer.email],
            index_where=Customer.deleted_at.is_(None),
            set_=kept | {"password_hash": insert.excluded.password_hash, "version": Customer.version + 1},
            where=Customer.email_verified.is_(False),
        )
    )
    asked = select(Customer.id).where(Customer.email == body.email, Customer.email_verified.is_(False))
    earlier = delete(CustomerToken).where(CustomerToken.customer_id.in_(asked), CustomerToken.purpose == "verify")
    session.execute(earlier.execution_options(synchronize_session=False))


def _use_token(session: TenantSession, token: str, purpose: str) -> Customer:
    """The customer that a link was sent to, locked; the link is used up, with all others of its kind to them.

    Raises NotFoundError when it was used, has expired, is for something else, or the customer is gone.
    """
    named = aliased(CustomerToken)
    same = select(named.customer_id).where(
        named.token_hash == token_hash(token), named.purpose == purpose, named.expires_at > now()
    )
    used = delete(CustomerToken).where(
        CustomerToken.customer_id == same.scalar_subquery(), CustomerToken.purpose == purpose
    )
    returned = used.returning(CustomerToken.customer_id).execution_options(synchronize_session=False)
    customer_id = session.scalars(returned).first()
    query = select(Customer).where(Customer.id == customer_id).with_for_update()
    customer = session.scalar(query.execution_options(populate_existing=True)) if customer_id else None
    if customer is None:
        raise NotFoundError("link_not_found", "This link was used or has expired; ask for another.")
    return customer


def _prove(session: TenantSession, customer: Customer, client: Client) -> None:
    """Let a guest's row become the account, with the orders and addresses it has, and those placed without one.

    What was agreed to on registering counts from now on: before, anybody may have written the address.
    """
    if not customer.email_verified:
        customer.email_verified, customer.is_guest = True, False
        session.flush()
        keep_consent(session, customer, "registration", client.ip_address)
        adopt_orders(session, customer)


def _set_password(customer: Customer, known: str | None, password: str, field: str) -> None:
    check_strength(password, field)
    if known is not None and matches(known, password):
        raise refused_password(field, "This is your password already; choose another.", "password_reused")
    customer.password_hash = hash_password(password)


def _tell_of_change(session: TenantSession, customer: Customer, action: str, client: Client) -> None:
    record(session, action, "customer", customer.id, actor=client.actor(customer.email))
    mail_later(session, "customer_password_changed", customer.email)
