"""Customers, to the staff of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from functions.customers.accounts import end_sessions, forget_links
from functions.customers.admin_schemas import CustomerCreate, CustomerRead, CustomerUpdate
from functions.customers.callers import customer_of
from functions.customers.changing import assign
from shared.audit import Actor
from shared.currency import in_currency
from shared.errors import ConflictError, FieldError
from shared.models import Customer, Order
from shared.models.base import new_id
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.privacy.consents import keep_consent
from shared.shoppers import has_exemption
from shared.soft_delete import restore, soft_delete
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession
from shared.text_search import contains
from shared.versions import check_if_match, tag


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers a list shows; None lets all pass."""

    q: str | None = None
    is_guest: bool | None = None
    has_orders: bool | None = None
    tax_exempt: bool | None = None


def list_customers(
    session: TenantSession, wanted: CustomerFilter, limit: int, cursor: str | None
) -> Page[CustomerRead]:
    """A page of customers, newest first. Raises MalformedError for a broken cursor."""
    query = select(Customer).where(*_matching(wanted))
    query = query.order_by(Customer.created_at.desc(), Customer.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(Customer.created_at, Customer.id) < place_of_newest(cursor))
    rows = session.scalars(query).all()
    exempt, currency = _exempt(session, rows), tenant_of(session).currency
    return page_of_newest(rows, limit, lambda row: _read(row, row.id in exempt, currency))


def read_customer(session: TenantSession, customer_id: str) -> CustomerRead:
    """A customer. Raises NotFoundError."""
    return shown(session, customer_of(session, customer_id))


def create_customer(session: TenantSession, body: CustomerCreate, actor: Actor) -> CustomerRead:
    """Write a customer down, who is a guest until they prove the address. Raises ConflictError for a taken one."""
    facts = body.model_dump(exclude={"language"}) | ({"language": body.language} if body.language else {})
    row = Customer(id=new_id(), is_guest=True, **facts)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise _email_taken() from error
    keep_consent(session, row, "staff", actor.ip_address)
    return shown(session, row)


def update_customer(
    session: TenantSession, customer_id: str, body: CustomerUpdate, event: Mapping[str, Any], actor: Actor
) -> CustomerRead:
    """Change a customer. Raises NotFoundError, StaleVersionError by `If-Match`, ConflictError for a taken address."""
    row = customer_of(session, customer_id, locked=True)
    check_if_match(event, row)
    given = body.model_dump(exclude_unset=True)
    try:
        with session.begin_nested():
            if given.get("email", row.email) not in (None, row.email):
                _unprove(session, row)
            assign(row, given)
    except IntegrityError as error:
        raise _email_taken() from error
    if "marketing_opt_in" in given:
        keep_consent(session, row, "staff", actor.ip_address)
    return shown(session, row)


def delete_customer(session: TenantSession, customer_id: str, event: Mapping[str, Any]) -> None:
    """Delete a customer, who is signed out at once; orders stay, and 90 days can undo it. Raises as `update`."""
    row = customer_of(session, customer_id, locked=True)
    check_if_match(event, row)
    end_sessions(session, row.id)
    forget_links(session, row.id)
    soft_delete(session, row)


def restore_customer(session: TenantSession, customer_id: str) -> CustomerRead:
    """Bring a deleted customer back. Raises NotFoundError, ConflictError when the address has another one now."""
    return shown(session, restore(session, Customer, customer_id))


def shown(session: TenantSession, row: Customer) -> CustomerRead:
    """A customer as staff see them, with the version as the answer's ETag."""
    tag(session, row)
    return _read(row, bool(_exempt(session, [row])), tenant_of(session).currency)


def _unprove(session: TenantSession, row: Customer) -> None:
    """Nobody signs in with an address that is not proved, nor with what was sent to another one."""
    row.email_verified, row.is_guest, row.password_hash = False, True, None
    end_sessions(session, row.id)
    forget_links(session, row.id)


def _matching(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.q and (words := wanted.q.strip()):
        name = Customer.first_name + " " + func.coalesce(Customer.last_name, "")
        begins = Customer.email.startswith(words.lower(), autoescape=True)
        found.append(or_(begins, contains(name, words), contains(func.coalesce(Customer.phone, ""), words)))
    if wanted.is_guest is not None:
        found.append(Customer.is_guest.is_(wanted.is_guest))
    if wanted.has_orders is not None:
        own = (Order.store_id == Customer.store_id) & (Order.customer_id == Customer.id)
        ordered = select(Order.id).where(own).exists()
        found.append(ordered if wanted.has_orders else ~ordered)
    if wanted.tax_exempt is not None:
        found.append(has_exemption() if wanted.tax_exempt else ~has_exemption())
    return found


def _exempt(session: TenantSession, rows: Sequence[Customer]) -> set[str]:
    """The ids of those who pay no tax at this moment; only those who are marked can be."""
    marked = [row.id for row in rows if row.is_tax_exempt]
    if not marked:
        return set()
    return set(session.scalars(select(Customer.id).where(Customer.id.in_(marked), has_exemption())))


def _read(row: Customer, is_tax_exempt: bool, currency: str) -> CustomerRead:
    names = set(CustomerRead.model_fields) - {"is_tax_exempt", "total_spent", "currency"}
    facts = {name: getattr(row, name) for name in names}
    spent = str(in_currency(row.total_spent, currency))
    return CustomerRead(is_tax_exempt=is_tax_exempt, total_spent=spent, currency=currency, **facts)


def _email_taken() -> ConflictError:
    message = "Another customer has this address."
    return ConflictError("email_taken", message, [FieldError(loc=["body", "email"], message=message)])
