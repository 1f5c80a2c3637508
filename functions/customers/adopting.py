"""Orders that somebody placed as a guest become theirs once they have proved the address."""

from sqlalchemy import func, select, update

from shared.models import Customer, Order
from shared.orders.buyers import UNCOUNTED
from shared.tenant_session import TenantSession


def adopt_orders(session: TenantSession, customer: Customer) -> None:
    """Give a customer the store's orders that have their address and no customer, and count them."""
    loose = (Order.customer_id.is_(None), func.lower(Order.customer_email) == customer.email)
    counted = select(func.count(Order.id), func.sum(Order.total), func.max(Order.created_at))
    number, spent, last = session.execute(counted.where(*loose, Order.status.not_in(UNCOUNTED))).one()
    session.execute(
        update(Order)
        .where(*loose)
        .values(customer_id=customer.id, version=Order.version + 1)
        .execution_options(synchronize_session=False)
    )
    if number:
        customer.total_orders += number
        customer.total_spent += spent
        customer.last_order_at = max(filter(None, [customer.last_order_at, last]))
