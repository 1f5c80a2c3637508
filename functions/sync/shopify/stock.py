"""The stock of a Shopify shop: set from what was read to what it is to be, under a key.

What is meant is kept before the call, and a try after it says the same again, which Shopify answers as it did the first
time.
"""

from typing import Any

from functions.sync.entities import ExternalVariant
from functions.sync.outbound.outgoing import OurVariant
from functions.sync.outbound.written import Intended, Written
from shared.platforms.errors import RefusedError, UnreachableError
from shared.platforms.http import Credentials
from shared.platforms.shopify import gid, query

_LEVEL = """query($id: ID!, $location: ID!) {
  inventoryItem(id: $id) { inventoryLevel(locationId: $location) {
    quantities(names: ["available"]) { name quantity }
  } }
}"""
_LOCATION = "query { locations(first: 1) { nodes { id } } }"
_STOCK = """mutation($input: InventorySetQuantitiesInput!, $idempotencyKey: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $idempotencyKey) {
    inventoryAdjustmentGroup { id }
    userErrors { field message code }
  }
}"""


def write_stock(credentials: Credentials, settings: dict[str, Any], ours: OurVariant, intended: Intended) -> Written:
    """Bring the stock at the shop's location in step with ours."""
    link = ours.link
    item = link.details.get("inventory_item_id") if link else None
    if link is None or item is None or not ours.tracked:
        return Written()
    location = location_of(credentials, settings)
    intent, lost = link.details.get("intent"), True
    if intent is None:
        has = _available(credentials, str(item), location)
        target = max(has + ours.available - link.known, 0) if link.known is not None else ours.available
        intent, lost = [link.pushes + 1, has, target], False
        intended(intent)
    count, before, target = intent
    row = {"inventoryItemId": gid("InventoryItem", str(item)), "locationId": location, "quantity": target}
    given = {"name": "available", "reason": "correction", "quantities": [row | {"changeFromQuantity": before}]}
    try:
        query(credentials, _STOCK, {"input": given, "idempotencyKey": f"{ours.id}:{count}:{before}:{target}"})
    except RefusedError as refusal:
        if refusal.code.startswith("idempotency_concurrent"):
            # The call before this one is still at it.
            raise UnreachableError(refusal.code, refusal.message) from refusal
        if not any(word in refusal.code for word in ("stale", "compare", "idempotency_key_parameter")):
            raise
        # They have sold in between: nothing was done, and what is meant is something else now.
        return Written(again=True, void=ours.id)
    written = Written(stock={ours.id: ours.available}, again=lost)
    change = (count, target - before)
    written.variants[ours.id] = ExternalVariant(external_id=link.external_id, product_id=link.parent_id, push=change)
    return written


def _available(credentials: Credentials, item: str, location: str) -> int:
    answer = query(credentials, _LEVEL, {"id": gid("InventoryItem", item), "location": location})["inventoryItem"]
    level = (answer or {}).get("inventoryLevel") or {}
    return next((int(one["quantity"]) for one in level.get("quantities") or []), 0)


def location_of(credentials: Credentials, settings: dict[str, Any]) -> str:
    """Where the shop keeps its stock, as a global id. Raises RefusedError."""
    known = settings.get("location_id")
    if known:
        return gid("Location", str(known))
    nodes = query(credentials, _LOCATION)["locations"]["nodes"]
    if not nodes:
        raise RefusedError("no_location", "The other shop has no place where stock is kept.")
    return str(nodes[0]["id"])
