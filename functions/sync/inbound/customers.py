"""Customers of another shop, who are the store's own by their e-mail address.

Whoever has an account here owns its address and name: the other shop fills in what is missing, and no more.
"""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from functions.sync.entities import CUSTOMER, ORDER, ExternalAddress, ExternalCustomer
from functions.sync.inbound import links, lives, policies, versions
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import TAKEN, Outcome, Result, SetAsideError
from functions.sync.inbound.versions import Age
from shared.models import Address, Customer, ExternalLink, Order
from shared.models.base import new_id, now
from shared.models.enums import AddressType
from shared.tenant_session import INCLUDE_DELETED, TenantSession

_TYPES = {"billing": AddressType.BILLING, "shipping": AddressType.SHIPPING}


def apply(session: TenantSession, integration: Integration, entity: ExternalCustomer, *, force: bool) -> Outcome:
    """Make or change a customer. Raises SetAsideError, ConflictError."""
    link = links.locked(session, integration, CUSTOMER, entity.external_id)
    lives.heed(link, entity, force=force)
    age, is_new = versions.age(link, entity), links.is_stub(link)
    if age is Age.OLDER and not force:
        return lives.settled(session, link, Customer, Outcome(Result.IGNORED, link.entity_id, "older"))
    email = (entity.email or "").lower()
    if "@" not in email:
        raise SetAsideError("no_email", "The other shop has no e-mail address of this customer.")
    row = _matched(session, link, email) if is_new else links.row_of(session, Customer, link.entity_id)
    meets = row is not None and not is_new and not force and age is Age.NEWER
    if meets and policies.ours_wins(integration, link, row, entity):
        versions.note(link, entity)
        return lives.settled(session, link, Customer, Outcome(Result.IGNORED, row.id, "ours_is_newer"))
    made, changed = row is None, is_new or force or age is Age.NEWER
    if row is None:
        row = _made(session, link, email)
    if changed:
        _write(session, row, link, entity, email)
    if is_new:
        links.bind(session, link, row.id)
        _find_orders(session, integration, link)
    versions.note(link, entity)
    session.flush()
    policies.agreed(link, row)
    result = Result.CREATED if made else Result.UPDATED if changed else Result.UNCHANGED
    return lives.settled(session, link, Customer, Outcome(result, link.entity_id))


def of_order(
    session: TenantSession, integration: Integration, customer_id: str | None, guest: dict[str, Any]
) -> str | None:
    """Whose an order is: the linked customer, who may still be to come; of a guest, whoever has the e-mail address."""
    if customer_id is not None:
        link = links.locked(session, integration, CUSTOMER, customer_id)
        return None if links.is_stub(link) else link.entity_id
    if "@" not in guest["email"]:
        return None
    query = select(Customer.id).where(Customer.email == guest["email"])
    if session.scalar(query) is None:
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        values = {"id": new_id(), "store_id": session.store_id, "is_guest": True} | guest
        session.execute(dialect.insert(Customer).values(values).on_conflict_do_nothing())
    return session.scalars(query).one()


def _matched(session: TenantSession, link: ExternalLink, email: str) -> Any:
    row = links.row_of(session, Customer, link.entity_id)
    if row is None:
        row = session.scalar(select(Customer).where(Customer.email == email).with_for_update())
        if row is not None:
            links.bind(session, link, row.id)
            links.detail(link, live=True)
    return row


def _made(session: TenantSession, link: ExternalLink, email: str) -> Customer:
    row = Customer(id=link.entity_id, email=email, first_name="", is_guest=True)
    if lives.is_gone(link):
        row.deleted_at, row.deletion_id = now(), new_id()
    links.detail(link, live=row.deleted_at is None)
    session.add(row)
    session.flush()
    return row


def _write(session: TenantSession, row: Customer, link: ExternalLink, entity: ExternalCustomer, email: str) -> None:
    registered = row.password_hash is not None
    if row.email != email:
        _readdress(session, row, email, registered=registered)
    for name in ("first_name", "last_name", "phone"):
        said = getattr(entity, name)
        if said and not (registered and getattr(row, name)):
            setattr(row, name, said)
    if entity.marketing_opt_in is not None and not registered:
        row.marketing_opt_in = entity.marketing_opt_in
    for kind, address in (("billing", entity.billing), ("shipping", entity.shipping)):
        if address is not None:
            _live_at(session, row, link, kind, address)
    session.flush()


def _readdress(session: TenantSession, row: Customer, email: str, *, registered: bool) -> None:
    if registered:
        raise SetAsideError(
            "registered_email", "This customer signs in here with another e-mail address, which only they may change."
        )
    taken = session.scalar(select(Customer.id).where(Customer.email == email, Customer.id != row.id))
    if taken is not None and row.deleted_at is None:
        raise SetAsideError("email_taken", "Another customer of this store has the e-mail address.", [TAKEN])
    row.email = email
    links.arrived(session, TAKEN)


def _live_at(session: TenantSession, row: Customer, link: ExternalLink, kind: str, given: ExternalAddress) -> None:
    """Keep one address of each kind as theirs is; one that goods could not be sent to is none."""
    if not (given.address1 and given.city and given.country):
        return
    noted = dict(link.details.get("addresses", {}))
    address = links.row_of(session, Address, noted.get(kind, ""))
    if address is None:
        address = Address(id=new_id(), customer_id=row.id, type=_TYPES[kind])
        address.deleted_at, address.deletion_id = row.deleted_at, row.deletion_id
        session.add(address)
        links.detail(link, addresses=noted | {kind: address.id})
    address.first_name = given.first_name or row.first_name
    address.last_name = given.last_name or row.last_name
    for name in ("company", "address2", "state", "phone"):
        setattr(address, name, getattr(given, name) or None)
    for name in ("address1", "city", "postal_code", "country"):
        setattr(address, name, getattr(given, name))


def _find_orders(session: TenantSession, integration: Integration, link: ExternalLink) -> None:
    """Give a customer the orders that came before them."""
    theirs = select(ExternalLink.entity_id).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == ORDER,
        ExternalLink.external_parent_id == link.external_id,
    )
    if ids := list(session.scalars(theirs)):
        change = update(Order).where(Order.id.in_(ids)).values(customer_id=link.entity_id, updated_at=now())
        session.execute(change.execution_options(synchronize_session=False, **{INCLUDE_DELETED: True}))
