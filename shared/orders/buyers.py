"""What a customer's row says of their orders: how many, for how much, and since when."""

from decimal import Decimal

from sqlalchemy import func, select

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
    locked = select(Customer).where(Customer.id == customer_id).with_for_update(key_share=True)
    customer = session.scalar(locked.execution_options(populate_existing=True, **{INCLUDE_DELETED: True}))
    if customer is None:
        return
    counted = select(
        func.count(Order.id), func.sum(Order.total), func.sum(Order.amount_refunded), func.max(Order.created_at)
    ).where(Order.customer_id == customer_id, Order.status.not_in(UNCOUNTED))
    number, spent, refunded, last = session.execute(counted.execution_options(**{INCLUDE_DELETED: True})).one()
    customer.total_orders = number
    customer.total_spent = max((spent or Decimal(0)) - (refunded or Decimal(0)), Decimal(0))
    customer.last_order_at = last
    session.flush()
