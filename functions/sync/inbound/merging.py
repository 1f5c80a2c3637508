"""One customer made of two: somebody ordered as a guest with an address that turns out to be a customer's own."""

from contextlib import suppress
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from functions.sync.entities import CUSTOMER
from shared.models import CouponCustomer, Customer, ExternalLink
from shared.models.base import Base
from shared.orders.buyers import count_orders
from shared.soft_delete import soft_delete
from shared.tenant_session import INCLUDE_DELETED, TenantSession

_ANY = {"synchronize_session": False, INCLUDE_DELETED: True}


def absorb(session: TenantSession, row: Customer, guest_id: str) -> bool:
    """Give a customer all that a guest has, who is gone then. Returns whether they were nobody else."""
    guest = session.scalar(select(Customer).where(Customer.id == guest_id).with_for_update())
    linked = select(ExternalLink.id).where(ExternalLink.entity_type == CUSTOMER, ExternalLink.entity_id == guest_id)
    if guest is None or not guest.is_guest or guest.password_hash or session.scalar(linked.limit(1)) is not None:
        return False
    both = select(CouponCustomer.coupon_id).where(CouponCustomer.customer_id == row.id)
    twice = delete(CouponCustomer).where(CouponCustomer.customer_id == guest_id, CouponCustomer.coupon_id.in_(both))
    session.execute(twice.execution_options(**_ANY))
    for model in _models():
        _move(session, model, guest_id, row.id)
    session.expire(guest)
    soft_delete(session, guest)
    session.flush()
    count_orders(session, row.id)
    return True


def _models() -> list[Any]:
    found = [mapper.class_ for mapper in Base.registry.mappers if "customer_id" in mapper.columns]
    return sorted(found, key=lambda model: str(model.__tablename__))


def _move(session: TenantSession, model: Any, guest_id: str, customer_id: str) -> None:
    """Move all of a kind, unless the customer may have one alone and has it."""
    with suppress(IntegrityError), session.begin_nested():
        change = update(model).where(model.customer_id == guest_id).values(customer_id=customer_id)
        session.execute(change.execution_options(**_ANY))
