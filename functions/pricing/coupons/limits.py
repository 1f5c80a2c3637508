"""What and whom a coupon is limited to: rows beside it, read and replaced as lists of ids."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from shared.audit import record
from shared.models import Category, CouponCategory, CouponCustomer, CouponProduct, Customer, Product
from shared.tenant_session import TenantSession

# By the name of the list: the rows, the column with the id, what it is of, and the mark of the excluded.
_KINDS: dict[str, tuple[Any, str, Any, dict[str, bool]]] = {
    "product_ids": (CouponProduct, "product_id", Product, {"is_excluded": False}),
    "category_ids": (CouponCategory, "category_id", Category, {"is_excluded": False}),
    "customer_ids": (CouponCustomer, "customer_id", Customer, {}),
    "excluded_product_ids": (CouponProduct, "product_id", Product, {"is_excluded": True}),
    "excluded_category_ids": (CouponCategory, "category_id", Category, {"is_excluded": True}),
}
MODELS = {name: kind[2] for name, kind in _KINDS.items()}
"""What the ids of each list are of."""
Limits = dict[str, list[str]]


def limits_of(session: TenantSession, coupon_id: str) -> Limits:
    """The ids that a coupon is limited to, by the name of their list."""
    found: Limits = {name: [] for name in _KINDS}
    for model, column, marked in (
        (CouponProduct, "product_id", True),
        (CouponCategory, "category_id", True),
        (CouponCustomer, "customer_id", False),
    ):
        for row in session.scalars(select(model).where(model.coupon_id == coupon_id).order_by(getattr(model, column))):
            excluded = "excluded_" if marked and getattr(row, "is_excluded", False) else ""
            found[f"{excluded}{column}s"].append(getattr(row, column))
    return found


def replace_limits(session: TenantSession, coupon_id: str, before: Limits, given: Mapping[str, Iterable[str]]) -> None:
    """Limit a coupon to other ids: the lists that are given take the place of those there are."""
    after = {name: sorted(set(ids)) for name, ids in given.items()}
    changed = [name for name in after if after[name] != before[name]]
    for name in changed:
        model, _, _, mark = _KINDS[name]
        gone = delete(model).where(model.coupon_id == coupon_id).filter_by(**mark)
        session.execute(gone.execution_options(synchronize_session=False))
    for name in changed:
        model, column, _, mark = _KINDS[name]
        if after[name]:
            session.execute(insert(model), [{"coupon_id": coupon_id, column: value, **mark} for value in after[name]])
    if changed:
        was, is_now = ({name: lists[name] for name in changed} for lists in (before, after))
        record(session, "coupon.limited", "coupon", coupon_id, before=was, after=is_now)
