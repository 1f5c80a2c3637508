"""Two shops with look-alike rows: alike but for the letter of their shop, so that a leak shows in what is read."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text, update

from shared.database import platform_engine
from shared.errors import TenancyError
from shared.models import (
    Attribute,
    Brand,
    Category,
    Customer,
    Media,
    Product,
    ProductAttribute,
    ProductCategory,
    ProductLabel,
    Store,
    User,
    Variant,
)
from shared.tenancy import platform_session
from shared.tenant_session import TenantSession

GONE = datetime(2026, 2, 1, tzinfo=UTC)
A, B = "store-a", "store-b"


@dataclass(frozen=True)
class TwoStores:
    """A database with the shops A and B. Every id ends in the letter of its shop; `gone` rows are soft-deleted."""

    is_postgresql: bool

    def session(self, store_id: str | None = A) -> TenantSession:
        """A session of a shop that the ORM filter alone protects: on PostgreSQL its role sees every shop."""
        return TenantSession(platform_engine(), store_id=store_id)


def raw(session: TenantSession, query: str, **parameters: Any) -> list[Any]:
    """What the database holds, past the filter, inside the session's transaction."""
    return list(session.connection().execute(text(query), parameters).scalars())


def refusal_will_do(*, only: bool = True) -> AbstractContextManager[None]:
    """For statements that the session may refuse as well as filter: a leak is neither."""
    return suppress(TenancyError) if only else nullcontext()


@contextmanager
def variants(stores: TwoStores, *prices: str | Decimal) -> Iterator[TenantSession]:
    """A session of shop A with variants P0, P1 ... at these prices, and its other one at 1."""
    with stores.session() as session:
        session.execute(update(Variant).values(price=Decimal(1)))
        for number, price in enumerate(prices):
            session.add(Variant(product_id="lamp-a", sku=f"P{number}", price=Decimal(price)))
        session.flush()
        session.expunge_all()
        yield session


def fill() -> None:
    """Write both shops, and a user of the platform."""
    with platform_session(reason="two look-alike stores", actor="tests") as session:
        session.add(User(id="user", email="same@example.com", name="User"))
        for letter in "AB":
            _fill_shop(session, letter)


def _fill_shop(session: TenantSession, letter: str) -> None:
    store_id, low = f"store-{letter.lower()}", letter.lower()

    def add(model: Any, row: str, **given: Any) -> None:
        session.add(model(id=f"{row}-{low}", store_id=store_id, **given))
        session.flush()

    domain = f"{low}.example.com"
    session.add(Store(id=store_id, slug=f"shop-{low}", name=f"Shop {letter}", email="shop@example.com", domain=domain))
    session.flush()
    add(Brand, "brand", name=f"Brand {letter}", slug="brand")
    add(Brand, "loose", name=f"Loose {letter}", slug="loose")
    add(Category, "shelf", name=f"Shelf {letter}", slug="shelf")
    add(Category, "board", name=f"Board {letter}", slug="board", parent_id=f"shelf-{low}")
    add(Product, "lamp", name=f"Lamp {letter}", slug="lamp", brand_id=f"brand-{low}")
    add(Product, "gone", name=f"Gone {letter}", slug="gone", deleted_at=GONE)
    add(Variant, "unit", product_id=f"lamp-{low}", sku=f"UNIT-{letter}", price=Decimal(10), is_default=True)
    add(Variant, "lost", product_id=f"lamp-{low}", sku=f"LOST-{letter}", price=Decimal(1), deleted_at=GONE)
    add(ProductLabel, "label", product_id=f"lamp-{low}", label=f"NEW {letter}")
    add(Media, "media", product_id=f"lamp-{low}", url=f"https://example.com/{letter}", mime_type="image/png", size=1)
    add(ProductCategory, "place", product_id=f"lamp-{low}", category_id=f"shelf-{low}")
    add(Attribute, "attribute", name=f"Colour {letter}", slug="colour", values=["Red"])
    add(
        ProductAttribute,
        "chosen",
        product_id=f"lamp-{low}",
        attribute_id=f"attribute-{low}",
        selected_values=["Red"],
    )
    add(Customer, "customer", email="same@example.com", first_name=f"Customer {letter}")
    add(Customer, "past", email="past@example.com", first_name=f"Gone {letter}", deleted_at=GONE)
