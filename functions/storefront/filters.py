"""What a shopper may narrow a product list by."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field, StringConstraints
from sqlalchemy import ColumnElement, exists, or_, select

from functions.storefront.shelves import on_show
from shared.json_sql import has_any
from shared.models import (
    Attribute,
    Brand,
    Category,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductLabel,
    SlugRedirect,
    Variant,
)

Sort = Literal["newest", "price", "-price", "name", "-name", "relevance"]
_Slug = Annotated[str, StringConstraints(max_length=200)]
_Pair = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^:]+:.+$")]
_Price = Annotated[Decimal, Field(ge=0, max_digits=13, decimal_places=3)]

# As the query string has them. Several values of one filter are alternatives; all filters must hold.
Q = Annotated[str | None, Query(max_length=200, description="Words to search for; the last may be unfinished.")]
InCategory = Annotated[str | None, Query(max_length=200, description="Slug; the categories inside it count too.")]
OfBrand = Annotated[list[_Slug], Query(max_length=20, description="Brand slugs.")]
WithLabel = Annotated[list[_Slug], Query(max_length=20, description="Badges, such as NEW.")]
WithAttribute = Annotated[list[_Pair], Query(max_length=20, description="`slug:value`, such as color:Black.")]
MinPrice = Annotated[_Price | None, Query(description="In the store's currency.")]
MaxPrice = Annotated[_Price | None, Query(description="In the store's currency.")]
InStock = Annotated[bool, Query(description="Only what can be bought now.")]
SortBy = Annotated[Sort | None, Query(description="`-` is descending. Default: relevance with q, else newest.")]


@dataclass(frozen=True, slots=True)
class ProductQuery:
    """What a list is narrowed by and sorted by."""

    q: str | None = None
    category: str | None = None
    brand: Sequence[str] = ()
    label: Sequence[str] = ()
    attribute: Sequence[str] = ()
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    in_stock: bool = False
    sort: Sort | None = None


def matching(query: ProductQuery) -> list[ColumnElement[bool]]:
    """The conditions of a query, all but its words."""
    found: list[ColumnElement[bool]] = []
    if query.category:
        found.append(Product.id.in_(_in_category(query.category)))
    if query.brand:
        before = select(SlugRedirect.brand_id).where(SlugRedirect.kind == "brand", SlugRedirect.slug.in_(query.brand))
        brand = select(Brand.id).where(or_(Brand.slug.in_(query.brand), Brand.id.in_(before)), Brand.is_active)
        found.append(Product.brand_id.in_(brand))
    if query.label:
        labelled = select(ProductLabel.product_id).where(ProductLabel.label.in_(query.label))
        found.append(Product.id.in_(labelled))
    return found + _having(query.attribute) + _buyable(query)


def _in_category(slug: str) -> Any:
    """Products on this shelf or on one inside it, unless it lies in a hidden one."""
    before = select(SlugRedirect.category_id).where(SlugRedirect.kind == "category", SlugRedirect.slug == slug)
    named = or_(Category.slug == slug, Category.id.in_(before))
    tree = select(Category.id).where(named, on_show()).cte(recursive=True)
    inner = select(Category.id).join(tree, Category.parent_id == tree.c.id).where(Category.is_active)
    tree = tree.union(inner)
    return select(ProductCategory.product_id).where(ProductCategory.category_id.in_(select(tree.c.id)))


def _having(pairs: Sequence[str]) -> list[ColumnElement[bool]]:
    """`color:Black` and `color:White` are alternatives; `size:M` beside them must hold too."""
    wanted = sorted(tuple(pair.split(":", 1)) for pair in pairs)
    return [
        Product.id.in_(_with_attribute(slug, [value for _, value in values]))
        for slug, values in groupby(wanted, key=lambda pair: pair[0])
    ]


def _with_attribute(slug: str, values: list[str]) -> Any:
    given = (ProductAttribute.store_id == Attribute.store_id) & (ProductAttribute.attribute_id == Attribute.id)
    return (
        select(ProductAttribute.product_id)
        .join(Attribute, given)
        .where(Attribute.slug == slug, Attribute.is_active, has_any(ProductAttribute.selected_values, values))
    )


def _buyable(query: ProductQuery) -> list[ColumnElement[bool]]:
    """One variant must satisfy price and stock together."""
    conditions: list[ColumnElement[bool]] = []
    # A product's own range first: only what it lets through needs a look at its variants.
    products: list[ColumnElement[bool]] = []
    if query.min_price is not None:
        products.append(Product.price_max >= query.min_price)
        conditions.append(Variant.price >= query.min_price)
    if query.max_price is not None:
        products.append(Product.price_min <= query.max_price)
        conditions.append(Variant.price <= query.max_price)
    if query.in_stock:
        conditions.append(or_(Variant.track_inventory.is_(False), Variant.stock_quantity > Variant.reserved_quantity))
    if not conditions:
        return []
    of_product = (Variant.store_id == Product.store_id) & (Variant.product_id == Product.id)
    if not products:
        return [exists().where(of_product, Variant.is_active, *conditions).correlate(Product)]
    # Not EXISTS, which PostgreSQL would turn around: guessing few variants in a range, it reads all to find them.
    fitting = select(Variant.id).where(of_product, Variant.is_active, *conditions).correlate(Product).limit(1)
    return [*products, fitting.scalar_subquery().is_not(None)]
