"""Coupons as staff see them, and where they were used."""

from dataclasses import dataclass

from sqlalchemy import func, select, tuple_

from functions.pricing.amounts import money, value_shown
from functions.pricing.coupons.limits import limits_of
from functions.pricing.coupons.schemas import CouponRead, CouponSummaryRead, RedemptionRead
from functions.pricing.coupons.service import coupon_of, used_times
from shared.currency import in_currency
from shared.models import Coupon, CouponRedemption, Order
from shared.models.enums import DiscountType
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.tenancy import tenant_of
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from shared.versions import tag

_AMOUNTS = ("max_discount", "min_order_value", "max_order_value")
_PLAIN = CouponSummaryRead.model_fields.keys() - {"discount_value", "currency", "used", *_AMOUNTS}


@dataclass(frozen=True, slots=True)
class CouponFilter:
    """What a list of coupons is narrowed by; with `deleted` it is of those that can be restored."""

    q: str | None = None
    is_active: bool | None = None
    discount_type: DiscountType | None = None
    deleted: bool = False


def list_coupons(
    session: TenantSession, wanted: CouponFilter, limit: int, cursor: str | None
) -> Page[CouponSummaryRead]:
    """A page of coupons, newest first. Raises MalformedError for a broken cursor."""
    uses = select(func.count(CouponRedemption.id)).where(CouponRedemption.coupon_id == Coupon.id)
    query = select(Coupon, uses.correlate(Coupon).scalar_subquery().label("used"))
    query = query.order_by(Coupon.created_at.desc(), Coupon.id.desc()).limit(limit + 1)
    if wanted.q:
        query = query.where(Coupon.code.startswith(wanted.q.strip().upper(), autoescape=True))
    if wanted.is_active is not None:
        query = query.where(Coupon.is_active == wanted.is_active)
    if wanted.discount_type is not None:
        query = query.where(Coupon.discount_type == wanted.discount_type)
    if wanted.deleted:
        query = query.where(Coupon.deleted_at.is_not(None)).execution_options(**{INCLUDE_DELETED: True})
    if cursor is not None:
        query = query.where(tuple_(Coupon.created_at, Coupon.id) < place_of_newest(cursor))
    found = session.execute(query).all()
    used = {row.Coupon.id: row.used for row in found}
    currency = tenant_of(session).currency
    return page_of_newest([row.Coupon for row in found], limit, lambda row: _summary(row, used[row.id], currency))


def read_coupon(session: TenantSession, coupon_id: str) -> CouponRead:
    """A coupon with its lists, its version on the answer. Raises NotFoundError."""
    row = coupon_of(session, coupon_id)
    tag(session, row)
    summary = _summary(row, used_times(session, row.id), tenant_of(session).currency)
    return CouponRead(**summary.model_dump(), **limits_of(session, row.id))


def list_redemptions(session: TenantSession, coupon_id: str, limit: int, cursor: str | None) -> Page[RedemptionRead]:
    """A page of a coupon's uses, newest first. Raises NotFoundError, MalformedError for a broken cursor."""
    coupon_of(session, coupon_id)
    of_order = (Order.id == CouponRedemption.order_id) & (Order.store_id == CouponRedemption.store_id)
    # What was deleted keeps its past.
    query = select(CouponRedemption, Order.order_number).join(Order, of_order)
    query = query.where(CouponRedemption.coupon_id == coupon_id).execution_options(**{INCLUDE_DELETED: True})
    query = query.order_by(CouponRedemption.created_at.desc(), CouponRedemption.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(CouponRedemption.created_at, CouponRedemption.id) < place_of_newest(cursor))
    found = session.execute(query).all()
    numbers = {row.CouponRedemption.id: row.order_number for row in found}
    currency = tenant_of(session).currency
    rows = [row.CouponRedemption for row in found]
    return page_of_newest(rows, limit, lambda row: _redemption(row, numbers[row.id], currency))


def _summary(row: Coupon, used: int, currency: str) -> CouponSummaryRead:
    return CouponSummaryRead(
        **{field: getattr(row, field) for field in _PLAIN},
        **{field: money(getattr(row, field), currency) for field in _AMOUNTS},
        discount_value=value_shown(row.discount_type, row.discount_value, currency),
        currency=currency,
        used=used,
    )


def _redemption(row: CouponRedemption, order_number: str, currency: str) -> RedemptionRead:
    return RedemptionRead(
        id=row.id,
        order_id=row.order_id,
        order_number=order_number,
        customer_id=row.customer_id,
        amount=str(in_currency(row.amount, currency)),
        currency=currency,
        created_at=row.created_at,
    )
