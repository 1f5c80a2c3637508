"""Erasing a customer: in one transaction the person is gone from the store, and its figures are what they were.

Rows that others need stay, with nothing that tells of anybody (shared/privacy/holdings.py). The customer is then a
deleted one, whom the purge takes like any other.
"""

from typing import Any

from sqlalchemy import delete, select, update

from shared.audit import Actor, record
from shared.errors import ConflictError, NotFoundError
from shared.models import Customer, ExternalPlatformIntegration, FileDeletion, Order, PrivacyRequest, SyncQueue
from shared.models.base import new_id, now
from shared.models.enums import OrderStatus, SyncDirection, SyncOperation
from shared.privacy.finding import ALL, Found, find, parts, words_of
from shared.privacy.holdings import HOLDINGS, erased_address, erased_mail
from shared.privacy.holds import hold_on
from shared.privacy.traces import wipe
from shared.soft_delete import soft_delete
from shared.statement_rules import MODELS
from shared.tenant_session import TenantSession

OPEN = (OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PROCESSING, OrderStatus.SHIPPED)
"""Orders under way, which cannot do without whom they are for."""
_NAMED = 10


def erase(session: TenantSession, customer_id: str, actor: Actor, *, source: str) -> None:
    """Erase a customer at once. What is left of them in connected shops is asked to be deleted there.

    Raises NotFoundError, and ConflictError naming the legal hold or the open orders that stand in the way.
    """
    customer = _locked(session, customer_id)
    found = find(session, customer)
    refuse(session, found)
    words = words_of(session, customer, found)
    _forget_files(session, found)
    for name in HOLDINGS:
        _blank(session, name, found.rows[name])
    _blank_addresses(session, found.rows["orders"])
    mail = update(Customer).where(Customer.id == customer.id).values(email=erased_mail(customer.id))
    _run(session, mail)
    wipe(session, found, words)
    session.expire_all()
    soft_delete(session, customer)
    _tell_connected_shops(session, customer_id)
    counts = {name: len(ids) for name, ids in sorted(found.rows.items()) if ids}
    record(session, "customer.erased", "customer", customer_id, after={"source": source, "rows": counts}, actor=actor)


def refuse(session: TenantSession, found: Found) -> None:
    """Raise ConflictError, naming it, when something stands in the way of an erasure."""
    if hold_on(session, found.customer_id, now()) is not None:
        raise ConflictError("legal_hold", "A legal hold keeps this data; release it first: GET /v1/legal-holds.")
    numbers: list[str] = []
    for some in parts(found.rows["orders"]):
        query = select(Order.order_number).where(Order.id.in_(some), Order.status.in_(OPEN))
        numbers += session.scalars(query)
    if numbers:
        shown = ", ".join(sorted(numbers)[:_NAMED]) + (" and more" if len(numbers) > _NAMED else "")
        raise ConflictError("open_orders", f"These orders are still under way: {shown}. Finish or cancel them first.")


def _locked(session: TenantSession, customer_id: str) -> Customer:
    query = select(Customer).where(Customer.id == customer_id).with_for_update()
    customer = session.scalar(query.execution_options(populate_existing=True, **ALL))
    if customer is None or customer.email == erased_mail(customer_id):
        raise NotFoundError("customer_not_found", "There is no such customer.")
    return customer


def _blank(session: TenantSession, name: str, ids: list[str]) -> None:
    holding, model = HOLDINGS[name], MODELS[name]
    for some in parts(ids):
        if holding.is_removed:
            _run(session, delete(model).where(model.id.in_(some)))
        elif holding.blanks:
            _run(session, update(model).where(model.id.in_(some)).values(dict(holding.blanks)))


def _blank_addresses(session: TenantSession, ids: list[str]) -> None:
    """Of where orders went only the country and state stay, by which they were taxed."""
    for some in parts(ids):
        columns = (Order.id, Order.shipping_address, Order.billing_address)
        for row in session.execute(select(*columns).where(Order.id.in_(some)).execution_options(**ALL)).all():
            places = {name: erased_address(getattr(row, name)) for name in ("shipping_address", "billing_address")}
            _run(session, update(Order).where(Order.id == row.id).values(places))


def _forget_files(session: TenantSession, found: Found) -> None:
    """Have exports deleted that were made for the customer."""
    query = select(PrivacyRequest.storage_key).where(PrivacyRequest.id.in_(found.rows["privacy_requests"][:200]))
    for key in session.scalars(query):
        if key is not None:
            session.add(FileDeletion(id=new_id(), bucket="files", storage_key=key, available_at=now()))


def _tell_connected_shops(session: TenantSession, customer_id: str) -> None:
    live = (ExternalPlatformIntegration.is_active, ExternalPlatformIntegration.disconnected_at.is_(None))
    for integration_id in session.scalars(select(ExternalPlatformIntegration.id).where(*live)):
        facts: dict[str, Any] = {"operation": SyncOperation.DELETE, "direction": SyncDirection.OUTBOUND}
        row = SyncQueue(integration_id=integration_id, entity_type="customer", entity_id=customer_id, **facts)
        row.data = {"reason": "erasure"}
        session.add(row)
    session.flush()


def _run(session: TenantSession, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False, **ALL))
