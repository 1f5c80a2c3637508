"""Everything that is printed of an order, read in as many statements whatever its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from shared.currency import in_currency
from shared.errors import NotFoundError
from shared.models import Order, OrderItem, Payment, Refund, Shipment, ShipmentItem, Store
from shared.models.enums import RefundStatus
from shared.tenant_session import TenantSession


@dataclass(frozen=True, slots=True)
class Facts:
    """An order with its lines, and the store that sells. Amounts print in `currency`, times in the store's zone."""

    order: Order
    store: Store
    items: Sequence[OrderItem]
    payments: Sequence[Payment] = ()
    refunds: Sequence[Refund] = ()
    shipment: Shipment | None = None
    packed: dict[str, int] | None = None
    """How many units of each line the shipment holds."""

    @property
    def currency(self) -> str:
        """The order's own, which the store may have left since."""
        return self.order.currency or self.store.currency

    def money(self, amount: Decimal) -> str:
        """An amount with the currency's decimals, in groups of three digits, after a dash when it is taken off."""
        return f"{in_currency(amount, self.currency):,}".replace("-", "\u2013")

    def day(self, moment: datetime) -> str:
        """A moment's day where the store is."""
        return moment.astimezone(ZoneInfo(self.store.timezone)).strftime("%d %b %Y")


def for_invoice(session: TenantSession, which: ColumnElement[bool]) -> Facts:
    """What an invoice says. Raises NotFoundError."""
    order = _order(session, which)
    payments = select(Payment).where(Payment.order_id == order.id).order_by(Payment.created_at, Payment.id)
    given = (Refund.order_id == order.id, Refund.status == RefundStatus.COMPLETED)
    return Facts(
        order,
        session.scalars(select(Store)).one(),
        _items(session, order),
        payments=session.scalars(payments).all(),
        refunds=session.scalars(select(Refund).where(*given).order_by(Refund.created_at, Refund.id)).all(),
    )


def for_packing_slip(session: TenantSession, order_id: str, shipment_id: str | None) -> Facts:
    """What a packing slip says: of one parcel, or of all that is in none yet. Raises NotFoundError."""
    order = _order(session, Order.id == order_id)
    store, items = session.scalars(select(Store)).one(), _items(session, order)
    if shipment_id is None:
        return Facts(order, store, items)
    shipment = session.scalar(select(Shipment).where(Shipment.id == shipment_id, Shipment.order_id == order.id))
    if shipment is None:
        raise NotFoundError("shipment_not_found", "The order has no such shipment.")
    held = select(ShipmentItem).where(ShipmentItem.shipment_id == shipment.id)
    packed = {row.order_item_id: row.quantity for row in session.scalars(held)}
    return Facts(order, store, [row for row in items if row.id in packed], shipment=shipment, packed=packed)


def texts(facts: Facts) -> list[str]:
    """Whatever of it was written by people, in whatever script."""
    store, order, parcel = facts.store, facts.order, facts.shipment
    found: list[Any] = [store.name, store.email, store.phone, store.address, store.tax_id, order.notes]
    found += [order.customer_email, order.customer_phone, order.shipping_method, order.coupon_code]
    found += [*order.shipping_address.values(), *order.billing_address.values()]
    found += [tax.get("name") for tax in order.taxes] + [one.get("code") for one in order.discounts]
    if parcel is not None:
        found += [parcel.carrier, parcel.tracking_number, parcel.shipping_method]
    for item in facts.items:
        options = item.attributes or {}
        found += [item.product_name, item.variant_sku, *options.keys(), *options.values()]
    return [str(text) for text in found if text]


def _order(session: TenantSession, which: ColumnElement[bool]) -> Order:
    order = session.scalar(select(Order).where(which))
    if order is None:
        raise NotFoundError("order_not_found", "There is no such order.")
    return order


def _items(session: TenantSession, order: Order) -> Sequence[OrderItem]:
    query = select(OrderItem).where(OrderItem.order_id == order.id)
    return session.scalars(query.order_by(OrderItem.created_at, OrderItem.id)).all()
