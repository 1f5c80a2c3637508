"""The routes of orders themselves: lists, one, its changes and its steps."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import AwareDatetime

from functions.orders import listing, reading, service
from functions.orders.schemas import OrderCancel, OrderRead, OrderShip, OrderSummaryRead, OrderUpdate
from functions.orders.shipments import parcel_of_body
from shared.auth import requires
from shared.models import Order
from shared.models.enums import FulfillmentStatus, OrderStatus, PaymentStatus, ShipmentStatus
from shared.orders import canceling, lifecycle, paying, shipping
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["orders"]
Id = Annotated[str, Path(max_length=40)]


@router.get("/v1/orders", tags=TAGS)
@requires("orders:read")
def list_orders(  # noqa: PLR0913, PLR0917 - a parameter for each of the query's
    status: Annotated[OrderStatus | None, Query()] = None,
    payment_status: Annotated[PaymentStatus | None, Query()] = None,
    fulfillment_status: Annotated[FulfillmentStatus | None, Query()] = None,
    customer_id: Annotated[str | None, Query(max_length=40)] = None,
    email: Annotated[str | None, Query(max_length=254)] = None,
    q: Annotated[str | None, Query(max_length=40, description="Beginning of an order's number.")] = None,
    created_from: Annotated[AwareDatetime | None, Query(description="At this moment or later.")] = None,
    created_to: Annotated[AwareDatetime | None, Query(description="Before this moment.")] = None,
    deleted: Annotated[bool, Query(description="Those that were deleted and can be restored.")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[OrderSummaryRead]:
    """The store's orders, newest first."""
    wanted = listing.OrderFilter(
        status,
        payment_status,
        fulfillment_status,
        customer_id,
        email,
        q,
        created_from,
        created_to,
        deleted,
    )
    return listing.list_orders(current_session(), wanted, limit, cursor)


@router.get("/v1/orders/<order_id>", tags=TAGS)
@requires("orders:read")
def read_order(order_id: Id) -> OrderRead:
    """One order, with all that belongs to it and all that has happened to it."""
    return reading.read_order(current_session(), order_id)


@router.patch("/v1/orders/<order_id>", tags=TAGS)
@requires("orders:write")
def update_order(order_id: Id, body: OrderUpdate) -> OrderRead:
    """Change an order's notes, phone number, or where it goes."""
    service.update_order(current_session(), _locked(order_id), body)
    return read_order(order_id)


@router.post("/v1/orders/<order_id>/confirm", tags=TAGS)
@requires("orders:write")
def confirm_order(order_id: Id) -> OrderRead:
    """Accept an order, paid or not: what it holds leaves the stock."""
    paying.confirm(current_session(), _locked(order_id))
    return read_order(order_id)


@router.post("/v1/orders/<order_id>/process", tags=TAGS)
@requires("orders:write")
def process_order(order_id: Id) -> OrderRead:
    """Say that somebody is at it."""
    lifecycle.move(current_session(), _locked(order_id), OrderStatus.PROCESSING)
    return read_order(order_id)


@router.post("/v1/orders/<order_id>/cancel", tags=TAGS)
@requires("orders:write")
def cancel_order(order_id: Id, body: OrderCancel | None = None) -> OrderRead:
    """Cancel an order of which nothing has left: its stock and coupons are free again, its money goes back."""
    canceling.cancel(current_session(), _locked(order_id), body.reason if body else None)
    return read_order(order_id)


@router.post("/v1/orders/<order_id>/ship", tags=TAGS)
@requires("orders:write")
def ship_order(order_id: Id, body: OrderShip | None = None) -> OrderRead:
    """Send all that is left in one parcel."""
    session, order = current_session(), _locked(order_id)
    shipping.pack(session, order, parcel_of_body(session, body or OrderShip()), ShipmentStatus.IN_TRANSIT)
    return read_order(order_id)


@router.post("/v1/orders/<order_id>/deliver", tags=TAGS)
@requires("orders:write")
def deliver_order(order_id: Id) -> OrderRead:
    """Say that everything has arrived."""
    shipping.deliver(current_session(), _locked(order_id))
    return read_order(order_id)


@router.delete("/v1/orders/<order_id>", tags=TAGS, status_code=204)
@requires("orders:write")
def delete_order(order_id: Id) -> None:
    """Delete an order that is over; 90 days can undo it."""
    service.delete_order(current_session(), _locked(order_id))


@router.post("/v1/orders/<order_id>/restore", tags=TAGS)
@requires("orders:write")
def restore_order(order_id: Id) -> OrderRead:
    """Bring a deleted order back."""
    return read_order(service.restore_order(current_session(), order_id).id)


def _locked(order_id: str) -> Order:
    return service.locked(current_session(), order_id, router.current_event.raw_event)
