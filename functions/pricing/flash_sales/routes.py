"""The routes of flash sales."""

from collections.abc import Iterable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.pricing.checks import sound
from functions.pricing.flash_sales import reading, service
from functions.pricing.flash_sales.checks import sale_errors
from functions.pricing.flash_sales.schemas import FlashSaleCreate, FlashSaleRead, FlashSaleSummaryRead, FlashSaleUpdate
from shared.auth import requires
from shared.errors import FieldError
from shared.models.enums import FlashSaleStatus
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["flash sales"]
Id = Annotated[str, Path(max_length=40)]


@router.get("/v1/flash-sales", tags=TAGS)
@requires("pricing:read")
def list_sales(
    status: Annotated[FlashSaleStatus | None, Query()] = None,
    deleted: Annotated[bool, Query(description="Those that were deleted and can be restored.")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[FlashSaleSummaryRead]:
    """The store's flash sales, newest first."""
    return reading.list_sales(current_session(), status, deleted, limit, cursor)


@router.post("/v1/flash-sales", tags=TAGS, status_code=201)
@requires("pricing:write")
def create_sale(body: FlashSaleCreate) -> FlashSaleRead:
    """Add a flash sale; a product is in one at a time."""
    return _shown(service.create_sale(current_session(), body).id)


@router.get("/v1/flash-sales/<sale_id>", tags=TAGS)
@requires("pricing:read")
def read_sale(sale_id: Id) -> FlashSaleRead:
    """One flash sale with its products."""
    return _shown(sale_id)


@router.patch("/v1/flash-sales/<sale_id>", tags=TAGS)
@requires("pricing:write")
def update_sale(sale_id: Id, body: FlashSaleUpdate) -> FlashSaleRead:
    """Change a flash sale that has not begun, or let one that has end sooner."""
    return _shown(service.update_sale(current_session(), sale_id, body, router.current_event.raw_event).id)


@router.post("/v1/flash-sales/<sale_id>/cancel", tags=TAGS)
@requires("pricing:write")
def cancel_sale(sale_id: Id) -> FlashSaleRead:
    """End a flash sale at once, or before it begins."""
    return _shown(service.cancel_sale(current_session(), sale_id, router.current_event.raw_event).id)


@router.delete("/v1/flash-sales/<sale_id>", tags=TAGS, status_code=204)
@requires("pricing:write")
def delete_sale(sale_id: Id) -> None:
    """Delete a flash sale, which ends it; 90 days can undo it."""
    service.delete_sale(current_session(), sale_id, router.current_event.raw_event)


@router.post("/v1/flash-sales/<sale_id>/restore", tags=TAGS)
@requires("pricing:write")
def restore_sale(sale_id: Id) -> FlashSaleRead:
    """Bring a deleted flash sale back."""
    return _shown(service.restore_sale(current_session(), sale_id).id)


def check_new(body: Any) -> Iterable[FieldError]:
    """What is wrong with a new flash sale beyond its schema, whatever the body is."""
    return sale_errors(current_session(), sound(FlashSaleCreate, body))


def _shown(sale_id: str) -> FlashSaleRead:
    session = current_session()
    session.flush()
    return reading.read_sale(session, sale_id)
