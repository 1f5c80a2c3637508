"""What staff do with an order. Each begins by locking it; a client that says which version it knows is held to it."""

from collections.abc import Mapping
from typing import Any

from functions.orders.schemas import OrderNoteCreate, OrderUpdate
from shared.errors import ConflictError
from shared.models import Order, OrderNote
from shared.models.base import new_id
from shared.models.enums import OrderStatus
from shared.orders.goods import items_of
from shared.orders.lifecycle import OVER, actor_of, order_of
from shared.saving import assign
from shared.soft_delete import restore, soft_delete
from shared.tenant_session import TenantSession
from shared.versions import check_if_match

_CLOSED = (OrderStatus.CANCELED, OrderStatus.REFUNDED)


def locked(session: TenantSession, order_id: str, event: Mapping[str, Any]) -> Order:
    """An order to be changed. Raises NotFoundError, StaleVersionError by `If-Match`."""
    order = order_of(session, order_id, lock=True)
    check_if_match(event, order)
    return order


def update_order(session: TenantSession, order: Order, body: OrderUpdate) -> None:
    """Change a locked order. Raises ConflictError `already_shipped` for an address that is too late."""
    given = body.model_dump(exclude_unset=True)
    if given.get("shipping_address") and _is_on_its_way(session, order):
        raise ConflictError("already_shipped", "Something is on its way already; the address cannot be changed.")
    assign(order, given)
    session.flush()


def add_note(session: TenantSession, order: Order, body: OrderNoteCreate) -> OrderNote:
    """Write a note beside an order."""
    actor = actor_of(session)
    row = OrderNote(
        id=new_id(),
        order_id=order.id,
        text=body.text,
        is_for_customer=body.is_for_customer,
        author_id=actor.user_id,
        author=actor.email,
    )
    session.add(row)
    session.flush()
    return row


def delete_order(session: TenantSession, order: Order) -> None:
    """Delete a locked order that is over; 90 days can undo it. Raises ConflictError `order_not_over`."""
    if order.status not in OVER:
        over = ", ".join(OVER)
        raise ConflictError("order_not_over", f"The order is {order.status}; only {over} ones can be deleted.")
    soft_delete(session, order)


def restore_order(session: TenantSession, order_id: str) -> Order:
    """Bring a deleted order back. Raises NotFoundError, ConflictError for a number that is taken."""
    return restore(session, Order, order_id)


def _is_on_its_way(session: TenantSession, order: Order) -> bool:
    return order.status in _CLOSED or any(item.quantity_shipped for item in items_of(session, order))
