"""A store at a glance: the statistics of the schema guide's Appendix B, and what waits to be done; one statement."""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from functions.orders.reports.schemas import OverviewRead
from shared.currency import in_currency
from shared.models import Customer, Order, Product
from shared.models.enums import OrderStatus, ProductStatus
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession


def read_overview(session: TenantSession) -> OverviewRead:
    """Products, orders and customers that are not deleted, and the totals of all that was delivered."""
    row = session.execute(
        select(
            _count(Product.id).label("products"),
            _count(Product.id, Product.status == ProductStatus.ACTIVE).label("active_products"),
            _count(Customer.id).label("customers"),
            _count(Order.id).label("orders"),
            _count(Order.id, Order.status == OrderStatus.PENDING).label("orders_pending"),
            _count(Order.id, Order.status.in_([OrderStatus.CONFIRMED, OrderStatus.PROCESSING])).label("orders_to_ship"),
            select(func.sum(Order.total))
            .where(Order.status == OrderStatus.DELIVERED)
            .scalar_subquery()
            .label("revenue"),
        )
    ).one()
    currency = tenant_of(session).currency
    revenue = str(in_currency(row.revenue or Decimal(0), currency))
    counts = {name: value for name, value in row._mapping.items() if name != "revenue"}
    return OverviewRead(currency=currency, revenue=revenue, **counts)


def _count(key: Any, *which: Any) -> Any:
    return select(func.count(key)).where(*which).scalar_subquery()
