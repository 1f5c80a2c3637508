"""What a store holds, to compare: by names instead of ids, and to the last column."""

from typing import Any

from sqlalchemy import Table, select

from shared.models import (
    Attribute,
    Base,
    Brand,
    Category,
    InventoryAdjustment,
    Media,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductLabel,
    SlugRedirect,
    StoreSubscription,
    TaxRate,
    Variant,
)
from shared.tenancy import tenant_session
from tests.functions.stores.people import Shop

CATALOGUE = (Product, Variant, Brand, Category, Attribute, ProductAttribute, ProductCategory, ProductLabel, Media)
_OWN = {"id", "store_id", "created_at", "updated_at", "version", "deleted_at", "deletion_id"}
_LATER = {"storage_key", "size", "thumbnail_url"}


def rows_of(shop: Shop) -> dict[str, list[Any]]:
    """Every row that an import may touch, to the last column."""
    kinds: list[Any] = [*CATALOGUE, InventoryAdjustment, SlugRedirect, StoreSubscription]
    with tenant_session(shop.id) as session:
        found = {}
        for model in kinds:
            table: Table = Base.metadata.tables[model.__tablename__]
            rows = session.scalars(select(model).order_by(model.id))
            found[table.name] = [{column.name: getattr(row, column.name) for column in table.columns} for row in rows]
        return found


def content_of(shop: Shop) -> dict[str, Any]:
    """A store's catalogue without ids and times: what an export must keep."""
    with tenant_session(shop.id) as session:
        names = {
            row.id: row.slug
            for model in (Product, Brand, Category, Attribute)
            for row in session.scalars(select(model))
        } | {row.id: row.name for row in session.scalars(select(TaxRate))}
        found: dict[str, Any] = {}
        kinds: list[Any] = list(CATALOGUE)
        for model in kinds:
            rows = [_named(row, names) for row in session.scalars(select(model))]
            found[model.__tablename__] = sorted(rows, key=repr)
        return found


def products_of(shop: Shop) -> dict[str, Any]:
    """Each product by its slug, as a reader sees it, for comparing what different formats can say."""
    with tenant_session(shop.id) as session:
        brands = {row.id: row.name for row in session.scalars(select(Brand))}
        shelves = {row.id: row for row in session.scalars(select(Category))}
        qualities = {row.id: row.name for row in session.scalars(select(Attribute))}
        found = {}
        for product in session.scalars(select(Product)):
            found[product.slug] = {
                "name": product.name,
                "status": str(product.status),
                "description": product.description,
                "brand": brands.get(str(product.brand_id)),
                "meta_title": product.meta_title,
                "taxable": product.is_taxable,
                "categories": sorted(
                    (place.is_primary, _path(shelves, place.category_id)) for place in product.product_categories
                ),
                "attributes": {
                    qualities[row.attribute_id]: sorted(row.selected_values) for row in product.product_attributes
                },
                "media": [(row.url, row.display_order) for row in product.media],
                "variants": sorted((_variant(row) for row in product.variants), key=lambda one: one["sku"]),
            }
        return found


def _path(shelves: dict[str, Category], category_id: str | None) -> str:
    names: list[str] = []
    while category_id:
        names.insert(0, shelves[category_id].name)
        category_id = shelves[category_id].parent_id
    return " > ".join(names)


def _variant(row: Variant) -> dict[str, Any]:
    names = (
        "sku",
        "price",
        "compare_at_price",
        "stock_quantity",
        "weight",
        "track_inventory",
        "is_default",
        "attributes",
    )
    return {name: getattr(row, name) for name in names}


def _named(row: Any, names: dict[str, str]) -> dict[str, Any]:
    columns = [column.name for column in row.__table__.columns if column.name not in _OWN | _LATER]
    values = {name: getattr(row, name) for name in columns}
    return {name: names.get(value, value) if name.endswith("_id") else value for name, value in values.items()}
