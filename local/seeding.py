"""Two demo shops with real catalogues, written once: a shop that is there already is left alone."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from sqlalchemy import select

from shared.models import (
    Attribute,
    Brand,
    Category,
    Media,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductLabel,
    Store,
    Variant,
)
from shared.models.base import new_id, now
from shared.models.enums import AttributeType, ProductStatus
from shared.tenancy import platform_session, tenant_session
from shared.tenant_session import TenantSession

CATALOGUES = Path(__file__).parent / "seed"
_COLORS = {"NEW": "#1b7f5c", "SALE": "#b3261e", "HOT": "#b25e00"}
Ids = dict[str, str]


def seed() -> dict[str, int]:
    """Make each shop of `local/seed` that does not exist yet. Returns the products written, by shop."""
    return {path.stem: _seed_store(path) for path in sorted(CATALOGUES.glob("*.yaml"))}


def _seed_store(path: Path) -> int:
    with path.open() as file:
        catalogue = yaml.safe_load(file)
    store_id = _make_store(catalogue["store"])
    if store_id is None:
        return 0
    with tenant_session(store_id) as session:
        _fill(session, catalogue)
    return len(catalogue["products"])


def _make_store(facts: dict[str, Any]) -> str | None:
    with platform_session(reason="seed the demo shops", actor="stormcom seed") as session:
        if session.scalar(select(Store.id).where(Store.slug == facts["slug"])):
            return None
        store = Store(
            id=new_id(),
            slug=facts["slug"],
            name=facts["name"],
            email=facts["email"],
            currency=facts["currency"],
            onboarding_completed=True,
            settings={"description": facts["description"]},
        )
        session.add(store)
        return store.id


def _fill(session: TenantSession, catalogue: dict[str, Any]) -> None:
    brands = _brands(session, catalogue["brands"])
    attributes = _attributes(session, catalogue["attributes"])
    categories: Ids = {}
    _categories(session, catalogue["categories"], None, categories)
    for age, facts in enumerate(catalogue["products"]):
        product = _product(session, facts, brands, age)
        _parts(session, product, facts, categories, attributes)


def _brands(session: TenantSession, brands: list[dict[str, Any]]) -> Ids:
    rows = [Brand(id=new_id(), slug=facts["slug"], name=facts["name"]) for facts in brands]
    session.add_all(rows)
    return {row.slug: row.id for row in rows}


def _attributes(session: TenantSession, attributes: list[dict[str, Any]]) -> Ids:
    rows = [
        Attribute(
            id=new_id(),
            slug=facts["slug"],
            name=facts["name"],
            type=AttributeType(facts["type"]),
            values=facts["values"],
            display_order=place,
        )
        for place, facts in enumerate(attributes)
    ]
    session.add_all(rows)
    return {row.slug: row.id for row in rows}


def _categories(session: TenantSession, nodes: list[dict[str, Any]], parent: str | None, ids: Ids) -> None:
    for place, facts in enumerate(nodes):
        row = Category(
            id=new_id(),
            slug=facts["slug"],
            name=facts["name"],
            description=facts.get("description"),
            parent_id=parent,
            display_order=place,
        )
        session.add(row)
        session.flush()  # a shelf before the shelves in it
        ids[row.slug] = row.id
        _categories(session, facts.get("children", []), row.id, ids)


def _product(session: TenantSession, facts: dict[str, Any], brands: Ids, age: int) -> Product:
    active = facts["status"] == "ACTIVE"
    product = Product(
        id=new_id(),
        slug=facts["slug"],
        name=facts["name"],
        short_description=facts["short_description"],
        description=facts["description"],
        brand_id=brands[facts["brand"]],
        status=ProductStatus(facts["status"]),
        published_at=now() - timedelta(hours=age + 1) if active else None,
    )
    session.add(product)
    session.flush()
    return product


def _parts(session: TenantSession, product: Product, facts: dict[str, Any], categories: Ids, attributes: Ids) -> None:
    session.add_all(_variant(product, variant) for variant in facts["variants"])
    session.add_all(
        ProductCategory(product_id=product.id, category_id=categories[slug], is_primary=place == 0)
        for place, slug in enumerate(facts["categories"])
    )
    session.add_all(
        ProductAttribute(product_id=product.id, attribute_id=attributes[slug], selected_values=values)
        for slug, values in facts.get("attributes", {}).items()
    )
    session.add_all(
        ProductLabel(product_id=product.id, label=label, color=_COLORS[label]) for label in facts.get("labels", [])
    )
    session.add(_picture(product))


def _variant(product: Product, facts: dict[str, Any]) -> Variant:
    return Variant(
        product_id=product.id,
        sku=facts["sku"],
        attributes=facts["options"],
        price=Decimal(facts["price"]),
        compare_at_price=Decimal(facts["compare_at_price"]) if "compare_at_price" in facts else None,
        stock_quantity=facts["stock"],
        weight=Decimal(facts["weight_kg"]) if "weight_kg" in facts else None,
        is_default=facts.get("default", False),
    )


def _picture(product: Product) -> Media:
    """A drawn placeholder that needs no network: the product's name on a colour of its own."""
    hue = sum(product.slug.encode()) % 360
    name = product.name.replace("&", "&amp;").replace("<", "&lt;")
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
        f'<rect width="400" height="400" fill="hsl({hue},35%,80%)"/>'
        f'<text x="200" y="205" font-family="sans-serif" font-size="20" text-anchor="middle">{name}</text></svg>'
    )
    return Media(
        product_id=product.id,
        url=f"data:image/svg+xml,{quote(svg)}",
        alt_text=product.name,
        mime_type="image/svg+xml",
        size=len(svg),
        is_featured=True,
    )
