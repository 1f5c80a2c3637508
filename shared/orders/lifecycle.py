"""The life of an order: the one table of what may follow what, and the one place that changes `Order.status`."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from shared.audit import Actor, record
from shared.errors import ConflictError, NotFoundError
from shared.models import Order
from shared.models.base import now
from shared.models.enums import OrderStatus
from shared.tenant_session import TenantSession

_S = OrderStatus
TRANSITIONS: Mapping[OrderStatus, tuple[OrderStatus, ...]] = {
    _S.PENDING: (_S.CONFIRMED, _S.CANCELED),
    _S.CONFIRMED: (_S.PROCESSING, _S.SHIPPED, _S.DELIVERED, _S.CANCELED, _S.REFUNDED),
    _S.PROCESSING: (_S.SHIPPED, _S.DELIVERED, _S.CANCELED, _S.REFUNDED),
    _S.SHIPPED: (_S.DELIVERED, _S.REFUNDED),
    _S.DELIVERED: (_S.REFUNDED,),
    _S.CANCELED: (),
    _S.REFUNDED: (),
}
"""DELIVERED without SHIPPED is for what needs no parcel; whoever moves an order there sees to that."""
REVIVED: Mapping[OrderStatus, tuple[OrderStatus, ...]] = {_S.CANCELED: (_S.CONFIRMED,)}
"""What a payment that arrives too late may do, and nothing else (CHK058)."""
OVER = (_S.CANCELED, _S.DELIVERED, _S.REFUNDED)
"""Nothing more is awaited of such orders: they may be deleted."""
SYSTEM = Actor(None, "system")

_MOMENTS = {
    _S.CONFIRMED: "confirmed_at",
    _S.SHIPPED: "shipped_at",
    _S.DELIVERED: "delivered_at",
    _S.CANCELED: "canceled_at",
}


def order_of(session: TenantSession, order_id: str, *, lock: bool = False) -> Order:
    """A live order, if `lock` as it is now and nobody else's to change until the commit. Raises NotFoundError."""
    query = select(Order).where(Order.id == order_id)
    if lock:
        # What was read before the lock is not what it is now.
        query = query.with_for_update().execution_options(populate_existing=True)
    order = session.scalar(query)
    if order is None:
        raise NotFoundError("order_not_found", "There is no such order.")
    return order


def move(session: TenantSession, order: Order, to: OrderStatus, *, at: datetime | None = None) -> None:
    """Move a locked order on, and write who did. Raises ConflictError naming what is allowed."""
    check(order, to)
    _move(session, order, to, at)


def revive(session: TenantSession, order: Order, *, at: datetime | None = None) -> None:
    """Take a locked order back from its cancellation. Raises ConflictError for one that was not cancelled."""
    if OrderStatus.CONFIRMED not in REVIVED.get(order.status, ()):
        raise not_allowed(order, OrderStatus.CONFIRMED)
    order.canceled_at = order.cancel_reason = None
    _move(session, order, OrderStatus.CONFIRMED, at)


def check(order: Order, to: OrderStatus) -> None:
    """Raises ConflictError naming what is allowed, when an order may not become that."""
    if to not in TRANSITIONS[order.status]:
        raise not_allowed(order, to)


def not_allowed(order: Order, to: OrderStatus) -> ConflictError:
    """That an order may not become what was asked for, and what it may become instead."""
    allowed = [str(status) for status in TRANSITIONS[order.status]]
    what = f"it can become {', '.join(allowed)}" if allowed else "nothing can follow"
    detail = f"The order is {order.status}, so it cannot become {to}: {what}."
    return ConflictError("order_transition_not_allowed", detail, status_now=str(order.status), allowed=allowed)


def actor_of(session: TenantSession) -> Actor:
    """For whom a session acts, or the system."""
    found: Actor = session.info.get("actor") or SYSTEM
    return found


def _move(session: TenantSession, order: Order, to: OrderStatus, at: datetime | None) -> None:
    before, order.status = order.status, to
    if to in _MOMENTS:
        setattr(order, _MOMENTS[to], at or now())
    record(
        session,
        f"order.{to.lower()}",
        "order",
        order.id,
        before={"status": str(before)},
        after={"status": str(to)},
        actor=actor_of(session),
    )
    session.flush()
