"""Products: making and changing them whole, deleting and restoring them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from functions.catalog import parts
from functions.catalog.checks import product_errors
from functions.catalog.reading import product_of
from functions.catalog.schemas import DEAREST, ProductCreate, ProductsUpdate, ProductUpdate
from functions.catalog.variants import add_variants
from shared.audit import Actor
from shared.currency import in_currency
from shared.errors import FieldError, InvalidError, NotFoundError, invalid
from shared.models import Category, Media, Product, ProductCategory, Variant
from shared.models.base import new_id, now
from shared.models.enums import ProductStatus
from shared.plan_limits import Resource, give_back, take_place
from shared.saving import saved
from shared.slugs import claim, free_slug, rename
from shared.soft_delete import restore, soft_delete
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession
from shared.versions import check_if_match

_PARTS = {"options", "variants", "categories", "attributes", "labels", "media"}


def create_product(session: TenantSession, body: ProductCreate, actor: Actor) -> str:
    """Save a product with all its parts. Returns its id.

    Raises InvalidError naming all that is wrong, PlanError when the plan has no place left, ConflictError when somebody
    was quicker to take a slug or a SKU.
    """
    check(session, body.model_dump(exclude_unset=True))
    take_place(session, Resource.PRODUCTS)
    fields = body.model_dump(exclude=_PARTS | {"slug"})
    slug = body.slug or free_slug(session, Product, body.name)
    claim(session, "product", slug)
    product = Product(id=new_id(), slug=slug, **fields)
    _publish(product)
    saved(session, lambda: session.add(product))
    add_variants(session, product, body.variants, actor)
    parts.place(session, product, body.categories)
    parts.describe(session, product, [*body.attributes, *parts.as_attributes(session, body.options)])
    parts.label(session, product, body.labels)
    session.add_all(
        Media(product_id=product.id, size=0, display_order=order, **medium.model_dump())
        for order, medium in enumerate(body.media)
    )
    session.flush()
    return product.id


def update_product(session: TenantSession, product_id: str, body: ProductUpdate, event: Mapping[str, Any]) -> None:
    """Change a product. Raises as `create_product`, NotFoundError, and StaleVersionError by `If-Match`."""
    product = product_of(session, product_id, lock=True)
    check_if_match(event, product)
    given = body.model_dump(exclude_unset=True)
    for field in ("name", "status", "is_taxable"):
        if field in given and given[field] is None:
            raise InvalidError("invalid_request", f"{field} cannot be empty; leave it out to keep it.")
    check(session, given, product_id)
    if slug := given.pop("slug", None):
        rename(session, "product", product, slug)
    for field, value in given.items():
        if field not in _PARTS:
            setattr(product, field, value)
    _publish(product)
    # Its parts are the product too: whoever has read it must read it again.
    product.updated_at = now()
    saved(session, lambda: None)
    _replace_parts(session, product, body)
    session.flush()


def update_products(session: TenantSession, body: ProductsUpdate) -> int:
    """Change many products alike: all of them, or none. Returns how many.

    Raises NotFoundError naming those that are not there, InvalidError for a category that is not.
    """
    ids = sorted(set(body.ids))
    rows = session.scalars(select(Product).where(Product.id.in_(ids)).order_by(Product.id).with_for_update()).all()
    if missing := set(ids) - {row.id for row in rows}:
        errors = [FieldError(loc=["body", "ids"], message=product_id) for product_id in sorted(missing)]
        raise NotFoundError("product_not_found", "Some of these products are not there; `errors` says which.", errors)
    for row in rows:
        row.status, row.updated_at = body.status or row.status, now()
        _publish(row)
    if body.category_id is not None:
        _put_into(session, ids, body.category_id)
    if body.price_percent is not None:
        _reprice(session, ids, body.price_percent)
    session.flush()
    return len(rows)


def delete_product(session: TenantSession, product_id: str, event: Mapping[str, Any]) -> None:
    """Delete a product with its variants; 90 days can undo it. Raises NotFoundError, StaleVersionError."""
    product = product_of(session, product_id, lock=True)
    check_if_match(event, product)
    soft_delete(session, product)
    give_back(session, Resource.PRODUCTS)


def restore_product(session: TenantSession, product_id: str) -> None:
    """Bring a deleted product back. Raises NotFoundError, ConflictError for a taken slug or SKU, PlanError."""
    row = restore(session, Product, product_id)
    claim(session, "product", row.slug)
    take_place(session, Resource.PRODUCTS)


def check(session: TenantSession, body: Any, own_id: str | None = None) -> None:
    """Raises InvalidError naming all that is wrong with a product's body."""
    if errors := product_errors(session, body, own_id):
        raise invalid(errors)


def _replace_parts(session: TenantSession, product: Product, body: ProductUpdate) -> None:
    if body.categories is not None:
        parts.place(session, product, body.categories)
    if body.attributes is not None:
        parts.describe(session, product, body.attributes)
    if body.labels is not None:
        parts.label(session, product, body.labels)


def _publish(product: Product) -> None:
    if product.status is ProductStatus.ACTIVE and product.published_at is None:
        product.published_at = now()


def _reprice(session: TenantSession, ids: list[str], percent: Decimal) -> None:
    factor, currency = 1 + percent / 100, tenant_of(session).currency
    for variant in session.scalars(select(Variant).where(Variant.product_id.in_(ids)).order_by(Variant.id)):
        price = in_currency(variant.price * factor, currency)
        if price >= DEAREST:
            message = f"{variant.sku} would cost {DEAREST} or more."
            raise invalid([FieldError(loc=["body", "price_percent"], message=message)])
        variant.price = price
        if variant.compare_at_price is not None and variant.compare_at_price <= price:
            # No reduction is left to show.
            variant.compare_at_price = None


def _put_into(session: TenantSession, ids: list[str], category_id: str) -> None:
    if session.scalar(select(Category.id).where(Category.id == category_id)) is None:
        error = FieldError(loc=["body", "category_id"], message="There is no such category.")
        raise InvalidError("invalid_request", "There is no such category.", [error])
    there = select(ProductCategory.product_id).where(
        ProductCategory.category_id == category_id, ProductCategory.product_id.in_(ids)
    )
    missing = set(ids) - set(session.scalars(there))
    session.add_all(ProductCategory(product_id=product_id, category_id=category_id) for product_id in sorted(missing))
