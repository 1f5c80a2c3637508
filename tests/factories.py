"""Rows for tests: each maker fills what the test does not say."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select

from shared.models import Category, Customer, ExternalPlatformIntegration, Order, Product, Store, User, Variant
from shared.models.base import new_id
from shared.models.enums import ExternalPlatform, ProductStatus
from shared.tenancy import identity_session, platform_session, tenant_session

PUBLISHED = datetime(2026, 1, 1, tzinfo=UTC)
_numbers = count(1)


def make_store(**given: Any) -> str:
    """A store, written by the platform. Returns its id."""
    number = next(_numbers)
    values = {"id": new_id(), "slug": f"store-{number}", "name": f"Store {number}", "email": f"s{number}@example.com"}
    with platform_session(reason="test", actor="tests") as session:
        store = Store(**(values | given))
        session.add(store)
        return str(store.id)


def make_user(email: str | None = None, **given: Any) -> str:
    """A user with a verified address and no password, unless there is one with it. Returns their id."""
    email = email or f"user-{next(_numbers)}@example.com"
    with identity_session() as session:
        known = session.scalar(select(User.id).where(User.email == email))
        if known is not None:
            return known
        user = User(**({"id": new_id(), "email": email, "name": "Somebody", "email_verified": PUBLISHED} | given))
        session.add(user)
        return user.id


def make_product(store_id: str, **given: Any) -> str:
    """An active product with one variant of 10 units at 10.00, written in its store. Returns its id."""
    with tenant_session(store_id) as session:
        product = product_of(**given)
        session.add(product)
        session.flush()
        session.add(variant_of(product.id))
        return product.id


def product_of(**given: Any) -> Product:
    """An active product, not yet added."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": new_id(),
        "slug": f"product-{number}",
        "name": f"Product {number}",
        "status": ProductStatus.ACTIVE,
        "published_at": PUBLISHED,
    }
    return Product(**(values | given))


def variant_of(product_id: str, **given: Any) -> Variant:
    """The default variant of a product, not yet added."""
    values: dict[str, Any] = {
        "id": new_id(),
        "product_id": product_id,
        "sku": f"SKU-{next(_numbers)}",
        "price": Decimal("10.00"),
        "stock_quantity": 10,
        "is_default": True,
    }
    return Variant(**(values | given))


def category_of(**given: Any) -> Category:
    """A category, not yet added."""
    number = next(_numbers)
    return Category(**({"id": new_id(), "slug": f"category-{number}", "name": f"Category {number}"} | given))


def customer_of(**given: Any) -> Customer:
    """A customer, not yet added."""
    number = next(_numbers)
    return Customer(**({"id": new_id(), "email": f"c{number}@example.com", "first_name": f"Customer {number}"} | given))


def order_of(**given: Any) -> Order:
    """A pending order of 10.00 without lines, not yet added."""
    values: dict[str, Any] = {
        "id": new_id(),
        "order_number": f"ORD-{next(_numbers)}",
        "subtotal": Decimal("10.00"),
        "total": Decimal("10.00"),
        "shipping_address": {"country": "DE"},
        "billing_address": {"country": "DE"},
        "customer_email": "buyer@example.com",
    }
    return Order(**(values | given))


def make_integration(store_id: str, **given: Any) -> str:
    """A connection to a WooCommerce shop, without keys. Returns its id."""
    values = {
        "id": new_id(),
        "platform": ExternalPlatform.WOOCOMMERCE,
        "api_url": "https://shop.example",
        "api_key": "",
    }
    with tenant_session(store_id) as session:
        integration = ExternalPlatformIntegration(**(values | given))
        session.add(integration)
        return integration.id
