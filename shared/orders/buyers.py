"""What a customer's row says of their orders: how many, for how much, and since when."""

from decimal import Decimal

from sqlalchemy import func, select, update
from sqlalchemy.orm.util import identity_key

from shared.models import Customer, Order
from shared.models.enums import OrderStatus
from shared.tenant_session import INCLUDE_DELETED, TenantSession

UNCOUNTED = (OrderStatus.CANCELED, OrderStatus.REFUNDED)
"""Orders that no figure of a customer counts."""


def count_orders(session: TenantSession, customer_id: str | None) -> None:
    """Count a customer's orders anew. What was given back is not spent; deleted orders were orders all the same."""
    if customer_id is None:
        return
    session.flush()
    # Locked first and counted by a statement of its own, which sees what the one before in the queue has committed;
    # not so strictly that an order being placed, whose key points here, must wait.
    deleted_too = {INCLUDE_DELETED: True}
    locked = select(Customer.id).where(Customer.id == customer_id).with_for_update(key_share=True)
    if session.scalar(locked.execution_options(**deleted_too)) is None:
        return
    counted = select(
        func.count(Order.id), func.sum(Order.total), func.sum(Order.amount_refunded), func.max(Order.created_at)
    ).where(Order.customer_id == customer_id, Order.status.not_in(UNCOUNTED))
    number, spent, refunded, last = session.execute(counted.execution_options(**deleted_too)).one()
    left = max((spent or Decimal(0)) - (refunded or Decimal(0)), Decimal(0))
    # Nobody has edited the customer: the version and the time of the last change stay.
    figures = update(Customer).where(Customer.id == customer_id)
    figures = figures.values(total_orders=number, total_spent=left, last_order_at=last, updated_at=Customer.updated_at)
    session.execute(figures.execution_options(synchronize_session=False, **deleted_too))
    if (known := session.identity_map.get(identity_key(Customer, customer_id))) is not None:
        session.expire(known, ["total_orders", "total_spent", "last_order_at"])
