"""The routes of coupons."""

from collections.abc import Iterable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.pricing.checks import sound
from functions.pricing.coupons import reading, service
from functions.pricing.coupons.checks import coupon_errors
from functions.pricing.coupons.schemas import CouponCreate, CouponRead, CouponSummaryRead, CouponUpdate, RedemptionRead
from shared.auth import requires
from shared.errors import FieldError
from shared.models.enums import DiscountType
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import current_session

router = Router()  # type: ignore[no-untyped-call]
TAGS = ["coupons"]
Id = Annotated[str, Path(max_length=40)]


@router.get("/v1/coupons", tags=TAGS)
@requires("pricing:read")
def list_coupons(  # noqa: PLR0913, PLR0917 - a parameter for each of the query's
    q: Annotated[str | None, Query(max_length=40, description="Beginning of a code.")] = None,
    is_active: Annotated[bool | None, Query()] = None,
    discount_type: Annotated[DiscountType | None, Query()] = None,
    deleted: Annotated[bool, Query(description="Those that were deleted and can be restored.")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[CouponSummaryRead]:
    """The store's coupons, newest first."""
    wanted = reading.CouponFilter(q, is_active, discount_type, deleted)
    return reading.list_coupons(current_session(), wanted, limit, cursor)


@router.post("/v1/coupons", tags=TAGS, status_code=201)
@requires("pricing:write")
def create_coupon(body: CouponCreate) -> CouponRead:
    """Add a coupon; everything that is wrong with it is named at once."""
    return _shown(service.create_coupon(current_session(), body).id)


@router.get("/v1/coupons/<coupon_id>", tags=TAGS)
@requires("pricing:read")
def read_coupon(coupon_id: Id) -> CouponRead:
    """One coupon, with whom and what it is for."""
    return _shown(coupon_id)


@router.patch("/v1/coupons/<coupon_id>", tags=TAGS)
@requires("pricing:write")
def update_coupon(coupon_id: Id, body: CouponUpdate) -> CouponRead:
    """Change a coupon."""
    return _shown(service.update_coupon(current_session(), coupon_id, body, router.current_event.raw_event).id)


@router.delete("/v1/coupons/<coupon_id>", tags=TAGS, status_code=204)
@requires("pricing:write")
def delete_coupon(coupon_id: Id) -> None:
    """Delete a coupon; 90 days can undo it."""
    service.delete_coupon(current_session(), coupon_id, router.current_event.raw_event)


@router.post("/v1/coupons/<coupon_id>/restore", tags=TAGS)
@requires("pricing:write")
def restore_coupon(coupon_id: Id) -> CouponRead:
    """Bring a deleted coupon back."""
    return _shown(service.restore_coupon(current_session(), coupon_id).id)


@router.get("/v1/coupons/<coupon_id>/redemptions", tags=TAGS)
@requires("pricing:read")
def list_redemptions(coupon_id: Id, limit: Limit = 20, cursor: Cursor = None) -> Page[RedemptionRead]:
    """On which orders a coupon was used, newest first."""
    return reading.list_redemptions(current_session(), coupon_id, limit, cursor)


def check_new(body: Any) -> Iterable[FieldError]:
    """What is wrong with a new coupon beyond its schema, whatever the body is."""
    return coupon_errors(current_session(), sound(CouponCreate, body))


def _shown(coupon_id: str) -> CouponRead:
    session = current_session()
    session.flush()
    return reading.read_coupon(session, coupon_id)
