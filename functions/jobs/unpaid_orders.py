"""Orders that nobody has paid in time."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy import exc as sa_exc

from functions.jobs.turns import in_turns
from shared.job_runs import Run
from shared.models import Order
from shared.models.enums import OrderStatus
from shared.orders.canceling import cancel
from shared.tenant_session import TenantSession

REASON = "It was not paid in time."


def cancel_unpaid_orders(run: Run) -> None:
    """Cancel them, each in a transaction of its own, so that what they hold of stock, coupons and sales is free."""
    due, failed = _overdue(run.moment), set[str]()

    def batch(session: TenantSession) -> int:
        query = select(Order).where(due, Order.id.not_in(failed)).order_by(Order.auto_cancel_at, Order.id).limit(1)
        order = session.scalar(query.with_for_update(skip_locked=True))
        if order is None:
            return 0
        try:
            with session.begin_nested():
                cancel(session, order, REASON)
        except sa_exc.DBAPIError:
            raise
        except Exception as error:
            # It shall not stand in the way of the store's other orders.
            failed.add(order.id)
            run.failed(f"order {order.id} of store {session.store_id}", error)
            run.counts["orders"] -= 1
        return 1

    in_turns(run, "orders", select(Order.store_id).where(due), batch)


def _overdue(moment: datetime) -> ColumnElement[bool]:
    """The orders that should have been paid before a moment, and of which nothing has been."""
    return and_(Order.status == OrderStatus.PENDING, Order.auto_cancel_at <= moment, Order.amount_paid == 0)
