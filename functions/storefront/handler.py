"""What shoppers read: the store, its products, categories and brands."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.storefront import facets, products, service
from functions.storefront.filters import (
    InCategory,
    InStock,
    MaxPrice,
    MinPrice,
    OfBrand,
    ProductQuery,
    Q,
    SortBy,
    WithAttribute,
    WithLabel,
)
from functions.storefront.schemas import (
    FacetsRead,
    StorefrontBrandsRead,
    StorefrontCategoriesRead,
    StorefrontProductDetailRead,
    StorefrontProductFoundRead,
    StorefrontStoreRead,
    SuggestionsRead,
)
from shared.api import HttpApi
from shared.pagination import Cursor, Limit, Page
from shared.storefront import open_storefront
from shared.tenancy import current_session, tenant_isolated

app = HttpApi(public=True, cache_control="public, max-age=30, stale-while-revalidate=30")


@app.get("/v1/storefront/store", tags=["storefront"])
def read_store() -> StorefrontStoreRead:
    """The store: its name, currency, language and look."""
    return service.get_store(current_session())


@app.get("/v1/storefront/products", tags=["storefront"])
def list_products(  # noqa: PLR0913, PLR0917 - a parameter for each of the query's
    q: Q = None,
    category: InCategory = None,
    brand: OfBrand = [],  # noqa: B006 - never changed
    label: WithLabel = [],  # noqa: B006 - never changed
    attribute: WithAttribute = [],  # noqa: B006 - never changed
    min_price: MinPrice = None,
    max_price: MaxPrice = None,
    in_stock: InStock = False,
    sort: SortBy = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[StorefrontProductFoundRead]:
    """Products that are on sale, filtered, sorted, a page at a time."""
    words = (q or "").strip()
    query = ProductQuery(words, category, brand, label, attribute, min_price, max_price, in_stock, sort)
    return products.list_products(current_session(), query, limit, cursor)


@app.get("/v1/storefront/facets", tags=["storefront"])
def read_facets(  # noqa: PLR0913, PLR0917 - a parameter for each of the query's
    q: Q = None,
    category: InCategory = None,
    brand: OfBrand = [],  # noqa: B006 - never changed
    label: WithLabel = [],  # noqa: B006 - never changed
    attribute: WithAttribute = [],  # noqa: B006 - never changed
    min_price: MinPrice = None,
    max_price: MaxPrice = None,
    in_stock: InStock = False,
) -> FacetsRead:
    """What the list with these filters can be narrowed by, with counts."""
    words = (q or "").strip()
    query = ProductQuery(words, category, brand, label, attribute, min_price, max_price, in_stock)
    return facets.read_facets(current_session(), query)


@app.get("/v1/storefront/products/<slug>", tags=["storefront"])
def read_product(slug: Annotated[str, Path(max_length=200)]) -> StorefrontProductDetailRead:
    """One product with everything its page shows."""
    return products.get_product(current_session(), slug)


@app.get("/v1/storefront/categories", tags=["storefront"])
def read_categories() -> StorefrontCategoriesRead:
    """The category tree."""
    return service.category_tree(current_session())


@app.get("/v1/storefront/brands", tags=["storefront"])
def list_brands() -> StorefrontBrandsRead:
    """The brands."""
    return service.list_brands(current_session())


@app.get("/v1/storefront/suggest", tags=["storefront"])
def suggest(q: Annotated[str, Query(min_length=1, max_length=100)]) -> SuggestionsRead:
    """What a shopper may mean while typing."""
    return service.suggest(current_session(), q)


@tenant_isolated(open_storefront)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
