"""The rows of a store as the pricing rules take them (shared/pricing): a few statements each, however many rows.

Only what is live counts, and of sales, taxes and shipping only what is active; coupons that are not active say so
themselves, so that a shopper is told why theirs does not count.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from shared import pricing
from shared.models import (
    Category,
    Coupon,
    CouponCategory,
    CouponCustomer,
    CouponProduct,
    CouponRedemption,
    FlashSale,
    FlashSaleItem,
    ProductCategory,
    ShippingRate,
    ShippingZone,
    Store,
    TaxRate,
)
from shared.models.enums import DiscountType, FlashSaleStatus
from shared.tenant_session import TenantSession

_KINDS = {
    DiscountType.PERCENTAGE: pricing.CouponKind.PERCENTAGE,
    DiscountType.FREE_SHIPPING: pricing.CouponKind.FREE_SHIPPING,
    DiscountType.BUY_X_GET_Y: pricing.CouponKind.BUY_X_GET_Y,
}
# Fields of the rules' coupon that a column says outright.
_SAME = {
    "code": "code",
    "minimum": "min_order_value",
    "maximum": "max_order_value",
    "max_discount": "max_discount",
    "active": "is_active",
    "valid_from": "valid_from",
    "valid_to": "valid_to",
    "exclude_sale_items": "exclude_sale_items",
    "individual_use": "is_exclusive",
    "item_limit": "max_items",
    "usage_limit": "usage_limit_per_coupon",
    "customer_limit": "usage_limit_per_customer",
}
Links = dict[str, list[Any]]


def coupons_for(session: TenantSession, codes: Iterable[str], customer_id: str | None) -> tuple[pricing.Coupon, ...]:
    """The store's coupons with these codes, whatever their case, in the order of the codes; unknown ones are left out.

    With how often each was used, by all and by the customer.
    """
    wanted = list(dict.fromkeys(code.strip().upper() for code in codes))
    if not wanted:
        return ()
    of_coupon = CouponRedemption.coupon_id == Coupon.id
    uses = select(func.count(CouponRedemption.id)).where(of_coupon).correlate(Coupon)
    # A guest's uses are nobody's: without an id none is found, where null would find those of all guests.
    by_customer = uses.where(CouponRedemption.customer_id == (customer_id or ""))
    query = select(Coupon, uses.scalar_subquery().label("used"), by_customer.scalar_subquery().label("by_customer"))
    rows = {row.Coupon.code: row for row in session.execute(query.where(Coupon.code.in_(wanted))).all()}
    ids = [row.Coupon.id for row in rows.values()]
    products, categories = _links(session, CouponProduct, ids), _links(session, CouponCategory, ids)
    customers = _links(session, CouponCustomer, ids)
    return tuple(
        _coupon(row.Coupon, (row.used, row.by_customer), [links.get(row.Coupon.id, []) for links in found])
        for row in (rows[code] for code in wanted if code in rows)
        for found in [(products, categories, customers)]
    )


def categories_of(session: TenantSession, product_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The live categories each of some products is in, and those around them: a coupon for one is for all inside."""
    placed = select(ProductCategory.product_id, ProductCategory.category_id)
    inner = placed.where(ProductCategory.product_id.in_(product_ids)).cte("placed", recursive=True)
    around = select(inner.c.product_id, Category.parent_id).join(Category, Category.id == inner.c.category_id)
    tree = inner.union(around.where(Category.parent_id.is_not(None)))
    query = select(tree.c.product_id, Category.id).join(Category, Category.id == tree.c.category_id)
    found: dict[str, set[str]] = {product_id: set() for product_id in product_ids}
    for product_id, category_id in session.execute(query).all() if product_ids else ():
        found[product_id].add(category_id)
    return {product_id: frozenset(ids) for product_id, ids in found.items()}


def flash_sales_now(
    session: TenantSession, product_ids: Collection[str], at: datetime
) -> tuple[pricing.FlashSale, ...]:
    """The sales that run at a moment and have one of these products, with how many units of these each has left."""
    of_sale = (FlashSale.id == FlashSaleItem.flash_sale_id) & (FlashSale.store_id == FlashSaleItem.store_id)
    query = (
        select(FlashSale, FlashSaleItem)
        .join(FlashSaleItem, of_sale)
        .where(FlashSale.status != FlashSaleStatus.CANCELED, FlashSale.start_at <= at, FlashSale.end_at > at)
        .where(FlashSaleItem.product_id.in_(product_ids))
        .order_by(FlashSale.id)
    )
    sales: dict[str, FlashSale] = {}
    units: dict[str, dict[str, int | None]] = {}
    for sale, item in session.execute(query).all() if product_ids else ():
        sales[sale.id] = sale
        left = None if item.quantity_limit is None else max(0, item.quantity_limit - item.quantity_sold)
        units.setdefault(sale.id, {})[item.product_id] = left
    return tuple(_flash_sale(sale, units[sale.id]) for sale in sales.values())


def tax_rates(session: TenantSession, country: str | None = None) -> tuple[pricing.TaxRate, ...]:
    """The active tax rates, of one country if it is given; `pricing.rates_at` picks those of an address."""
    query = select(TaxRate).where(TaxRate.is_active).order_by(TaxRate.id)
    if country is not None:
        query = query.where(TaxRate.country == country.upper())
    return tuple(_tax_rate(row) for row in session.scalars(query))


def zones(session: TenantSession) -> tuple[pricing.ShippingZone, ...]:
    """The active shipping zones with their active rates; `pricing.shipping_choice` picks those of an address."""
    rows = session.scalars(select(ShippingZone).where(ShippingZone.is_active).order_by(ShippingZone.id)).all()
    rates: dict[str, list[ShippingRate]] = {}
    for rate in session.scalars(select(ShippingRate).where(ShippingRate.is_active).order_by(ShippingRate.id)):
        rates.setdefault(rate.zone_id, []).append(rate)
    return tuple(_zone(row, rates.get(row.id, [])) for row in rows)


def rules(session: TenantSession) -> pricing.Rules:
    """How the session's store prices."""
    store = session.scalars(select(Store)).one()
    return pricing.Rules(
        currency=store.currency,
        prices_include_tax=store.prices_include_tax,
        round_at_subtotal=store.round_tax_at_subtotal,
        sequential=store.coupons_in_sequence,
        coupons_with_flash_sale=store.allow_coupons_with_flash_sale,
    )


def _links(session: TenantSession, model: Any, coupon_ids: Sequence[str]) -> Links:
    found: Links = {}
    for row in session.scalars(select(model).where(model.coupon_id.in_(coupon_ids))) if coupon_ids else ():
        found.setdefault(row.coupon_id, []).append(row)
    return found


def _coupon(row: Coupon, used: tuple[int, int], links: Sequence[Sequence[Any]]) -> pricing.Coupon:
    products, categories, customers = links
    kind = pricing.CouponKind.FIXED_PRODUCT if row.per_item else pricing.CouponKind.FIXED_CART
    buy_get = _buy_get(row)
    return pricing.Coupon(
        kind=_KINDS.get(row.discount_type, kind),
        amount=Decimal(0) if buy_get else row.discount_value,
        buy_get=buy_get,
        products=_ids(products, "product_id", excluded=False),
        categories=_ids(categories, "category_id", excluded=False),
        customers=frozenset(link.customer_id for link in customers),
        excluded_products=_ids(products, "product_id", excluded=True),
        excluded_categories=_ids(categories, "category_id", excluded=True),
        used=used[0],
        customer_used=used[1],
        **{field: getattr(row, column) for field, column in _SAME.items()},
    )


def _buy_get(row: Coupon) -> pricing.BuyGet | None:
    if row.discount_type is not DiscountType.BUY_X_GET_Y:
        return None
    get = row.get_quantity or 1
    times = None if row.max_items is None else row.max_items // get
    return pricing.BuyGet(row.buy_quantity or 1, get, row.discount_value, times)


def _ids(links: Iterable[Any], column: str, *, excluded: bool) -> frozenset[str]:
    return frozenset(getattr(link, column) for link in links if link.is_excluded is excluded)


def _flash_sale(row: FlashSale, units: dict[str, int | None]) -> pricing.FlashSale:
    kind = pricing.SaleKind(row.discount_type.value)
    return pricing.FlashSale(row.id, kind, row.discount_value, units, row.start_at, row.end_at)


def _tax_rate(row: TaxRate) -> pricing.TaxRate:
    return pricing.TaxRate(
        id=row.id,
        share=row.rate,
        name=row.name,
        priority=row.priority,
        compound=row.is_compound,
        on_shipping=row.taxes_shipping,
        country=row.country,
        state=row.state or "",
        city=row.city or "",
        postal_code=row.postal_code or "",
    )


def _zone(row: ShippingZone, rates: Iterable[ShippingRate]) -> pricing.ShippingZone:
    ways = tuple(_shipping_rate(rate) for rate in rates)
    return pricing.ShippingZone(row.id, row.name, ways, row.countries, row.states, row.postal_codes)


def _shipping_rate(row: ShippingRate) -> pricing.ShippingRate:
    return pricing.ShippingRate(
        id=row.id,
        name=row.name,
        kind=pricing.ShippingKind(row.rate_type.value),
        cost=row.cost,
        free_from=row.free_shipping_threshold,
        conditions=row.conditions,
        min_days=row.min_delivery_days,
        max_days=row.max_delivery_days,
    )
