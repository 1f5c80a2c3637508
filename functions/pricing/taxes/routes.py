"""The routes of tax rates."""

from collections.abc import Iterable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.pricing.checks import sound
from functions.pricing.schemas import PlaceGiven
from functions.pricing.taxes import service
from functions.pricing.taxes.schemas import TaxPreviewRead, TaxRateCreate, TaxRateRead, TaxRateUpdate
from shared.auth import requires
from shared.errors import FieldError
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["taxes"]
Id = Annotated[str, Path(max_length=40)]


@router.get("/v1/tax-rates", tags=TAGS)
@requires("pricing:read")
def list_rates(
    country: Annotated[str | None, Query(min_length=2, max_length=2, description="ISO 3166-1.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[TaxRateRead]:
    """The store's tax rates, newest first."""
    return service.list_rates(current_session(), country, limit, cursor)


@router.post("/v1/tax-rates", tags=TAGS, status_code=201)
@requires("pricing:write")
def create_rate(body: TaxRateCreate) -> TaxRateRead:
    """Add a tax of a place."""
    session = current_session()
    return service.shown(session, service.create_rate(session, body))


@router.post("/v1/tax-rates/preview", tags=TAGS)
@requires("pricing:read")
def preview_taxes(body: PlaceGiven) -> TaxPreviewRead:
    """Which rates apply at an address: the most specific of each priority."""
    return service.preview(current_session(), body)


@router.get("/v1/tax-rates/<rate_id>", tags=TAGS)
@requires("pricing:read")
def read_rate(rate_id: Id) -> TaxRateRead:
    """One tax rate."""
    session = current_session()
    return service.shown(session, service.rate_of(session, rate_id))


@router.patch("/v1/tax-rates/<rate_id>", tags=TAGS)
@requires("pricing:write")
def update_rate(rate_id: Id, body: TaxRateUpdate) -> TaxRateRead:
    """Change a tax rate; orders keep what they were taxed with."""
    session = current_session()
    return service.shown(session, service.update_rate(session, rate_id, body, router.current_event.raw_event))


@router.delete("/v1/tax-rates/<rate_id>", tags=TAGS, status_code=204)
@requires("pricing:write")
def delete_rate(rate_id: Id) -> None:
    """Delete a tax rate; orders keep what they were taxed with."""
    service.delete_rate(current_session(), rate_id, router.current_event.raw_event)


def check_new(body: Any) -> Iterable[FieldError]:
    """What is wrong with a new tax rate beyond its schema, whatever the body is."""
    return service.rate_errors(sound(TaxRateCreate, body))
