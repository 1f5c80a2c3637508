"""Everything that each demo shop owns, read past the session, to look for it where it must not be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from shared.currency import in_currency
from tests.conftest import Database

TEXTS = {
    "stores": ["id", "slug", "name", "email"],
    "products": ["id", "slug", "name", "short_description", "description"],
    "variants": ["id", "sku"],
    "brands": ["id", "slug", "name"],
    "categories": ["id", "slug", "name", "description"],
    "media": ["id", "url"],
    "attributes": ["id", "slug", "name"],
    "product_labels": ["id"],
    "product_categories": ["id"],
    "product_attributes": ["id"],
}


@dataclass(frozen=True)
class Owned:
    """What one store holds: the ids of its rows, its texts, its amounts as they are shown."""

    ids: set[str]
    texts: set[str]
    amounts: set[str]


def owned(shops: Database, slug: str) -> Owned:
    """All of a store's catalogue."""
    ids: set[str] = set()
    texts: set[str] = set()
    with shops.engine("PLATFORM_DATABASE_URL").connect() as platform:
        store = platform.execute(text("SELECT id, currency FROM stores WHERE slug = :slug"), {"slug": slug}).one()
        for table, columns in TEXTS.items():
            key = "id" if table == "stores" else "store_id"
            query = text(f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = :id")
            for row in platform.execute(query, {"id": store.id}):
                ids.add(row.id)
                texts |= {value for value in row if value}
        prices = text("SELECT price FROM variants WHERE store_id = :id")
        amounts = {
            str(in_currency(price, store.currency)) for price in platform.execute(prices, store._asdict()).scalars()
        }
    return Owned(ids, texts, amounts)


def values(body: Any) -> Iterator[str]:
    """Every text in an answer, however deep."""
    if isinstance(body, dict):
        for value in body.values():
            yield from values(value)
    elif isinstance(body, list):
        for value in body:
            yield from values(value)
    elif isinstance(body, str):
        yield body
