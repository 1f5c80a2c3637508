"""The routes of an order's parcels."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.orders import reading, service
from functions.orders.amounts import check_amounts
from functions.orders.schemas import ShipmentCreate, ShipmentFields, ShipmentRead, ShipmentUpdate
from shared.auth import requires
from shared.errors import FieldError, invalid
from shared.models import Order, Shipment
from shared.models.base import now
from shared.models.enums import ShipmentStatus
from shared.orders import shipping
from shared.orders.mails import currency_of
from shared.saving import assign
from shared.tenancy import current_session
from shared.tenant_session import TenantSession

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["orders"]
Id = Annotated[str, Path(max_length=40)]


@router.post("/v1/orders/<order_id>/shipments", tags=TAGS, status_code=201)
@requires("orders:write")
def create_shipment(order_id: Id, body: ShipmentCreate) -> ShipmentRead:
    """Send some of an order: a parcel with units of its lines."""
    session = current_session()
    order = service.locked(session, order_id, router.current_event.raw_event)
    parcel = parcel_of_body(session, body)
    return _shown(session, order, shipping.pack(session, order, parcel, ShipmentStatus(body.status)))


@router.patch("/v1/orders/<order_id>/shipments/<shipment_id>", tags=TAGS)
@requires("orders:write")
def update_shipment(order_id: Id, shipment_id: Id, body: ShipmentUpdate) -> ShipmentRead:
    """Say how a parcel is found, or where it is."""
    session = current_session()
    order = service.locked(session, order_id, router.current_event.raw_event)
    row = shipping.parcel_of(session, order, shipment_id)
    check_amounts(session, shipping_cost=body.shipping_cost)
    given = body.model_dump(exclude_unset=True, exclude={"status"})
    if given:
        assign(row, given)
        order.updated_at = now()
    if body.status is not None and body.status is not row.status:
        shipping.track(session, order, row, body.status)
    return _shown(session, order, row)


def parcel_of_body(session: TenantSession, body: ShipmentFields) -> shipping.Parcel:
    """What a body says of a parcel. Raises InvalidError for a line that is there twice."""
    check_amounts(session, shipping_cost=body.shipping_cost)
    facts = body.model_dump(exclude={"items", "status"}, exclude_none=True)
    given = getattr(body, "items", None)
    units = None if given is None else {one.order_item_id: one.quantity for one in given}
    if given is not None and units is not None and len(units) < len(given):
        raise invalid([FieldError(loc=["body", "items"], message="A line is in the list twice.")])
    return shipping.Parcel(units=units, **facts)


def _shown(session: TenantSession, order: Order, row: Shipment) -> ShipmentRead:
    session.flush()
    [shown] = reading.shipments_shown(session, [row], currency_of(session, order))
    return shown
