"""The catalogue, to those who keep it: products, variants, categories, brands and attributes."""

from collections.abc import Iterable
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.catalog import attributes, brands, categories, products, reading, variants
from functions.catalog.checks import product_errors
from functions.catalog.media_routes import router as media_routes
from functions.catalog.schemas import (
    AttributeCreate,
    AttributeRead,
    AttributesRead,
    AttributeUpdate,
    BrandCreate,
    BrandRead,
    BrandUpdate,
    CategoriesRead,
    CategoryCreate,
    CategoryMove,
    CategoryRead,
    CategoryUpdate,
    ProductCreate,
    ProductRead,
    ProductSummaryRead,
    ProductsUpdate,
    ProductsUpdated,
    ProductUpdate,
    VariantCreate,
    VariantRead,
    VariantUpdate,
)
from functions.catalog.transfers.routes import router as transfer_routes
from shared.admin import actor_of, open_admin
from shared.api import HttpApi
from shared.audit import Actor
from shared.auth import requires
from shared.errors import FieldError
from shared.idempotency import idempotent
from shared.models import Variant
from shared.models.enums import ProductStatus
from shared.pagination import Cursor, Limit, Page
from shared.tenancy import current_session, tenant_isolated, tenant_of
from shared.versions import tag

app = HttpApi()
app.include_router(media_routes)
app.include_router(transfer_routes)
TAGS = ["catalog"]
Id = Annotated[str, Path(max_length=40)]
Q = Annotated[str | None, Query(max_length=100, description="Part of the name, beginning of a SKU, or an id.")]


def _check_product(body: Any) -> Iterable[FieldError]:
    return product_errors(current_session(), body)


@app.get("/v1/products", tags=TAGS)
@requires("products:read")
def list_products(
    status: Annotated[ProductStatus | None, Query()] = None,
    q: Q = None,
    deleted: Annotated[bool, Query(description="Those that were deleted and can be restored.")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ProductSummaryRead]:
    """The store's products, newest first."""
    return reading.list_products(current_session(), reading.Filter(status, q, deleted), limit, cursor)


@app.post("/v1/products", tags=TAGS, status_code=201)
@requires("products:write")
@app.checked_by(_check_product)
def create_product(body: ProductCreate) -> ProductRead:
    """Save a product with all its parts, whole or not at all; everything that is wrong is named at once."""
    return _product(products.create_product(current_session(), body, _actor()))


@app.patch("/v1/products", tags=TAGS)
@requires("products:write")
def update_products(body: ProductsUpdate) -> ProductsUpdated:
    """Change up to a hundred products alike: all of them, or none."""
    return ProductsUpdated(updated=products.update_products(current_session(), body))


@app.get("/v1/products/<product_id>", tags=TAGS)
@requires("products:read")
def read_product(product_id: Id) -> ProductRead:
    """One product with all its parts."""
    return _product(product_id)


@app.patch("/v1/products/<product_id>", tags=TAGS)
@requires("products:write")
def update_product(product_id: Id, body: ProductUpdate) -> ProductRead:
    """Change a product. A slug that it had before goes on leading to it."""
    products.update_product(current_session(), product_id, body, app.event)
    return _product(product_id)


@app.delete("/v1/products/<product_id>", tags=TAGS, status_code=204)
@requires("products:write")
def delete_product(product_id: Id) -> None:
    """Delete a product; 90 days can undo it."""
    products.delete_product(current_session(), product_id, app.event)


@app.post("/v1/products/<product_id>/restore", tags=TAGS)
@requires("products:write")
def restore_product(product_id: Id) -> ProductRead:
    """Bring a deleted product back."""
    products.restore_product(current_session(), product_id)
    return _product(product_id)


@app.post("/v1/products/<product_id>/variants", tags=TAGS, status_code=201)
@requires("products:write")
def create_variant(product_id: Id, body: VariantCreate) -> VariantRead:
    """Add a variant."""
    return _variant(variants.create_variant(current_session(), product_id, body, _actor()))


@app.patch("/v1/products/<product_id>/variants/<variant_id>", tags=TAGS)
@requires("products:write")
def update_variant(product_id: Id, variant_id: Id, body: VariantUpdate) -> VariantRead:
    """Change a variant."""
    return _variant(variants.update_variant(current_session(), product_id, variant_id, body, app.event))


@app.delete("/v1/products/<product_id>/variants/<variant_id>", tags=TAGS, status_code=204)
@requires("products:write")
def delete_variant(product_id: Id, variant_id: Id) -> None:
    """Delete a variant; the last one stays."""
    variants.delete_variant(current_session(), product_id, variant_id, app.event)


@app.get("/v1/categories", tags=TAGS)
@requires("products:read")
def list_categories() -> CategoriesRead:
    """All categories; `parent_id` makes the tree."""
    return CategoriesRead(items=[_category(row) for row in categories.list_categories(current_session())])


@app.post("/v1/categories", tags=TAGS, status_code=201)
@requires("products:write")
def create_category(body: CategoryCreate) -> CategoryRead:
    """Add a category."""
    return _tagged_category(categories.create_category(current_session(), body))


@app.get("/v1/categories/<category_id>", tags=TAGS)
@requires("products:read")
def read_category(category_id: Id) -> CategoryRead:
    """One category."""
    return _tagged_category(categories.category_of(current_session(), category_id))


@app.patch("/v1/categories/<category_id>", tags=TAGS)
@requires("products:write")
def update_category(category_id: Id, body: CategoryUpdate) -> CategoryRead:
    """Change a category."""
    return _tagged_category(categories.update_category(current_session(), category_id, body, app.event))


@app.post("/v1/categories/<category_id>/move", tags=TAGS)
@requires("products:write")
def move_category(category_id: Id, body: CategoryMove) -> CategoryRead:
    """Put a category with all that is in it elsewhere."""
    return _tagged_category(categories.move_category(current_session(), category_id, body, app.event))


@app.delete("/v1/categories/<category_id>", tags=TAGS, status_code=204)
@requires("products:write")
def delete_category(category_id: Id) -> None:
    """Delete a category with those inside it; 90 days can undo it."""
    categories.delete_category(current_session(), category_id, app.event)


@app.post("/v1/categories/<category_id>/restore", tags=TAGS)
@requires("products:write")
def restore_category(category_id: Id) -> CategoryRead:
    """Bring back a category with those that went with it."""
    return _tagged_category(categories.restore_category(current_session(), category_id))


@app.get("/v1/brands", tags=TAGS)
@requires("products:read")
def list_brands(limit: Limit = 20, cursor: Cursor = None) -> Page[BrandRead]:
    """The brands, newest first."""
    return brands.list_brands(current_session(), limit, cursor)


@app.post("/v1/brands", tags=TAGS, status_code=201)
@requires("products:write")
def create_brand(body: BrandCreate) -> BrandRead:
    """Add a brand."""
    return _brand(brands.create_brand(current_session(), body))


@app.get("/v1/brands/<brand_id>", tags=TAGS)
@requires("products:read")
def read_brand(brand_id: Id) -> BrandRead:
    """One brand."""
    return _brand(brands.brand_of(current_session(), brand_id))


@app.patch("/v1/brands/<brand_id>", tags=TAGS)
@requires("products:write")
def update_brand(brand_id: Id, body: BrandUpdate) -> BrandRead:
    """Change a brand."""
    return _brand(brands.update_brand(current_session(), brand_id, body, app.event))


@app.delete("/v1/brands/<brand_id>", tags=TAGS, status_code=204)
@requires("products:write")
def delete_brand(brand_id: Id) -> None:
    """Delete a brand; its products stay."""
    brands.delete_brand(current_session(), brand_id, app.event)


@app.post("/v1/brands/<brand_id>/restore", tags=TAGS)
@requires("products:write")
def restore_brand(brand_id: Id) -> BrandRead:
    """Bring a deleted brand back."""
    return _brand(brands.restore_brand(current_session(), brand_id))


@app.get("/v1/attributes", tags=TAGS)
@requires("products:read")
def list_attributes() -> AttributesRead:
    """All attributes, in their order."""
    return AttributesRead(items=[_attribute(row) for row in attributes.list_attributes(current_session())])


@app.post("/v1/attributes", tags=TAGS, status_code=201)
@requires("products:write")
def create_attribute(body: AttributeCreate) -> AttributeRead:
    """Add an attribute."""
    return _tagged_attribute(attributes.create_attribute(current_session(), body))


@app.get("/v1/attributes/<attribute_id>", tags=TAGS)
@requires("products:read")
def read_attribute(attribute_id: Id) -> AttributeRead:
    """One attribute."""
    return _tagged_attribute(attributes.attribute_of(current_session(), attribute_id))


@app.patch("/v1/attributes/<attribute_id>", tags=TAGS)
@requires("products:write")
def update_attribute(attribute_id: Id, body: AttributeUpdate) -> AttributeRead:
    """Change an attribute."""
    return _tagged_attribute(attributes.update_attribute(current_session(), attribute_id, body, app.event))


@app.delete("/v1/attributes/<attribute_id>", tags=TAGS, status_code=204)
@requires("products:write")
def delete_attribute(attribute_id: Id) -> None:
    """Remove an attribute that no product has."""
    attributes.delete_attribute(current_session(), attribute_id, app.event)


def _actor() -> Actor:
    return actor_of(app.principal, app.event)


def _product(product_id: str) -> ProductRead:
    session = current_session()
    session.flush()
    tag(session, reading.product_of(session, product_id))
    return reading.read_product(session, product_id)


def _variant(row: Variant) -> VariantRead:
    session = current_session()
    session.flush()
    session.refresh(row)
    tag(session, row)
    return reading.variant_shown(row, tenant_of(session).currency)


def _category(row: Any) -> CategoryRead:
    return CategoryRead.model_validate(row, from_attributes=True)


def _tagged_category(row: Any) -> CategoryRead:
    tag(current_session(), row)
    return _category(row)


def _brand(row: Any) -> BrandRead:
    tag(current_session(), row)
    return BrandRead.model_validate(row, from_attributes=True)


def _attribute(row: Any) -> AttributeRead:
    return AttributeRead.model_validate(row, from_attributes=True)


def _tagged_attribute(row: Any) -> AttributeRead:
    tag(current_session(), row)
    return _attribute(row)


@tenant_isolated(open_admin)
@idempotent
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
