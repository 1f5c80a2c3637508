"""A coupon that is limited to things which are no more must not become one for everything: it is switched off."""

from collections.abc import Sequence

from sqlalchemy import Connection, Table, exists, false, func, select, update

from functions.purge.kinds import among, table_of
from shared.models import Base, Coupon

_LIMITS = {
    "products": ("coupon_products", "product_id"),
    "categories": ("coupon_categories", "category_id"),
    "customers": ("coupon_customers", "customer_id"),
}


def limits_of(table: str) -> str | None:
    """The table of the coupons that are limited to rows of a table, if there is one."""
    return _LIMITS[table][0] if table in _LIMITS else None


def retire_coupons(connection: Connection, store_id: str, table: str, ids: Sequence[str]) -> None:
    """Switch off the coupons whose last product, category or customer is among rows that go.

    Their rows stay locked, by id, so that of two purges that take one product each the second sees what the first did.
    """
    if table not in _LIMITS or not ids:
        return
    name, column = _LIMITS[table]
    limits, coupons = Base.metadata.tables[name], table_of(Coupon)
    included = [limits.c.store_id == store_id, ~limits.c.is_excluded if "is_excluded" in limits.c else ~false()]
    touched = select(limits.c.coupon_id).where(*included, among(connection, limits.c[column], ids))
    in_use = (coupons.c.store_id == store_id, coupons.c.is_active, coupons.c.deleted_at.is_(None))
    query = select(coupons.c.id).where(*in_use, coupons.c.id.in_(touched)).order_by(coupons.c.id)
    found = list(connection.scalars(query.with_for_update()))
    if found:
        _switch_off(connection, limits, column, found, ids)


def _switch_off(connection: Connection, limits: Table, column: str, found: list[str], ids: Sequence[str]) -> None:
    coupons = table_of(Coupon)
    others = [limits.c.coupon_id == coupons.c.id, ~among(connection, limits.c[column], ids)]
    if "is_excluded" in limits.c:
        others.append(~limits.c.is_excluded)
    connection.execute(
        update(coupons)
        .where(coupons.c.id.in_(found), ~exists().where(*others))
        .values(is_active=False, version=coupons.c.version + 1, updated_at=func.now())
    )
