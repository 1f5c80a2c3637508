"""The uses of coupons and the units of flash sales that an order has taken: given back, and taken again."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import case, delete, select, update

from shared.models import Coupon, CouponRedemption, FlashSaleItem, Order, OrderItem
from shared.stock import total
from shared.tenant_session import INCLUDE_DELETED, TenantSession


def give_back(session: TenantSession, order: Order, items: Iterable[OrderItem]) -> None:
    """Let others use what a locked order used of coupons and flash sales; a second time nothing happens."""
    used = select(CouponRedemption.coupon_id).where(CouponRedemption.order_id == order.id)
    if coupons := _locked(session, used):
        session.execute(
            delete(CouponRedemption)
            .where(CouponRedemption.order_id == order.id)
            .execution_options(synchronize_session=False)
        )
        _count(session, coupons, -1)
    _sell(session, items, -1)


def take_again(session: TenantSession, order: Order, items: Iterable[OrderItem]) -> bool:
    """Use again what `give_back` gave. Returns whether the flash sales have room; if not, nothing has changed.

    A coupon is honoured even if others have used it up meanwhile: the customer has paid this price.
    """
    amounts = {str(one["code"]): Decimal(str(one["amount"])) for one in order.discounts}
    coupons = _locked(session, select(Coupon.id).where(Coupon.code.in_(amounts)))
    if not _has_room(session, items):
        return False
    for row in session.execute(select(Coupon.id, Coupon.code).where(Coupon.id.in_(coupons))).all():
        redemption = CouponRedemption(coupon_id=row.id, order_id=order.id, customer_id=order.customer_id)
        redemption.amount = amounts[row.code]
        session.add(redemption)
    _count(session, coupons, 1)
    _sell(session, items, 1)
    return True


def _locked(session: TenantSession, ids: object) -> list[str]:
    query = select(Coupon.id).where(Coupon.id.in_(ids)).order_by(Coupon.id).with_for_update()  # type: ignore[arg-type]
    return list(session.scalars(query.execution_options(**{INCLUDE_DELETED: True})))


def _count(session: TenantSession, coupons: list[str], change: int) -> None:
    if not coupons:
        return
    after = Coupon.current_usage_count + change
    session.execute(
        update(Coupon)
        .where(Coupon.id.in_(coupons))
        .values(current_usage_count=case((after < 0, 0), else_=after))
        .execution_options(synchronize_session=False, **{INCLUDE_DELETED: True})
    )


def _has_room(session: TenantSession, items: Iterable[OrderItem]) -> bool:
    """Whether each flash sale has as many units left, its rows locked."""
    demand = _units(items)
    rows = _sale_items(session, demand)
    return all(
        row.quantity_limit is None
        or row.quantity_sold + demand[_key(row.flash_sale_id, row.product_id)] <= row.quantity_limit
        for row in rows
    )


def _sell(session: TenantSession, items: Iterable[OrderItem], sign: int) -> None:
    demand = _units(items)
    for row in _sale_items(session, demand):
        units = demand[_key(row.flash_sale_id, row.product_id)] * sign
        row.quantity_sold = max(row.quantity_sold + units, 0)
    session.flush()


def _sale_items(session: TenantSession, demand: dict[str, int]) -> list[FlashSaleItem]:
    if not demand:
        return []
    sales, products = ({key.split()[place] for key in demand} for place in (0, 1))
    query = select(FlashSaleItem).where(FlashSaleItem.flash_sale_id.in_(sales), FlashSaleItem.product_id.in_(products))
    query = query.order_by(FlashSaleItem.id)
    rows = session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    return [row for row in rows if _key(row.flash_sale_id, row.product_id) in demand]


def _units(items: Iterable[OrderItem]) -> dict[str, int]:
    return total((_key(item.flash_sale_id, item.product_id), item.quantity) for item in items if item.flash_sale_id)


def _key(sale_id: str | None, product_id: str | None) -> str:
    return f"{sale_id} {product_id}"
