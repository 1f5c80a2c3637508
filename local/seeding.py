"""Two demo shops with real catalogues, written once: a shop that is there already is left alone."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from sqlalchemy import select

from functions.identity.passwords import hash_password
from local.seeding_prices import seed_selling
from shared.models import (
    Attribute,
    Brand,
    Category,
    Media,
    PlatformMember,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductLabel,
    Role,
    Store,
    StoreSubscription,
    SubscriptionPlan,
    User,
    UserStore,
    Variant,
)
from shared.models.base import new_id, now
from shared.models.enums import AdjustmentReason, AttributeType, ProductStatus, SubscriptionStatus
from shared.stock import Why, adjust
from shared.tenancy import platform_session, tenant_session
from shared.tenant_session import TenantSession

PASSWORD = "Demo-Shop-2026"  # noqa: S105 - for anybody to try
# E-mail, name, role on the platform, and roles in the shops.
PEOPLE: list[tuple[str, str, str | None, dict[str, str]]] = [
    ("owner@stormcom.example", "Olga Owner", None, {"aurora": "STORE_ADMIN", "borealis": "STORE_ADMIN"}),
    ("staff@stormcom.example", "Stefan Staff", None, {"aurora": "STAFF"}),
    ("admin@stormcom.example", "Ada Admin", "SUPER_ADMIN", {}),
]
CATALOGUES = Path(__file__).parent / "seed"
_COLORS = {"NEW": "#1b7f5c", "SALE": "#b3261e", "HOT": "#b25e00"}
Ids = dict[str, str]


def seed() -> dict[str, int]:
    """Make the shops of `local/seed` and the users that do not exist yet. Returns the products written, by shop."""
    written = {path.stem: _seed_store(path) for path in sorted(CATALOGUES.glob("*.yaml"))}
    with platform_session(reason="seed the demo users", actor="stormcom seed") as session:
        for email, name, platform_role, roles in PEOPLE:
            if session.scalar(select(User.id).where(User.email == email)) is None:
                _person(session, email, name, platform_role, roles)
    return written


def _person(session: TenantSession, email: str, name: str, platform_role: str | None, roles: dict[str, str]) -> None:
    user = User(id=new_id(), email=email, name=name, email_verified=now(), password_hash=hash_password(PASSWORD))
    session.add(user)
    session.flush()
    for slug, role in roles.items():
        store_id = session.scalars(select(Store.id).where(Store.slug == slug)).one()
        session.add(UserStore(user_id=user.id, store_id=store_id, role_id=_role(session, role)))
    if platform_role is not None:
        session.add(PlatformMember(user_id=user.id, role_id=_role(session, platform_role)))


def _role(session: TenantSession, slug: str) -> str:
    return session.scalars(select(Role.id).where(Role.slug == slug)).one()


def _seed_store(path: Path) -> int:
    with path.open() as file:
        catalogue = yaml.safe_load(file)
    store_id = _make_store(catalogue)
    if store_id is None:
        return 0
    with tenant_session(store_id) as session:
        _fill(session, catalogue)
        seed_selling(session, catalogue["selling"])
    return len(catalogue["products"])


def _make_store(catalogue: dict[str, Any]) -> str | None:
    facts, products = catalogue["store"], len(catalogue["products"])
    with platform_session(reason="seed the demo shops", actor="stormcom seed") as session:
        if session.scalar(select(Store.id).where(Store.slug == facts["slug"])):
            return None
        store = Store(
            id=facts["id"],
            slug=facts["slug"],
            name=facts["name"],
            email=facts["email"],
            currency=facts["currency"],
            onboarding_completed=True,
            prices_include_tax=catalogue["selling"].get("prices_include_tax", False),
            settings={"description": facts["description"]},
        )
        session.add(store)
        session.flush()
        plan = session.scalars(select(SubscriptionPlan.id).where(SubscriptionPlan.slug == "pro")).one()
        active = SubscriptionStatus.ACTIVE
        session.add(StoreSubscription(store_id=store.id, plan_id=plan, status=active, current_products=products))
        return store.id


def _fill(session: TenantSession, catalogue: dict[str, Any]) -> None:
    brands = _brands(session, catalogue["brands"])
    attributes = _attributes(session, catalogue["attributes"])
    categories: Ids = {}
    _categories(session, catalogue["categories"], None, categories)
    stock: dict[str, int] = {}
    for age, facts in enumerate(catalogue["products"]):
        product = _product(session, facts, brands, age)
        stock |= _parts(session, product, facts, categories, attributes)
    session.flush()
    adjust(session, stock, Why(AdjustmentReason.RESTOCK, notes="first stock"))


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


def _parts(
    session: TenantSession, product: Product, facts: dict[str, Any], categories: Ids, attributes: Ids
) -> dict[str, int]:
    """What belongs to a product. Returns the first stock of its variants."""
    variants = [_variant(product, variant) for variant in facts["variants"]]
    session.add_all(variants)
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
    return {row.id: variant["stock"] for row, variant in zip(variants, facts["variants"], strict=True)}


def _variant(product: Product, facts: dict[str, Any]) -> Variant:
    return Variant(
        id=new_id(),
        product_id=product.id,
        sku=facts["sku"],
        attributes=facts["options"],
        price=Decimal(facts["price"]),
        compare_at_price=Decimal(facts["compare_at_price"]) if "compare_at_price" in facts else None,
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
