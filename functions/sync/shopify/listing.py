"""Pages of what a Shopify shop has, by the time of its change, through its own cursors.

A page that would cost more than a call may is asked for again by halves. What the app may not read is told of once, and
keeps nothing else from being read.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from functions.sync.entities import CUSTOMER, ORDER, PRODUCT, STOCK, Entity, ExternalProduct, UnreadableError
from functions.sync.runs.pages import Absent, Page, Read, Unreadable
from functions.sync.shopify.admin import WHOLE, completed, product, whole
from functions.sync.shopify.admin_orders import LINES, WHERE, WHOLE_CUSTOMER, WHOLE_ORDER, customer, level, order
from shared.models.enums import SyncRunKind
from shared.platforms.errors import DeniedError, RefusedError
from shared.platforms.http import Credentials
from shared.platforms.shopify import gid, number_of, query

PAGE = 20
"""Products in a call, each with up to a hundred variants."""
LINKED: Sequence[str] = (PRODUCT, ORDER, CUSTOMER)
_FEW = 25
_PAGE_INFO = "pageInfo { hasNextPage endCursor }"
_ASKED = "$first: Int!, $after: String, $query: String"
_GIVEN = "first: $first, after: $after, query: $query, sortKey: UPDATED_AT"
_PRODUCTS = f"query({_ASKED}) {{ products({_GIVEN}) {{ nodes {{ ...Whole }} {_PAGE_INFO} }} }}{WHOLE}"
_ORDERS = f"query({_ASKED}) {{ orders({_GIVEN}) {{ nodes {{ ...WholeOrder }} {_PAGE_INFO} }} }}{WHOLE_ORDER}{WHERE}"
_CUSTOMERS = (
    f"query({_ASKED}) {{ customers({_GIVEN}) {{ nodes {{ ...WholeCustomer }} {_PAGE_INFO} }} }}{WHOLE_CUSTOMER}{WHERE}"
)
_LEVELS = f"""query($place: String, $after: String, $query: String) {{
  locations(first: 1, after: $place) {{
    nodes {{ id inventoryLevels(first: 100, after: $after, query: $query) {{
      nodes {{ updatedAt item {{ id }} quantities(names: ["available"]) {{ name quantity }} }}
      {_PAGE_INFO}
    }} }}
    {_PAGE_INFO}
  }}
}}"""
_FURTHER_LINES = f"""query($ids: [ID!]!, $after: String) {{
  nodes(ids: $ids) {{ ... on Order {{ lineItems(first: 100, after: $after) {{{LINES}}} }} }}
}}"""
_THERE = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
_BY_SKU = "query($query: String!) { productVariants(first: 1, query: $query) { nodes { sku product { id } } } }"
_KINDS = {PRODUCT: "Product", ORDER: "Order", CUSTOMER: "Customer"}
_sizes: dict[str, int] = {}


def reads(kind: SyncRunKind) -> Mapping[str, Read]:
    """An import reads products and customers; a comparison what changed, orders with their refunds and stock too.

    Orders placed before the shops were connected stay there, unless they change.
    """
    if kind is SyncRunKind.IMPORT:
        return {PRODUCT: _products, CUSTOMER: _customers}
    return {PRODUCT: _products, CUSTOMER: _customers, ORDER: _orders, STOCK: _levels}


def absent(credentials: Credentials, entity_type: str, parts: Mapping[str, Sequence[str]]) -> list[Absent]:
    """Which of these are gone, as far as the app may know."""
    ids = list(parts)
    try:
        nodes = query(credentials, _THERE, {"ids": [gid(_KINDS[entity_type], one) for one in ids]})["nodes"]
    except DeniedError:
        return []
    return [Absent(entity_type, one) for one, node in zip(ids, nodes, strict=True) if node is None]


def one(credentials: Credentials, _entity_type: str, external_id: str) -> list[Entity | Unreadable]:
    """A product as it is now."""
    node = whole(credentials, gid("Product", external_id))
    return [_read(product, node)] if node else []


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
    return _page(credentials, "products", _PRODUCTS, PAGE, partial(_product, credentials), cursor, since)


def _product(credentials: Credentials, node: Any) -> ExternalProduct:
    return product(completed(credentials, node))


def _customers(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    return _page(credentials, "customers", _CUSTOMERS, _FEW, customer, cursor, since)


def _orders(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    return _page(credentials, "orders", _ORDERS, _FEW, partial(_order, credentials), cursor, since)


def _levels(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    """Levels of one place after the other."""
    place, _, after = (cursor or "|").partition("|")
    given = {"place": place or None, "after": after or None, "query": _changed(since)}
    try:
        places = query(credentials, _LEVELS, given)["locations"]
    except DeniedError as error:
        return Page([Unreadable("", error.code)], None)
    entities: list[Entity | Unreadable] = []
    for node in places["nodes"]:
        listed = node["inventoryLevels"]
        entities += [_read(partial(level, location=node["id"]), one) for one in listed["nodes"]]
        if listed["pageInfo"]["hasNextPage"]:
            return Page(entities, f"{place}|{listed['pageInfo']['endCursor']}")
    further = places["pageInfo"]["endCursor"] if places["pageInfo"]["hasNextPage"] else None
    return Page(entities, f"{further}|" if further else None)


def _page(  # noqa: PLR0913, PLR0917 - what is listed, how it is read, and where
    credentials: Credentials,
    root: str,
    document: str,
    most: int,
    read: Callable[[Any], Entity],
    cursor: str | None,
    since: datetime | None,
) -> Page:
    given = {"after": cursor, "query": _changed(since)}
    try:
        total = _total(credentials, root, given["query"]) if cursor is None else None
        found = _within_cost(credentials, document, most, given)[root]
    except DeniedError as error:
        return Page([Unreadable("", error.code)], None)
    following = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
    return Page([_read(read, node) for node in found["nodes"]], following, total)


def _within_cost(credentials: Credentials, document: str, most: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """A page of as many as one call may cost, which Shopify alone can reckon; the size is kept for the next one."""
    size = _sizes.get(document, most)
    while True:
        try:
            return query(credentials, document, {**given, "first": size})
        except RefusedError as refusal:
            if refusal.code != "max_cost_exceeded" or size == 1:
                raise
            size = _sizes[document] = size // 2


def _total(credentials: Credentials, root: str, changed: str | None) -> int:
    counted = f"{root}Count"
    document = f"query($query: String) {{ {counted}(query: $query, limit: null) {{ count }} }}"
    return int(query(credentials, document, {"query": changed})[counted]["count"])


def _changed(since: datetime | None) -> str | None:
    return f"updated_at:>='{since.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}'" if since else None


def _order(credentials: Credentials, node: Any) -> Entity:
    """An order with all its lines, however many pages they fill."""
    lines = node["lineItems"]
    while (info := lines.get("pageInfo") or {}).get("hasNextPage"):
        given = {"ids": [node["id"]], "after": info["endCursor"]}
        further = query(credentials, _FURTHER_LINES, given)["nodes"][0]["lineItems"]
        lines = {"nodes": [*lines["nodes"], *further["nodes"]], "pageInfo": further["pageInfo"]}
    return order({**node, "lineItems": lines})


def _read(read: Callable[[Any], Entity], node: Any) -> Entity | Unreadable:
    try:
        return read(node)
    except UnreadableError as error:
        return Unreadable(number_of(str(node.get("id"))), error.reason)
