"""Pages of what a Shopify shop has, by the time of its change, through its own cursors."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from functions.sync.entities import PRODUCT, Entity, UnreadableError
from functions.sync.runs.pages import Missing, Page, Read, Unreadable
from functions.sync.shopify.admin import WHOLE, product
from shared.models.enums import SyncRunKind
from shared.platforms.http import Credentials
from shared.platforms.shopify import gid, number_of, query

PAGE = 20
"""Products in a call: with a hundred variants each it costs what a bucket of the smallest plan can pay."""
_PRODUCTS = f"""query($first: Int!, $after: String, $query: String) {{
  products(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ ...Whole }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}{WHOLE}"""
_COUNT = "query($query: String) { productsCount(query: $query, limit: null) { count } }"
_THERE = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
_BY_SKU = "query($query: String!) { productVariants(first: 1, query: $query) { nodes { sku product { id } } } }"
_ONE = f"query($id: ID!) {{ product(id: $id) {{ ...Whole }} }}{WHOLE}"


def reads(_kind: SyncRunKind) -> Mapping[str, Read]:
    """Products with their stock. Customers and orders come with what they do."""
    return {PRODUCT: _products}


def missing(credentials: Credentials, skus: Mapping[str, Sequence[str]]) -> list[Missing]:
    """Which of these products are gone."""
    ids = list(skus)
    nodes = query(credentials, _THERE, {"ids": [gid("Product", one) for one in ids]})["nodes"]
    gone = [one for one, node in zip(ids, nodes, strict=True) if node is None]
    return [Missing(one, by_sku(credentials, skus[one])) for one in gone]


def one(credentials: Credentials, external_id: str) -> list[Entity | Unreadable]:
    """A product as it is now."""
    node = query(credentials, _ONE, {"id": gid("Product", external_id)})["product"]
    return [_read(node)] if node else []


def by_sku(credentials: Credentials, skus: Sequence[str]) -> str | None:
    """The id of the product that has one of these SKUs."""
    for sku in skus:
        quoted = sku.replace("\\", "\\\\").replace('"', '\\"')
        for node in query(credentials, _BY_SKU, {"query": f'sku:"{quoted}"'})["productVariants"]["nodes"]:
            # The search finds words; what is meant is the whole SKU.
            if node["sku"] == sku:
                return number_of(node["product"]["id"])
    return None


def _products(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    changed = f"updated_at:>='{since.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}'" if since else None
    total = None
    if cursor is None:
        total = int(query(credentials, _COUNT, {"query": changed})["productsCount"]["count"])
    found = query(credentials, _PRODUCTS, {"first": PAGE, "after": cursor, "query": changed})["products"]
    following = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
    return Page([_read(node) for node in found["nodes"]], following, total)


def _read(node: Any) -> Entity | Unreadable:
    try:
        return product(node)
    except UnreadableError as error:
        return Unreadable(number_of(str(node.get("id"))), error.reason)
