"""Products as shoppers see them: one statement for a page with all its parts."""

from typing import Any

from sqlalchemy import ColumnElement, RowMapping, case, func, or_, select

from functions.storefront.filters import ProductQuery, matching
from functions.storefront.redirects import slug_of_today
from functions.storefront.schemas import StorefrontProductDetailRead, StorefrontProductFoundRead
from functions.storefront.shelves import on_show
from functions.storefront.sorting import after, order_by, sort_key
from shared.currency import in_currency
from shared.errors import MovedError, NotFoundError
from shared.json_sql import json_object, json_row, json_rows, json_value, money_text
from shared.models import (
    Attribute,
    Brand,
    Category,
    Media,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductLabel,
    Variant,
)
from shared.on_sale import on_sale
from shared.pagination import Page, encode_cursor
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession
from shared.text_search import headline, hits, marked

_AVAILABLE = Variant.stock_quantity - Variant.reserved_quantity


def list_products(
    session: TenantSession, query: ProductQuery, limit: int, cursor: str | None
) -> Page[StorefrontProductFoundRead]:
    """A page of `limit` products. Raises MalformedError for a cursor that is not of this order."""
    found = hits(session, query.q) if query.q else None
    key = sort_key(query, found)
    statement = select(*_SUMMARY, key.column.label("sort_key"))
    if found is not None:
        statement = statement.join(found, found.c.product_id == Product.id).add_columns(*_headlines(query.q or ""))
    statement = statement.where(*on_sale(), *matching(query), *after(key, cursor)).order_by(*order_by(key))
    rows = session.execute(statement.limit(limit + 1)).all()
    page, more = rows[:limit], len(rows) > limit
    currency = tenant_of(session).currency
    return Page(
        items=[_found(row._mapping, query.q, currency) for row in page],
        next_cursor=encode_cursor(key.name, [key.write(page[-1].sort_key), page[-1].id]) if more else None,
    )


def get_product(session: TenantSession, slug: str) -> StorefrontProductDetailRead:
    """The product with this slug. Raises MovedError for one it had before, NotFoundError when the store sells none."""
    row = session.execute(select(*_SUMMARY, *_DETAILS).where(Product.slug == slug, *on_sale())).one_or_none()
    if row is None:
        today = slug_of_today(session, slug)
        if today is not None:
            raise MovedError(f"/v1/storefront/products/{today}")
        raise NotFoundError("product_not_found", "This store sells no such product.")
    return StorefrontProductDetailRead.model_validate(_shape(row._mapping, tenant_of(session).currency))


def _headlines(words: str) -> list[ColumnElement[str]]:
    text = func.coalesce(Product.short_description, Product.description, "")
    return [headline(Product.name, words, whole=True).label("in_name"), headline(text, words).label("in_text")]


def _found(row: RowMapping, words: str | None, currency: str) -> StorefrontProductFoundRead:
    shown = _shape(row, currency)
    if words:
        shown["highlight"] = {"name": marked(row["in_name"], words), "text": marked(row["in_text"], words)}
    return StorefrontProductFoundRead.model_validate(shown)


def _brand() -> ColumnElement[Any]:
    made_by = json_object(slug=Brand.slug, name=Brand.name, logo_url=Brand.logo_url)
    of_product = (Brand.store_id == Product.store_id) & (Brand.id == Product.brand_id)
    return json_row(select(made_by).where(of_product, Brand.is_active).correlate(Product))


def _variants() -> ColumnElement[Any]:
    counted = case((Variant.track_inventory, _AVAILABLE))
    variant = json_object(
        id=Variant.id,
        sku=Variant.sku,
        options=json_value(Variant.attributes),
        price=money_text(Variant.price),
        compare_at_price=money_text(Variant.compare_at_price),
        available=counted,
        in_stock=or_(Variant.track_inventory.is_(False), _AVAILABLE > 0),
        is_default=Variant.is_default,
    )
    of_product = (Variant.store_id == Product.store_id) & (Variant.product_id == Product.id)
    ordered = (Variant.is_default.desc(), Variant.price, Variant.sku)
    return json_rows(select(variant).where(of_product, Variant.is_active).order_by(*ordered).correlate(Product))


def _labels() -> ColumnElement[Any]:
    label = json_object(label=ProductLabel.label, color=ProductLabel.color)
    of_product = (ProductLabel.store_id == Product.store_id) & (ProductLabel.product_id == Product.id)
    ordered = (ProductLabel.priority.desc(), ProductLabel.label)
    return json_rows(select(label).where(of_product).order_by(*ordered).correlate(Product))


def _categories() -> ColumnElement[Any]:
    category = json_object(slug=Category.slug, name=Category.name, is_primary=ProductCategory.is_primary)
    placed = (ProductCategory.store_id == Category.store_id) & (ProductCategory.category_id == Category.id)
    of_product = (ProductCategory.store_id == Product.store_id) & (ProductCategory.product_id == Product.id)
    query = select(category).select_from(ProductCategory).join(Category, placed).where(of_product, on_show())
    return json_rows(query.order_by(ProductCategory.is_primary.desc(), Category.name).correlate(Product))


def _medium() -> ColumnElement[Any]:
    return json_object(
        url=Media.url, thumbnail_url=Media.thumbnail_url, alt_text=Media.alt_text, mime_type=Media.mime_type
    )


def _media() -> ColumnElement[Any]:
    of_product = (Media.store_id == Product.store_id) & (Media.product_id == Product.id)
    ordered = (Media.display_order, Media.id)
    return json_rows(select(_medium()).where(of_product).order_by(*ordered).correlate(Product))


def _image() -> ColumnElement[Any]:
    of_product = (Media.store_id == Product.store_id) & (Media.product_id == Product.id)
    ordered = (Media.is_featured.desc(), Media.display_order, Media.id)
    return json_row(select(_medium()).where(of_product).order_by(*ordered).limit(1).correlate(Product))


def _attributes() -> ColumnElement[Any]:
    attribute = json_object(
        slug=Attribute.slug,
        name=Attribute.name,
        type=Attribute.type,
        values=json_value(ProductAttribute.selected_values),
    )
    given = (ProductAttribute.store_id == Attribute.store_id) & (ProductAttribute.attribute_id == Attribute.id)
    of_product = (ProductAttribute.store_id == Product.store_id) & (ProductAttribute.product_id == Product.id)
    query = select(attribute).select_from(ProductAttribute).join(Attribute, given).where(of_product)
    ordered = (Attribute.display_order, Attribute.name)
    return json_rows(query.where(Attribute.is_active).order_by(*ordered).correlate(Product))


def _shape(row: RowMapping, currency: str) -> dict[str, Any]:
    """A row as the wire type has it, amounts in the currency's decimals."""
    product = dict(row)
    for variant in product["variants"]:
        variant["price"] = in_currency(variant["price"], currency)
        if variant["compare_at_price"] is not None:
            variant["compare_at_price"] = in_currency(variant["compare_at_price"], currency)
    return product | {
        "currency": currency,
        "price_min": in_currency(row["price_min"], currency),
        "price_max": in_currency(row["price_max"], currency),
        "in_stock": any(variant["in_stock"] for variant in product["variants"]),
    }


# Built once: they hold nothing of a request.
_SUMMARY: tuple[Any, ...] = (
    Product.id,
    Product.slug,
    Product.name,
    Product.short_description,
    Product.published_at,
    Product.price_min,
    Product.price_max,
    _brand().label("brand"),
    _image().label("image"),
    _labels().label("labels"),
    _categories().label("categories"),
    _variants().label("variants"),
)
_DETAILS: tuple[Any, ...] = (
    Product.description,
    Product.meta_title,
    Product.meta_description,
    _media().label("media"),
    _attributes().label("attributes"),
)
