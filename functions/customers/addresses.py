"""The addresses of a customer: one of them at most is the default."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from functions.customers.callers import customer_of
from functions.customers.changing import assign
from functions.customers.shared_schemas import AddressCreate, AddressesRead, AddressRead, AddressUpdate
from shared.errors import ConflictError, NotFoundError
from shared.models import Address
from shared.models.base import new_id
from shared.soft_delete import soft_delete
from shared.tenant_session import TenantSession
from shared.versions import check_if_match, tag

MOST = 50
"""A customer has at most so many."""


def list_addresses(session: TenantSession, customer_id: str) -> AddressesRead:
    """The addresses of a customer, the default first. Raises NotFoundError when there is no such customer."""
    customer_of(session, customer_id)
    query = select(Address).where(Address.customer_id == customer_id)
    rows = session.scalars(query.order_by(Address.is_default.desc(), Address.created_at, Address.id))
    return AddressesRead(items=[_shown(row) for row in rows])


def read_address(session: TenantSession, customer_id: str, address_id: str) -> AddressRead:
    """An address of a customer. Raises NotFoundError, also for somebody else's."""
    row = _address_of(session, customer_id, address_id)
    tag(session, row)
    return _shown(row)


def create_address(session: TenantSession, customer_id: str, body: AddressCreate) -> AddressRead:
    """Add an address; the first is the default. Raises NotFoundError, ConflictError for one too many."""
    customer_of(session, customer_id, locked=True)
    count = session.scalars(select(func.count(Address.id)).where(Address.customer_id == customer_id)).one()
    if count >= MOST:
        raise ConflictError("too_many_addresses", f"There are {MOST} addresses already; delete one first.")
    row = Address(id=new_id(), customer_id=customer_id, **body.model_dump())
    row.is_default = body.is_default or count == 0
    session.add(row)
    return _saved(session, row)


def update_address(
    session: TenantSession, customer_id: str, address_id: str, body: AddressUpdate, event: Mapping[str, Any]
) -> AddressRead:
    """Change an address. Raises NotFoundError, StaleVersionError by `If-Match`."""
    customer_of(session, customer_id, locked=True)
    row = _address_of(session, customer_id, address_id)
    check_if_match(event, row)
    assign(row, body.model_dump(exclude_unset=True))
    return _saved(session, row)


def delete_address(session: TenantSession, customer_id: str, address_id: str, event: Mapping[str, Any]) -> None:
    """Delete an address; orders keep what they were sent to. Raises NotFoundError, StaleVersionError."""
    customer_of(session, customer_id, locked=True)
    row = _address_of(session, customer_id, address_id)
    check_if_match(event, row)
    soft_delete(session, row)


def _address_of(session: TenantSession, customer_id: str, address_id: str) -> Address:
    row = session.scalar(select(Address).where(Address.id == address_id, Address.customer_id == customer_id))
    if row is None:
        raise NotFoundError("address_not_found", "There is no such address.")
    return row


def _saved(session: TenantSession, row: Address) -> AddressRead:
    if row.is_default:
        others = select(Address).where(Address.customer_id == row.customer_id, Address.is_default, Address.id != row.id)
        for other in session.scalars(others):
            other.is_default = False
    session.flush()
    tag(session, row)
    return _shown(row)


def _shown(row: Address) -> AddressRead:
    return AddressRead.model_validate(row, from_attributes=True)
