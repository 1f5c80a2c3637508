"""Orders of theirs with their parcels, and their customers, read to be pushed."""

from sqlalchemy import select

from functions.sync.entities import CUSTOMER, ORDER
from functions.sync.inbound.links import Integration
from functions.sync.outbound.counterparts import linked
from functions.sync.outbound.outgoing import ErasedCustomer, OurOrder, OurParcel
from shared.models import ExternalLink, Order, OrderItem, Shipment, ShipmentItem
from shared.models.enums import ShipmentStatus
from shared.sync_changes import FULFILLMENT
from shared.tenant_session import TenantSession

_AS_PACKED = (Shipment.created_at, Shipment.id)


def erased_of(session: TenantSession, integration: Integration, customer_id: str) -> ErasedCustomer | None:
    """A customer whom the shop has too; None for any other."""
    link = linked(session, integration, CUSTOMER, [customer_id]).get(customer_id)
    return ErasedCustomer(customer_id, link.external_id) if link is not None else None


def order_of(session: TenantSession, integration: Integration, order_id: str) -> OurOrder | None:
    """An order that the shop has, as it is here; None for any other."""
    row = session.get(Order, order_id)
    link = linked(session, integration, ORDER, [order_id]).get(order_id)
    return OurOrder(row.id, link.external_id, row.status) if row is not None and link is not None else None


def parcel_of(session: TenantSession, integration: Integration, shipment_id: str) -> OurParcel | None:
    """A parcel of an order that the shop has; None for any other."""
    row = session.scalar(select(Shipment).where(Shipment.id == shipment_id).execution_options(populate_existing=True))
    order = order_of(session, integration, row.order_id) if row is not None else None
    if row is None or order is None:
        return None
    noted = linked(session, integration, ORDER, [order.id])[order.id].details
    packed, of_theirs = _packed(session, row), {ours: theirs for theirs, ours in noted.get("lines", {}).items()}
    ids = session.scalars(select(Shipment.id).where(Shipment.order_id == order.id).order_by(*_AS_PACKED)).all()
    parcels = linked(session, integration, FULFILLMENT, list(ids))
    own = parcels.pop(row.id, None)
    seen = noted.get("parcels", {}).get(row.id)
    return OurParcel(
        id=row.id,
        order=order,
        number=ids.index(row.id) + 1,
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        tracking_url=row.tracking_url,
        lines={of_theirs[item.id]: units for item, units in packed if item.id in of_theirs},
        names=tuple((item.product_name, units) for item, units in packed),
        is_whole=all(item.id in of_theirs for item, _ in packed),
        has_left=row.status is not ShipmentStatus.PENDING,
        is_back=row.status is ShipmentStatus.RETURNED,
        fulfillments=_fulfillments(own),
        pushed=own.pushed_hash if own else None,
        taken=frozenset(one for link in parcels.values() for one in _fulfillments(link)),
        seen=None if seen is None else tuple(seen),
    )


def _packed(session: TenantSession, row: Shipment) -> list[tuple[OrderItem, int]]:
    query = select(OrderItem, ShipmentItem.quantity).join(OrderItem, OrderItem.id == ShipmentItem.order_item_id)
    found = session.execute(query.where(ShipmentItem.shipment_id == row.id).order_by(OrderItem.id))
    return [(line.OrderItem, int(line.quantity)) for line in found]


def _fulfillments(link: ExternalLink | None) -> tuple[str, ...]:
    return () if link is None else tuple(link.details.get("fulfillments", (link.external_id,)))
