"""Parcels: what each holds, where it is, and what that makes of the order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select

from shared.errors import ConflictError, FieldError, NotFoundError
from shared.models import Order, OrderItem, Shipment, ShipmentItem
from shared.models.base import new_id, now
from shared.models.enums import FulfillmentStatus, OrderStatus, ShipmentStatus
from shared.orders.goods import items_of
from shared.orders.lifecycle import TRANSITIONS, move, not_allowed
from shared.orders.mails import tell
from shared.tenant_session import TenantSession

_P = ShipmentStatus
PARCEL_TRANSITIONS: Mapping[ShipmentStatus, tuple[ShipmentStatus, ...]] = {
    _P.PENDING: (_P.PICKED_UP, _P.IN_TRANSIT, _P.OUT_FOR_DELIVERY, _P.DELIVERED, _P.RETURNED),
    _P.PICKED_UP: (_P.IN_TRANSIT, _P.OUT_FOR_DELIVERY, _P.DELIVERED, _P.FAILED, _P.RETURNED),
    _P.IN_TRANSIT: (_P.OUT_FOR_DELIVERY, _P.DELIVERED, _P.FAILED, _P.RETURNED),
    _P.OUT_FOR_DELIVERY: (_P.IN_TRANSIT, _P.DELIVERED, _P.FAILED, _P.RETURNED),
    _P.FAILED: (_P.IN_TRANSIT, _P.OUT_FOR_DELIVERY, _P.DELIVERED, _P.RETURNED),
    _P.DELIVERED: (_P.RETURNED,),
    _P.RETURNED: (),
}
"""RETURNED means that its units are here again, or never left, and can be sent in another parcel."""
_HERE = (_P.PENDING, _P.RETURNED)
_SENDS = (OrderStatus.CONFIRMED, OrderStatus.PROCESSING, OrderStatus.SHIPPED)


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel to be packed: units by line, or all that is left. The cost is what the carrier asks of the shop."""

    units: Mapping[str, int] | None = None
    carrier: str = ""
    tracking_number: str | None = None
    tracking_url: str | None = None
    shipping_method: str | None = None
    shipping_cost: Decimal = Decimal(0)
    estimated_delivery_at: datetime | None = None


def pack(session: TenantSession, order: Order, parcel: Parcel, status: ShipmentStatus) -> Shipment:
    """Pack a parcel of a locked order, and unless it is PENDING send it off.

    Raises NotFoundError for a line that the order does not have; ConflictError `order_transition_not_allowed`,
    `nothing_to_ship`, and `over_shipped` naming what of each line is left.
    """
    if order.status not in _SENDS:
        raise not_allowed(order, OrderStatus.SHIPPED)
    items = {item.id: item for item in items_of(session, order)}
    units = _units(items, parcel.units)
    row = Shipment(
        id=new_id(),
        order_id=order.id,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        tracking_url=parcel.tracking_url,
        shipping_method=parcel.shipping_method or order.shipping_method or "",
        shipping_cost=parcel.shipping_cost,
        estimated_delivery_at=parcel.estimated_delivery_at,
    )
    session.add(row)
    session.flush()
    session.add_all(ShipmentItem(shipment_id=row.id, order_item_id=key, quantity=count) for key, count in units.items())
    for key, count in units.items():
        items[key].quantity_fulfilled += count
    session.flush()
    if status is not _P.PENDING:
        _carry(session, order, row, status)
    settle(session, order)
    return row


def track(session: TenantSession, order: Order, row: Shipment, status: ShipmentStatus) -> None:
    """Move a parcel of a locked order on. Raises ConflictError naming what is allowed."""
    allowed = [str(one) for one in PARCEL_TRANSITIONS[row.status]]
    if status not in allowed:
        instead = ", ".join(allowed) or "nothing else"
        detail = f"The parcel is {row.status}, so it cannot become {status}; it can become {instead}."
        raise ConflictError("shipment_transition_not_allowed", detail, status_now=str(row.status), allowed=allowed)
    _carry(session, order, row, status)
    settle(session, order)


def deliver(session: TenantSession, order: Order) -> None:
    """Everything of a locked order has arrived, what needs no parcel too. Raises ConflictError as `pack`."""
    items = items_of(session, order)
    if (
        any(_left(item) for item in items if item.needs_shipping)
        or OrderStatus.DELIVERED not in TRANSITIONS[order.status]
    ):
        raise not_allowed(order, OrderStatus.DELIVERED)
    for row in parcels_of(session, order):
        if row.status not in (_P.DELIVERED, _P.RETURNED):
            _carry(session, order, row, _P.DELIVERED)
    for item in items:
        if not item.needs_shipping:
            item.quantity_fulfilled = item.quantity
    order.fulfillment_status = FulfillmentStatus.DELIVERED
    _arrive(session, order)


def settle(session: TenantSession, order: Order) -> None:
    """Bring an order's status and fulfilment in step with its parcels, and with what was refunded instead of sent."""
    session.flush()
    items = [item for item in items_of(session, order) if item.needs_shipping]
    parcels = [row for row in parcels_of(session, order) if row.status is not _P.RETURNED]
    order.fulfillment_status = _fulfilment(items, parcels)
    # Whoever holds a version of the order has not seen its parcels.
    order.updated_at = now()
    if any(item.quantity_fulfilled for item in items) and order.status is OrderStatus.CONFIRMED:
        move(session, order, OrderStatus.PROCESSING)
    if order.fulfillment_status in (FulfillmentStatus.SHIPPED, FulfillmentStatus.DELIVERED):
        if OrderStatus.SHIPPED in TRANSITIONS[order.status]:
            move(session, order, OrderStatus.SHIPPED)
        if order.fulfillment_status is FulfillmentStatus.DELIVERED and order.status is OrderStatus.SHIPPED:
            _arrive(session, order)
    session.flush()


def fulfilment_of(session: TenantSession, order: Order) -> FulfillmentStatus | None:
    """How far an order's parcels have come; None while it has none."""
    parcels = [row for row in parcels_of(session, order) if row.status is not _P.RETURNED]
    if not parcels:
        return None
    return _fulfilment([item for item in items_of(session, order) if item.needs_shipping], parcels)


def units_in_parcels(session: TenantSession, order: Order) -> dict[str, tuple[int, int]]:
    """By line of an order the units that are in parcels, and those of them that have left."""
    found: dict[str, tuple[int, int]] = {}
    query = select(ShipmentItem, Shipment.status).join(Shipment, Shipment.id == ShipmentItem.shipment_id)
    for line, status in session.execute(query.where(Shipment.order_id == order.id, Shipment.status != _P.RETURNED)):
        packed, left = found.get(line.order_item_id, (0, 0))
        gone = 0 if status is _P.PENDING else line.quantity
        found[line.order_item_id] = packed + line.quantity, left + gone
    return found


def parcels_of(session: TenantSession, order: Order) -> list[Shipment]:
    """The parcels of an order as they are now, oldest first."""
    query = select(Shipment).where(Shipment.order_id == order.id).order_by(Shipment.created_at, Shipment.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def parcel_of(session: TenantSession, order: Order, shipment_id: str) -> Shipment:
    """A parcel of a locked order. Raises NotFoundError."""
    for row in parcels_of(session, order):
        if row.id == shipment_id:
            return row
    raise NotFoundError("shipment_not_found", "The order has no such shipment.")


def _units(items: Mapping[str, OrderItem], asked: Mapping[str, int] | None) -> dict[str, int]:
    left = {key: left_to_pack(item) for key, item in items.items() if item.needs_shipping}
    if asked is None:
        found = {key: count for key, count in left.items() if count}
        if not found:
            raise ConflictError("nothing_to_ship", "Nothing of the order is left to be sent.")
        return found
    if unknown := [key for key in asked if key not in items]:
        errors = [FieldError(loc=["body", "items"], message=key) for key in unknown]
        raise NotFoundError("order_item_not_found", "The order has no such line; `errors` names each.", errors)
    over = [key for key, count in asked.items() if count > left.get(key, 0)]
    if over:
        errors = [
            FieldError(loc=["body", "items"], message=f"{items[key].variant_sku}: {left.get(key, 0)} left to send.")
            for key in over
        ]
        raise ConflictError("over_shipped", "More than is left to be sent; `errors` says of what.", errors)
    return dict(asked)


def _left(item: OrderItem) -> int:
    """Units that have not left. What was refunded counts among those first."""
    return max(item.quantity - item.quantity_shipped - item.quantity_refunded, 0)


def left_to_pack(item: OrderItem) -> int:
    """Units that are in no parcel yet. What was refunded counts among those first."""
    return max(item.quantity - item.quantity_fulfilled - item.quantity_refunded, 0)


def _carry(session: TenantSession, order: Order, row: Shipment, status: ShipmentStatus) -> None:
    """Change where a parcel is, and count what that means for the lines in it."""
    before, row.status, moment = row.status, status, now()
    left, back = before is _P.PENDING and status is not _P.RETURNED, status is _P.RETURNED
    if left:
        row.shipped_at = row.shipped_at or moment
    if status is _P.DELIVERED:
        row.delivered_at = moment
    if left or back:
        _count(session, order, row, was_out=before not in _HERE, is_out=left)
    session.flush()
    if left:
        _tell_shipped(session, order, row)


def _count(session: TenantSession, order: Order, row: Shipment, *, was_out: bool, is_out: bool) -> None:
    items = {item.id: item for item in items_of(session, order)}
    for line in session.scalars(select(ShipmentItem).where(ShipmentItem.shipment_id == row.id)):
        item = items[line.order_item_id]
        item.quantity_shipped += line.quantity * (is_out - was_out)
        if not is_out:
            item.quantity_fulfilled -= line.quantity
    session.flush()


def _fulfilment(items: list[OrderItem], parcels: list[Shipment]) -> FulfillmentStatus:
    sent = sum(item.quantity_shipped for item in items)
    if not sent:
        packed = any(item.quantity_fulfilled for item in items)
        whole = not any(left_to_pack(item) for item in items)
        if not packed:
            return FulfillmentStatus.UNFULFILLED
        return FulfillmentStatus.FULFILLED if whole else FulfillmentStatus.PARTIALLY_FULFILLED
    if any(_left(item) for item in items):
        return FulfillmentStatus.PARTIALLY_SHIPPED
    arrived = all(row.status is _P.DELIVERED for row in parcels)
    return FulfillmentStatus.DELIVERED if arrived else FulfillmentStatus.SHIPPED


def _arrive(session: TenantSession, order: Order) -> None:
    move(session, order, OrderStatus.DELIVERED)
    tell(session, order, "order_delivered", f"delivered:{order.id}")


def _tell_shipped(session: TenantSession, order: Order, row: Shipment) -> None:
    items = {item.id: item for item in items_of(session, order)}
    lines = [
        {"name": items[line.order_item_id].product_name, "quantity": line.quantity}
        for line in session.scalars(select(ShipmentItem).where(ShipmentItem.shipment_id == row.id))
    ]
    tracking = {"carrier": row.carrier, "number": row.tracking_number or "", "url": row.tracking_url or ""}
    tell(session, order, "order_shipped", f"shipped:{row.id}", lines=lines, tracking=tracking)
