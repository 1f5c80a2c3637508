"""The shop itself and the ways into its catalogue: categories, brands, suggestions."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Select, literal, select, union_all

from functions.storefront.schemas import (
    StorefrontBrandsRead,
    StorefrontCategoriesRead,
    StorefrontStoreRead,
    SuggestionsRead,
)
from functions.storefront.shelves import on_show
from shared.models import Brand, Category, Product, Store
from shared.on_sale import on_sale
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession
from shared.text_search import contains, named

_SUGGESTIONS = 8


def get_store(session: TenantSession) -> StorefrontStoreRead:
    """The store of this session."""
    store = session.scalars(select(Store).where(Store.id == tenant_of(session).id)).one()
    return StorefrontStoreRead.model_validate(store, from_attributes=True)


def category_tree(session: TenantSession) -> StorefrontCategoriesRead:
    """The active categories as a tree, each level in display order. What lies in a hidden one is hidden too."""
    columns = (Category.id, Category.parent_id, Category.slug, Category.name, Category.description, Category.image_url)
    query = select(*columns).where(Category.is_active)
    rows = session.execute(query.order_by(Category.display_order, Category.name, Category.id)).mappings()
    children: defaultdict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        children[row["parent_id"]].append(dict(row))
    for siblings in list(children.values()):
        for category in siblings:
            category["children"] = children.get(category["id"], [])
    return StorefrontCategoriesRead.model_validate({"items": children[None]})


def list_brands(session: TenantSession) -> StorefrontBrandsRead:
    """Every active brand by name."""
    query = select(Brand.slug, Brand.name, Brand.logo_url).where(Brand.is_active).order_by(Brand.name, Brand.id)
    return StorefrontBrandsRead.model_validate({"items": session.execute(query).mappings().all()})


def suggest(session: TenantSession, typed: str) -> SuggestionsRead:
    """What a shopper may mean: products, categories and brands whose name contains what was typed so far."""
    kinds = [
        _names(1, "product", Product).where(named(session, typed), *on_sale()),
        _names(2, "category", Category).where(contains(Category.name, typed), on_show()),
        _names(3, "brand", Brand).where(contains(Brand.name, typed), Brand.is_active),
    ]
    found = union_all(*kinds).subquery()
    query = select(found.c.kind, found.c.slug, found.c.name).order_by(found.c.place, found.c.name, found.c.slug)
    return SuggestionsRead.model_validate({"items": session.execute(query.limit(_SUGGESTIONS)).mappings().all()})


def _names(place: int, kind: str, model: Any) -> Select[Any]:
    return select(literal(place).label("place"), literal(kind).label("kind"), model.slug, model.name)
