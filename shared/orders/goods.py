"""The stock behind an order: held while it is PENDING, sold when it is confirmed, put back when it is cancelled.

What an order has sold is what the ledger says, not what its lines say: what was not tracked then has not moved.
"""

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from shared import stock
from shared.models import InventoryAdjustment, Order, OrderItem
from shared.models.base import now
from shared.models.enums import AdjustmentReason
from shared.orders.lifecycle import actor_of
from shared.tenant_session import TenantSession


def items_of(session: TenantSession, order: Order) -> list[OrderItem]:
    """The lines of an order as they are now."""
    query = select(OrderItem).where(OrderItem.order_id == order.id).order_by(OrderItem.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def sell(session: TenantSession, order: Order) -> None:
    """Take what an order holds out of the stock; a second time nothing happens."""
    stock.commit(session, _holder(order), _why(session, order, AdjustmentReason.ORDER_PLACED))


def hold_again(session: TenantSession, order: Order, items: Iterable[OrderItem]) -> None:
    """Hold what an order had let go. Raises ConflictError or NotFoundError where that is not there any more."""
    demand = stock.total((item.variant_id, item.quantity) for item in items)
    stock.reserve(session, demand, _holder(order), now())


def let_go(session: TenantSession, order: Order) -> None:
    """Give back all that an order holds or has sold; a second time nothing happens."""
    stock.release(session, _holder(order))
    if sold := _sold(session, order):
        stock.put_back(session, sold, _why(session, order, AdjustmentReason.ORDER_CANCELED))


def take_back(session: TenantSession, order: Order, units: Mapping[str, int]) -> None:
    """Put units that came back on the shelf, by variant id, and no more of each than the order has taken."""
    sold = _sold(session, order)
    back = {variant: min(count, sold[variant]) for variant, count in units.items() if sold.get(variant)}
    if back:
        stock.put_back(session, back, _why(session, order, AdjustmentReason.RETURN))


def _sold(session: TenantSession, order: Order) -> dict[str, int]:
    """What an order has taken from the stock and not given back, by variant id."""
    taken = func.sum(InventoryAdjustment.quantity_change)
    query = select(InventoryAdjustment.variant_id, taken).where(InventoryAdjustment.order_id == order.id)
    rows = session.execute(query.group_by(InventoryAdjustment.variant_id)).all()
    return {str(variant): -int(change) for variant, change in rows if change < 0}


def _holder(order: Order) -> stock.Holder:
    return stock.Holder(order_id=order.id)


def _why(session: TenantSession, order: Order, reason: AdjustmentReason) -> stock.Why:
    return stock.Why(reason, actor_of(session), order_id=order.id)
