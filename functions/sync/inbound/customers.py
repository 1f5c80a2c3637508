"""Customers of another shop, who are the store's own by their e-mail address.

Whoever has an account here owns its address and name: the other shop fills in what is missing, and no more.
"""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from functions.sync.entities import CUSTOMER, ORDER, ExternalAddress, ExternalCustomer
from functions.sync.inbound import links
from functions.sync.inbound.keeping import Kind, keep
from functions.sync.inbound.links import Integration
from functions.sync.inbound.merging import absorb
from functions.sync.inbound.outcomes import TAKEN, Outcome, SetAsideError
from shared.models import Address, Customer, ExternalLink, Order
from shared.models.base import new_id, now
from shared.models.enums import AddressType
from shared.orders.buyers import count_orders
from shared.tenant_session import INCLUDE_DELETED, TenantSession

_TYPES = {"billing": AddressType.BILLING, "shipping": AddressType.SHIPPING}


def apply(session: TenantSession, integration: Integration, entity: ExternalCustomer, *, force: bool) -> Outcome:
    """Make or change a customer. Raises SetAsideError, ConflictError."""
    email = (entity.email or "").lower()
    if "@" not in email:
        raise SetAsideError("no_email", "The other shop has no e-mail address of this customer.")
    link = links.locked(session, integration, CUSTOMER, entity.external_id)
    kind = Kind(
        Customer,
        find=lambda: session.scalar(select(Customer).where(Customer.email == email).with_for_update()),
        make=lambda given_id: Customer(id=given_id, email=email, first_name="", is_guest=True),
        write=lambda row: _write(session, integration, row, link, entity),
    )
    return keep(session, integration, link, entity, kind, force=force)


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


def _write(
    session: TenantSession, integration: Integration, row: Customer, link: ExternalLink, entity: ExternalCustomer
) -> None:
    if link.content_hash is None:
        _find_orders(session, integration, link)
    registered, email = row.password_hash is not None, (entity.email or "").lower()
    if row.email != email:
        _readdress(session, integration, row, email, registered=registered)
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


def _readdress(
    session: TenantSession, integration: Integration, row: Customer, email: str, *, registered: bool
) -> None:
    if registered:
        raise SetAsideError(
            "registered_email", "This customer signs in here with another e-mail address, which only they may change."
        )
    taken = session.scalar(select(Customer.id).where(Customer.email == email, Customer.id != row.id))
    if taken is not None and row.deleted_at is None and not absorb(session, row, taken):
        raise SetAsideError("email_taken", "Another customer of this store has the e-mail address.", [TAKEN])
    row.email = email
    links.arrived(session, TAKEN)
    session.flush()
    leave_orders(session, integration, row)


def leave_orders(session: TenantSession, integration: Integration, row: Customer | None) -> None:
    """A guest's order is of whoever has its address, and no more of somebody who had it."""
    if row is None:
        return
    guests = select(ExternalLink.entity_id).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == ORDER,
        ExternalLink.external_parent_id.is_(None),
    )
    query = select(Order).where(Order.customer_id == row.id, Order.id.in_(guests))
    if row.deleted_at is None:
        query = query.where(Order.customer_email != row.email)
    orders = session.scalars(query.order_by(Order.id).execution_options(**{INCLUDE_DELETED: True})).all()
    for order in orders:
        names = order.billing_address
        guest = {"email": order.customer_email, "first_name": names.get("first_name") or ""}
        guest |= {"last_name": names.get("last_name"), "phone": order.customer_phone}
        order.customer_id = of_order(session, integration, None, guest)
        session.flush()
        count_orders(session, order.customer_id)
    if orders:
        count_orders(session, row.id)


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
        count_orders(session, link.entity_id)
