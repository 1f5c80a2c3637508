"""The routes of shipping zones and their rates."""

from collections.abc import Iterable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path

from functions.pricing.checks import sound
from functions.pricing.shipping import rates, zones
from functions.pricing.shipping.checks import rate_errors, zone_errors
from functions.pricing.shipping.schemas import (
    ShippingPreview,
    ShippingPreviewRead,
    ShippingRateCreate,
    ShippingRateRead,
    ShippingRateUpdate,
    ShippingZoneCreate,
    ShippingZoneRead,
    ShippingZoneUpdate,
)
from shared.auth import requires
from shared.errors import FieldError
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["shipping"]
Id = Annotated[str, Path(max_length=40)]


@router.get("/v1/shipping-zones", tags=TAGS)
@requires("pricing:read")
def list_zones(limit: Limit = 20, cursor: Cursor = None) -> Page[ShippingZoneRead]:
    """The store's shipping zones, newest first."""
    return zones.list_zones(current_session(), limit, cursor)


@router.post("/v1/shipping-zones", tags=TAGS, status_code=201)
@requires("pricing:write")
def create_zone(body: ShippingZoneCreate) -> ShippingZoneRead:
    """Add a zone; no two are the very same place."""
    session = current_session()
    return zones.shown(session, zones.create_zone(session, body))


@router.post("/v1/shipping-zones/preview", tags=TAGS)
@requires("pricing:read")
def preview_shipping(body: ShippingPreview) -> ShippingPreviewRead:
    """The ways to send a parcel to an address, or why there is none."""
    return rates.preview(current_session(), body)


@router.get("/v1/shipping-zones/<zone_id>", tags=TAGS)
@requires("pricing:read")
def read_zone(zone_id: Id) -> ShippingZoneRead:
    """One zone."""
    session = current_session()
    return zones.shown(session, zones.zone_of(session, zone_id))


@router.patch("/v1/shipping-zones/<zone_id>", tags=TAGS)
@requires("pricing:write")
def update_zone(zone_id: Id, body: ShippingZoneUpdate) -> ShippingZoneRead:
    """Change a zone."""
    session = current_session()
    return zones.shown(session, zones.update_zone(session, zone_id, body, router.current_event.raw_event))


@router.delete("/v1/shipping-zones/<zone_id>", tags=TAGS, status_code=204)
@requires("pricing:write")
def delete_zone(zone_id: Id) -> None:
    """Delete a zone with its rates."""
    zones.delete_zone(current_session(), zone_id, router.current_event.raw_event)


@router.get("/v1/shipping-zones/<zone_id>/rates", tags=TAGS)
@requires("pricing:read")
def list_rates(zone_id: Id, limit: Limit = 20, cursor: Cursor = None) -> Page[ShippingRateRead]:
    """The ways to ship within a zone, newest first."""
    return rates.list_rates(current_session(), zone_id, limit, cursor)


@router.post("/v1/shipping-zones/<zone_id>/rates", tags=TAGS, status_code=201)
@requires("pricing:write")
def create_rate(zone_id: Id, body: ShippingRateCreate) -> ShippingRateRead:
    """Add a way to ship within a zone."""
    session = current_session()
    return rates.shown(session, rates.create_rate(session, zone_id, body))


@router.get("/v1/shipping-zones/<zone_id>/rates/<rate_id>", tags=TAGS)
@requires("pricing:read")
def read_rate(zone_id: Id, rate_id: Id) -> ShippingRateRead:
    """One way to ship."""
    session = current_session()
    return rates.shown(session, rates.rate_of(session, zone_id, rate_id))


@router.patch("/v1/shipping-zones/<zone_id>/rates/<rate_id>", tags=TAGS)
@requires("pricing:write")
def update_rate(zone_id: Id, rate_id: Id, body: ShippingRateUpdate) -> ShippingRateRead:
    """Change a way to ship."""
    session = current_session()
    event = router.current_event.raw_event
    return rates.shown(session, rates.update_rate(session, zone_id, rate_id, body, event))


@router.delete("/v1/shipping-zones/<zone_id>/rates/<rate_id>", tags=TAGS, status_code=204)
@requires("pricing:write")
def delete_rate(zone_id: Id, rate_id: Id) -> None:
    """Delete a way to ship."""
    rates.delete_rate(current_session(), zone_id, rate_id, router.current_event.raw_event)


def check_new_zone(body: Any) -> Iterable[FieldError]:
    """What is wrong with a new zone beyond its schema, whatever the body is."""
    return zone_errors(sound(ShippingZoneCreate, body))


def check_new_rate(body: Any) -> Iterable[FieldError]:
    """What is wrong with a new rate beyond its schema, whatever the body is."""
    return rate_errors(current_session(), sound(ShippingRateCreate, body))
