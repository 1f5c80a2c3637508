"""What sold best: products, and the categories that they are first of all in. One statement each."""

from typing import Any, Literal

from sqlalchemy import Select, Text, and_, case, cast, desc, func, null, select, union_all

from functions.orders.reports.counted import (
    ITEM_OF_LINE,
    NO_UNITS,
    NONE,
    OF_ITEM,
    OF_REFUND,
    REFUND_OF_LINE,
    given_back,
    sold,
)
from functions.orders.reports.periods import Period
from functions.orders.reports.schemas import CategorySalesRead, GoodsFiguresRead, ProductSalesRead
from shared.currency import in_currency
from shared.models import Category, Order, OrderItem, ProductCategory, Refund, RefundItem
from shared.tenant_session import TenantSession

Sort = Literal["net_sales", "units", "refunds"]
_NO_ORDER = cast(null(), Text())
_MONEY = ("gross_sales", "discounts", "tax", "refunds")


def read_products(session: TenantSession, period: Period, sort: Sort, limit: int) -> list[ProductSalesRead]:
    """The products that sold best in a period, by name as it was sold; those that were only given back are last."""
    parts = union_all(_sold(period), _returned(period)).subquery()
    # A line whose product nobody knows any more stands for itself, by its name.
    name_of_lost = case((parts.c.product_id.is_(None), parts.c.name))
    query = _sums(parts, parts.c.product_id, func.max(parts.c.name).label("name"))
    query = query.group_by(parts.c.product_id, name_of_lost)
    found = session.execute(_first(query, sort, limit, parts.c.product_id))
    return [
        ProductSalesRead(product_id=row.product_id, name=row.name, **_figures(row, period.currency)) for row in found
    ]


def read_categories(session: TenantSession, period: Period, sort: Sort, limit: int) -> list[CategorySalesRead]:
    """The categories that sold best in a period; a product counts in its primary one."""
    parts = union_all(_sold(period), _returned(period)).subquery()
    place = and_(
        ProductCategory.store_id == parts.c.store_id,
        ProductCategory.product_id == parts.c.product_id,
        ProductCategory.is_primary,
    )
    itself = and_(Category.store_id == ProductCategory.store_id, Category.id == ProductCategory.category_id)
    query = _sums(parts, Category.id.label("category_id"), Category.name.label("name"))
    query = query.select_from(parts).outerjoin(ProductCategory, place).outerjoin(Category, itself)
    query = query.group_by(Category.id, Category.name)
    found = session.execute(_first(query, sort, limit, Category.id))
    return [
        CategorySalesRead(category_id=row.category_id, name=row.name, **_figures(row, period.currency)) for row in found
    ]


def _sums(parts: Any, *what: Any) -> Select[Any]:
    columns = parts.c
    return select(
        *what,
        func.count(columns.order_id.distinct()).label("orders"),
        *(func.sum(columns[name]).label(name) for name in ("units", "units_returned", *_MONEY)),
    )


def _first(query: Select[Any], sort: Sort, limit: int, key: Any) -> Select[Any]:
    sums = query.selected_columns
    by = sums.gross_sales - sums.discounts if sort == "net_sales" else sums[sort]
    return query.order_by(desc(by), key).limit(limit)


def _figures(row: Any, currency: str) -> dict[str, Any]:
    money = {name: getattr(row, name) for name in _MONEY}
    money["net_sales"] = row.gross_sales - row.discounts
    shown = {name: str(in_currency(value, currency)) for name, value in money.items()}
    counts = {"orders": row.orders, "units": row.units, "units_returned": row.units_returned}
    return GoodsFiguresRead(currency=currency, **counts, **shown).model_dump()


def _sold(period: Period) -> Select[Any]:
    given = {
        "order_id": Order.id,
        "units": OrderItem.quantity,
        "gross_sales": OrderItem.subtotal,
        "discounts": OrderItem.discount_amount,
        "tax": OrderItem.tax_amount,
    }
    return _part(given).join_from(Order, OrderItem, OF_ITEM).where(*sold(period))


def _returned(period: Period) -> Select[Any]:
    query = _part({"units_returned": RefundItem.quantity, "refunds": RefundItem.amount})
    query = query.join_from(Refund, RefundItem, REFUND_OF_LINE).join(OrderItem, ITEM_OF_LINE).join(Order, OF_REFUND)
    return query.where(*given_back(period))


def _part(given: dict[str, Any]) -> Select[Any]:
    """A part of the UNION: of what it does not give it has nothing."""
    # What is given back makes no order of the period.
    none: dict[str, Any] = {"order_id": _NO_ORDER, "units": NO_UNITS, "units_returned": NO_UNITS}
    none |= dict.fromkeys(_MONEY, NONE)
    columns: list[Any] = [OrderItem.store_id, OrderItem.product_id, OrderItem.product_name.label("name")]
    return select(*columns, *(value.label(name) for name, value in (none | given).items()))
