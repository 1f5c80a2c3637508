"""Products as staff see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import selectinload

from functions.catalog.schemas import (
    AttributeValuesRead,
    LabelRead,
    MediumRead,
    PlacementRead,
    ProductRead,
    ProductSummaryRead,
    VariantRead,
)
from shared.currency import in_currency
from shared.errors import NotFoundError
from shared.models import Media, Product, ProductAttribute, ProductCategory, Variant
from shared.models.enums import ProductStatus
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.tenancy import tenant_of
from shared.tenant_session import INCLUDE_DELETED, TenantSession

_COMPUTED = {"currency", "variants", "categories", "attributes", "labels", "media"}
_PLAIN = ProductRead.model_fields.keys() - _COMPUTED
_PLAIN_IN_LISTS = ProductSummaryRead.model_fields.keys() - {
    *("currency", "price_min", "price_max", "variant_count", "available")
}
_PLAIN_OF_VARIANTS = VariantRead.model_fields.keys() - {
    *("price", "compare_at_price", "cost_price", "weight", "length", "width", "height", "options", "available")
}
_PARTS = (
    selectinload(Product.variants),
    selectinload(Product.product_categories).joinedload(ProductCategory.category),
    selectinload(Product.product_attributes).joinedload(ProductAttribute.attribute),
    selectinload(Product.labels),
    selectinload(Product.media),
)


def product_of(session: TenantSession, product_id: str, *, whole: bool = False, lock: bool = False) -> Product:
    """A live product of the store, with its parts if `whole`. Raises NotFoundError."""
    query = select(Product).where(Product.id == product_id)
    if whole:
        query = query.options(*_PARTS).execution_options(populate_existing=True)
    product = session.scalar(query.with_for_update(of=Product) if lock else query)
    if product is None:
        raise NotFoundError("product_not_found", "There is no such product.")
    return product


def read_product(session: TenantSession, product_id: str) -> ProductRead:
    """A product with all its parts. Raises NotFoundError."""
    product = product_of(session, product_id, whole=True)
    currency = tenant_of(session).currency
    return ProductRead(
        **{field: getattr(product, field) for field in _PLAIN},
        currency=currency,
        variants=[variant_shown(variant, currency) for variant in product.variants],
        categories=_placements(product),
        attributes=_attributes(product),
        labels=[LabelRead.model_validate(label, from_attributes=True) for label in _by_rank(product.labels)],
        media=[medium_shown(medium) for medium in product.media],
    )


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of products is narrowed by; with `deleted` it is of those that can be restored."""

    status: ProductStatus | None = None
    q: str | None = None
    deleted: bool = False


def list_products(session: TenantSession, wanted: Filter, limit: int, cursor: str | None) -> Page[ProductSummaryRead]:
    """A page of the store's products, newest first."""
    of_product = (Variant.product_id == Product.id) & (Variant.store_id == Product.store_id)
    if wanted.deleted:
        # Those that went with it, and would come back.
        of_product &= Variant.deletion_id == Product.deletion_id
    count = select(func.count(Variant.id)).select_from(Variant).where(of_product).correlate(Product).scalar_subquery()
    available = func.coalesce(func.sum(Variant.stock_quantity - Variant.reserved_quantity), 0)
    stock = (
        select(available)
        .select_from(Variant)
        .where(of_product, Variant.track_inventory)
        .correlate(Product)
        .scalar_subquery()
    )
    query = select(Product, count.label("variant_count"), stock.label("available"))
    query = query.order_by(Product.created_at.desc(), Product.id.desc()).limit(limit + 1)
    if wanted.deleted:
        query = query.where(Product.deleted_at.is_not(None)).execution_options(**{INCLUDE_DELETED: True})
    if wanted.status is not None:
        query = query.where(Product.status == wanted.status)
    if wanted.q:
        with_sku = select(Variant.product_id).where(Variant.sku.istartswith(wanted.q, autoescape=True))
        named = Product.name.icontains(wanted.q, autoescape=True)
        query = query.where(or_(named, Product.id.in_(with_sku), Product.id == wanted.q))
    if cursor is not None:
        query = query.where(tuple_(Product.created_at, Product.id) < place_of_newest(cursor))
    rows = session.execute(query).all()
    counts = {row.Product.id: (row.variant_count, row.available) for row in rows}
    currency = tenant_of(session).currency
    return page_of_newest(
        [row.Product for row in rows], limit, lambda product: _summary(product, *counts[product.id], currency)
    )


def variant_shown(variant: Variant, currency: str) -> VariantRead:
    """A variant as staff see it."""
    return VariantRead(
        **{field: getattr(variant, field) for field in _PLAIN_OF_VARIANTS},
        **{field: _measure(getattr(variant, field)) for field in ("weight", "length", "width", "height")},
        **{f: _money(getattr(variant, f), currency) for f in ("compare_at_price", "cost_price")},
        price=str(in_currency(variant.price, currency)),
        options={str(name): str(value) for name, value in variant.attributes.items()},
        available=variant.stock_quantity - variant.reserved_quantity,
    )


def medium_shown(medium: Media) -> MediumRead:
    """A picture as staff see it."""
    return MediumRead.model_validate(medium, from_attributes=True)


def _summary(product: Product, variants: int, available: int, currency: str) -> ProductSummaryRead:
    return ProductSummaryRead(
        **{field: getattr(product, field) for field in _PLAIN_IN_LISTS},
        currency=currency,
        price_min=_money(product.price_min, currency),
        price_max=_money(product.price_max, currency),
        variant_count=variants,
        available=available,
    )


def _placements(product: Product) -> list[PlacementRead]:
    found = [place for place in product.product_categories if place.category is not None]
    found.sort(key=lambda place: (not place.is_primary, place.category.name))
    return [
        PlacementRead(
            category_id=place.category_id,
            slug=place.category.slug,
            name=place.category.name,
            is_primary=place.is_primary,
        )
        for place in found
    ]


def _attributes(product: Product) -> list[AttributeValuesRead]:
    found = sorted(product.product_attributes, key=lambda row: (row.attribute.display_order, row.attribute.name))
    return [
        AttributeValuesRead(
            attribute_id=row.attribute_id, slug=row.attribute.slug, name=row.attribute.name, values=row.selected_values
        )
        for row in found
    ]


def _by_rank(labels: Sequence[Any]) -> list[Any]:
    return sorted(labels, key=lambda label: (-label.priority, label.label))


def _money(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else str(in_currency(amount, currency))


def _measure(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"
