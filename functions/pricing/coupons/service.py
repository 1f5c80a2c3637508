"""Coupons: making, changing, deleting and restoring them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from functions.pricing.checks import Values, values_of
from functions.pricing.coupons.checks import code_in_use, coupon_errors
from functions.pricing.coupons.limits import MODELS, limits_of, replace_limits
from functions.pricing.coupons.schemas import CouponCreate, CouponUpdate
from shared.errors import ConflictError, NotFoundError, invalid
from shared.models import Coupon, CouponRedemption
from shared.models.base import new_id, now
from shared.models.enums import DiscountType
from shared.saving import assign, changed, saved
from shared.soft_delete import restore, soft_delete
from shared.tenant_session import TenantSession
from shared.versions import check_if_match

_LIMIT = "usage_limit_per_coupon"


def coupon_of(session: TenantSession, coupon_id: str, *, lock: bool = False) -> Coupon:
    """A live coupon. Raises NotFoundError."""
    query = select(Coupon).where(Coupon.id == coupon_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError("coupon_not_found", "There is no such coupon.")
    return row


def used_times(session: TenantSession, coupon_id: str) -> int:
    """On how many orders a coupon was used."""
    query = select(func.count(CouponRedemption.id)).where(CouponRedemption.coupon_id == coupon_id)
    return session.scalar(query) or 0


def create_coupon(session: TenantSession, body: CouponCreate) -> Coupon:
    """Add a coupon. Raises InvalidError naming all that is wrong, ConflictError for a code just taken."""
    values = values_of(body)
    if errors := coupon_errors(session, values):
        raise invalid(errors)
    fields = {field: value for field, value in values.items() if field not in MODELS}
    row = Coupon(id=new_id(), **fields | {"valid_from": body.valid_from or now(), "discount_value": _stored(values)})
    saved(session, lambda: session.add(row), _code_taken(row.code))
    replace_limits(session, row.id, {name: [] for name in MODELS}, {name: values[name] for name in MODELS})
    return row


def update_coupon(session: TenantSession, coupon_id: str, body: CouponUpdate, event: Mapping[str, Any]) -> Coupon:
    """Change a coupon. Raises as `create_coupon`, NotFoundError, StaleVersionError by `If-Match`, and ConflictError
    for a limit below what was used.
    """
    row = coupon_of(session, coupon_id, lock=True)
    check_if_match(event, row)
    given = body.model_dump(exclude_unset=True)
    lists = {name: given.pop(name) for name in MODELS if name in given}
    wanted = {name: ids for name, ids in lists.items() if ids is not None}
    before = limits_of(session, row.id) if wanted else {name: [] for name in MODELS}
    values = _as_written(changed(row, given), given) | before | wanted
    if errors := coupon_errors(session, values, row.id, before):
        raise invalid(errors)
    _refuse_below_used(session, row, given.get(_LIMIT))
    assign(row, given | {"discount_value": _stored(values)})
    # Its lists are the coupon too: whoever has read it must read it again.
    row.updated_at = now()
    saved(session, lambda: None, _code_taken(row.code))
    replace_limits(session, row.id, before, wanted)
    return row


def delete_coupon(session: TenantSession, coupon_id: str, event: Mapping[str, Any]) -> None:
    """Delete a coupon; 90 days can undo it. Raises NotFoundError, StaleVersionError."""
    row = coupon_of(session, coupon_id)
    check_if_match(event, row)
    soft_delete(session, row)


def restore_coupon(session: TenantSession, coupon_id: str) -> Coupon:
    """Bring a deleted coupon back. Raises NotFoundError, ConflictError for a taken code."""
    return restore(session, Coupon, coupon_id)


def _as_written(fields: dict[str, Any], given: Values) -> dict[str, Any]:
    """A coupon's fields as a client would write them: free shipping has no value, now or once it becomes that."""
    if "discount_value" in given:
        return fields | {"discount_value": given["discount_value"]}
    free = fields["discount_type"] is DiscountType.FREE_SHIPPING
    return fields | {"discount_value": None} if free else fields


def _stored(values: Values) -> Decimal:
    whole = Decimal(100 if values["discount_type"] is DiscountType.BUY_X_GET_Y else 0)
    value: Decimal | None = values["discount_value"]
    return whole if value is None else value


def _refuse_below_used(session: TenantSession, row: Coupon, limit: int | None) -> None:
    used = 0 if limit is None else used_times(session, row.id)
    if limit is not None and limit < used:
        message = f"The coupon was used {used} times already; the limit cannot be lower than that."
        raise ConflictError("limit_below_used", message, [{"loc": ["body", _LIMIT], "message": message}], used=used)


def _code_taken(code: str) -> ConflictError:
    error = code_in_use(code)
    return ConflictError("code_taken", error["message"], [error])
