"""Coupons of another shop. A code is one coupon of the store, in capitals as all codes here."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import delete, select

from functions.sync.entities import CATEGORY, COUPON, PRODUCT, VARIANT, ExternalCoupon
from functions.sync.inbound import customers, links, placeholders, policies
from functions.sync.inbound.keeping import Kind, keep
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import TAKEN, Outcome, SetAsideError
from shared.currency import in_currency
from shared.models import Coupon, CouponCategory, CouponCustomer, CouponProduct, ExternalLink
from shared.models.base import now
from shared.models.enums import DiscountType
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession


def apply(session: TenantSession, integration: Integration, entity: ExternalCoupon, *, force: bool) -> Outcome:
    """Make or change a coupon. Raises SetAsideError, ConflictError."""
    if entity.kind is DiscountType.FIXED_AMOUNT:
        policies.check_currency(session, policies.currency_of(integration))
    if entity.kind is DiscountType.PERCENTAGE and entity.value > 100:
        raise SetAsideError("impossible_discount", f"The coupon {entity.code} takes off {entity.value} per cent.")
    link = links.locked(session, integration, COUPON, entity.external_id)
    kind = Kind(
        Coupon,
        find=lambda: session.scalar(select(Coupon).where(Coupon.code == _code(entity)).with_for_update()),
        make=lambda given_id: _made(given_id, entity),
        write=lambda row: _write(session, integration, row, link, entity),
    )
    return keep(session, integration, link, entity, kind, force=force)


def _made(given_id: str, entity: ExternalCoupon) -> Coupon:
    row = Coupon(id=given_id, name=entity.code, code=_code(entity), discount_type=entity.kind)
    row.discount_value, row.valid_from = Decimal(0), entity.valid_from or now()
    return row


def _write(
    session: TenantSession, integration: Integration, row: Coupon, link: ExternalLink, entity: ExternalCoupon
) -> None:
    code, currency = _code(entity), tenant_of(session).currency
    taken = session.scalar(select(Coupon.id).where(Coupon.code == code, Coupon.id != row.id))
    if taken is not None and row.deleted_at is None:
        raise SetAsideError("code_taken", f"Another coupon of this store has the code {code}.", [TAKEN])
    if row.code != code:
        links.arrived(session, TAKEN)
    row.code, row.description = code, entity.description
    row.discount_type, row.per_item = entity.kind, entity.per_item
    row.discount_value = in_currency(entity.value, "BHD" if entity.kind is DiscountType.PERCENTAGE else currency)
    row.min_order_value = in_currency(entity.min_order, currency) if entity.min_order else None
    row.max_order_value = in_currency(entity.max_order, currency) if entity.max_order else None
    row.max_items, row.exclude_sale_items = entity.max_items, entity.exclude_sale_items
    row.is_exclusive, row.is_active = entity.is_exclusive, entity.is_active
    row.usage_limit_per_coupon, row.usage_limit_per_customer = entity.limit, entity.limit_per_customer
    # A limit is one for both: what was used there counts beside what was used here.
    before = int(link.details.get("used", 0))
    row.current_usage_count = max((row.current_usage_count or 0) - before + entity.used, 0)
    links.detail(link, used=entity.used or None)
    row.valid_to = entity.valid_to
    begins = entity.valid_from or row.valid_from
    row.valid_from = min(begins, entity.valid_to - timedelta(seconds=1)) if entity.valid_to else begins
    session.flush()
    _limit(session, integration, row, entity)


def _limit(session: TenantSession, integration: Integration, row: Coupon, entity: ExternalCoupon) -> None:
    """Limit it as it is limited there. What is not here yet is a placeholder: dropped, it would be for everything."""
    for model in (CouponProduct, CouponCategory, CouponCustomer):
        gone = delete(model).where(model.coupon_id == row.id)
        session.execute(gone.execution_options(synchronize_session=False))
    shelved: set[str] = set()
    for ids, excluded in ((entity.products, False), (entity.excluded_products, True)):
        for product in _products(session, integration, ids) - shelved:
            session.add(CouponProduct(coupon_id=row.id, product_id=product, is_excluded=excluded))
            shelved.add(product)
    for ids, excluded in ((entity.categories, False), (entity.excluded_categories, True)):
        for category in sorted(set(ids)):
            found = placeholders.category(session, links.locked(session, integration, CATEGORY, category))
            session.add(CouponCategory(coupon_id=row.id, category_id=found.id, is_excluded=excluded))
    for email in sorted({email.lower() for email in entity.emails}):
        if "*" in email or "@" not in email:
            raise SetAsideError("email_pattern", f"The coupon {row.code} is for a pattern of e-mail addresses.")
        customer = customers.of_order(session, integration, None, {"email": email, "first_name": ""})
        session.add(CouponCustomer(coupon_id=row.id, customer_id=customer))
    session.flush()


def _products(session: TenantSession, integration: Integration, ids: Iterable[str]) -> set[str]:
    """Our products by their ids; a variation's is its product."""
    variants = links.known(session, integration, VARIANT, ids)
    parents = {(variants[one].external_parent_id or one) if one in variants else one for one in ids}
    rows = {
        placeholders.product(session, links.locked(session, integration, PRODUCT, parent), f"Product {parent}").id
        for parent in sorted(parents)
    }
    return rows


def _code(entity: ExternalCoupon) -> str:
    return entity.code.upper()
