"""Orders that nobody has paid in time: found in every store, then cancelled one at a time, each in its own store."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, text

from shared.models import Order, Store
from shared.models.base import now
from shared.models.enums import OrderStatus
from shared.orders.canceling import cancel
from shared.tenancy import storeless_session, tenant_session
from shared.tenant_session import TenantSession

REASON = "It was not paid in time."
Named = tuple[str, str]
"""The ids of a store and of an order in it."""


def due_unpaid(limit: int = 100) -> list[Named]:
    """The orders of all stores that should have been paid by now, longest overdue first."""
    with storeless_session() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            rows = connection.execute(text("SELECT * FROM app.due_unpaid_orders(:most)"), {"most": limit})
        else:
            orders, stores = Order.__table__.c, Store.__table__.c
            live = (stores.id == orders.store_id) & stores.deleted_at.is_(None) & orders.deleted_at.is_(None)
            overdue = (orders.status == OrderStatus.PENDING, orders.auto_cancel_at <= now())
            query = select(orders.store_id, orders.id.label("order_id")).where(live, *overdue)
            rows = connection.execute(query.order_by(orders.auto_cancel_at).limit(limit))
        return [(str(row.store_id), str(row.order_id)) for row in rows]


def cancel_unpaid(store_id: str, order_id: str) -> bool:
    """Cancel an order in a transaction of its own, if it is still unpaid and overdue. Returns whether it was.

    Raises NoSuchStoreError for a store that is gone.
    """
    with tenant_session(store_id) as session:
        order = _overdue(session, order_id)
        if order is None:
            return False
        cancel(session, order, REASON)
        return True


def overdue(moment: datetime) -> ColumnElement[bool]:
    """The orders that should have been paid before a moment (UTC), and of which nothing has been."""
    return and_(Order.status == OrderStatus.PENDING, Order.auto_cancel_at <= moment, Order.amount_paid == 0)


def _overdue(session: TenantSession, order_id: str) -> Order | None:
    query = select(Order).where(Order.id == order_id, overdue(now()))
    return session.scalar(query.with_for_update())
