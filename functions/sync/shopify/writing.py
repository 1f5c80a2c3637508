"""Our changes written to a Shopify shop, so that doing it once more after a lost answer changes nothing.

A product is set as a whole. Stock is set from what was read to what it is to be, under a key: what is meant is kept
before the call, and a try after it says the same again, which Shopify answers as it did the first time.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from functions.sync.entities import ExternalVariant
from functions.sync.outbound.outgoing import ErasedCustomer, OurOrder, OurParcel, OurProduct, OurVariant
from functions.sync.outbound.written import Created, Intended, Written
from functions.sync.shopify import admin
from functions.sync.shopify.listing import by_sku
from shared.models.enums import OrderStatus, ProductStatus
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.shopify import gid, number_of, query

_SET = f"""mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers) {{
  productSet(input: $input, identifier: $identifier, synchronous: true) {{
    product {{ ...Whole }}
    userErrors {{ field message code }}
  }}
}}{admin.WHOLE}"""
_ONE = f"query($id: ID!) {{ product(id: $id) {{ ...Whole }} }}{admin.WHOLE}"
_BY_HANDLE = f"""query($handle: String!) {{
  productByIdentifier(identifier: {{handle: $handle}}) {{ ...Whole }}
}}{admin.WHOLE}"""
_ERASE = """mutation erase($id: ID!) {
  customerRequestDataErasure(customerId: $id) { customerId userErrors { field message } }
}"""
_DELETE = """mutation($input: ProductDeleteInput!) {
  productDelete(input: $input) { deletedProductId userErrors { field message } }
}"""
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
_OPEN = """query($id: ID!) {
  order(id: $id) {
    fulfillments(first: 50) { id trackingInfo { number } }
    fulfillmentOrders(first: 20) { nodes { id status lineItems(first: 100) { nodes { id remainingQuantity } } } }
  }
}"""
_FULFIL = """mutation($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id } userErrors { field message } }
}"""
_STATUSES = {ProductStatus.ACTIVE: "ACTIVE", ProductStatus.DRAFT: "DRAFT", ProductStatus.ARCHIVED: "ARCHIVED"}
_PLAIN = ("Title", "Default Title")
Node = dict[str, Any]


def write_product(credentials: Credentials, settings: dict[str, Any], ours: OurProduct, created: Created) -> Written:
    """Set a product with its variants. Raises as `query`; `gone_there` for one that was deleted there."""
    there = _there(credentials, ours)
    known = {one["sku"]: one["id"] for one in there["variants"]["nodes"]} if there else {}
    location = None if there else _location(credentials, settings)
    written = Written()
    body = _product_input(ours, known, location, written)
    identifier = {"id": there["id"]} if there else None
    answer = query(credentials, _SET, {"input": body, "identifier": identifier})["productSet"]["product"]
    if there is None:
        created(number_of(answer["id"]))
    written.product = admin.product(answer)
    by_its_sku = {one.sku: one for one in written.product.variants or ()}
    for variant in ours.variants:
        written.variants[variant.id] = by_its_sku[variant.sku]
        if location is not None and variant.tracked:
            written.stock[variant.id] = variant.available
    return written


def remove_product(credentials: Credentials, ours: OurProduct) -> Written:
    """Delete a product."""
    if ours.link is not None:
        try:
            query(credentials, _DELETE, {"input": {"id": gid("Product", ours.link.external_id)}})
        except RefusedError as refusal:
            if "does not exist" not in refusal.message:
                raise
    return Written(gone=True)


def write_stock(credentials: Credentials, settings: dict[str, Any], ours: OurVariant, intended: Intended) -> Written:
    """Bring the stock at the shop's location in step with ours."""
    link = ours.link
    item = link.details.get("inventory_item_id") if link else None
    if link is None or item is None or not ours.tracked:
        return Written()
    location = _location(credentials, settings)
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
        if "stale" not in refusal.code and "compare" not in refusal.code:
            raise
        # They have sold in between: nothing was done, and what is meant is something else now.
        return Written(again=True, void=ours.id)
    written = Written(stock={ours.id: ours.available}, again=lost)
    change = (count, target - before)
    written.variants[ours.id] = ExternalVariant(external_id=link.external_id, product_id=link.parent_id, push=change)
    return written


def write_parcel(credentials: Credentials, ours: OurParcel) -> Written:
    """Fulfil what is open of an order, once for each parcel."""
    found = query(credentials, _OPEN, {"id": gid("Order", ours.order.external_id)})["order"]
    if found is None:
        raise RefusedError("gone_there", "The other shop has no such order any more.")
    for one in found["fulfillments"]:
        numbers = [info.get("number") for info in one.get("trackingInfo") or []]
        if ours.tracking_number and ours.tracking_number in numbers:
            return Written(fulfillment_id=number_of(one["id"]))
    nodes = [one for one in found["fulfillmentOrders"]["nodes"] if one["status"] in ("OPEN", "IN_PROGRESS")]
    if not nodes:
        raise RefusedError("nothing_to_fulfil", "Nothing of the order is open in the other shop.")
    tracking = {"number": ours.tracking_number, "url": ours.tracking_url, "company": ours.carrier}
    given = {
        "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": one["id"]} for one in nodes],
        "trackingInfo": {name: value for name, value in tracking.items() if value},
        "notifyCustomer": False,
    }
    made = query(credentials, _FULFIL, {"fulfillment": given})["fulfillmentCreate"]["fulfillment"]
    return Written(fulfillment_id=number_of(made["id"]))


def write_order(_credentials: Credentials, ours: OurOrder) -> Written:
    """Nothing: its status follows its parcels. A cancellation is refused: theirs would put the units back once more."""
    if ours.status is OrderStatus.CANCELED:
        raise RefusedError("cancel_there", "Cancel the order in the other shop too, which gives its units back.")
    return Written()


def erase_customer(credentials: Credentials, ours: ErasedCustomer) -> Written:
    """Ask for a customer's data to be erased: the shop does so once its own orders allow it."""
    query(credentials, _ERASE, {"id": gid("Customer", ours.external_id)})
    return Written(gone=True)


def _there(credentials: Credentials, ours: OurProduct) -> Node | None:
    """The product as it is there: the linked one, one that has a SKU of it, or one under its handle."""
    external_id = ours.link.external_id if ours.link else by_sku(credentials, [one.sku for one in ours.variants])
    if external_id is not None:
        found: Node | None = query(credentials, _ONE, {"id": gid("Product", external_id)})["product"]
        if found is None:
            raise RefusedError("gone_there", "The other shop has deleted it.")
        return found
    # The search for SKUs lags behind what was made a moment ago; this does not.
    found = query(credentials, _BY_HANDLE, {"handle": ours.slug})["productByIdentifier"]
    if found is None:
        return None
    if not {one["sku"] for one in found["variants"]["nodes"]} & {one.sku for one in ours.variants}:
        raise RefusedError("handle_taken", f"Another product of the other shop has the address {ours.slug}.")
    return found


def _product_input(ours: OurProduct, known: dict[str, str], location: str | None, written: Written) -> Node:
    names = list(dict.fromkeys(name for one in ours.variants for name, _ in one.options)) or [_PLAIN[0]]
    body: Node = {
        "title": ours.name,
        "handle": ours.slug,
        "descriptionHtml": ours.description,
        "status": _STATUSES[ours.status],
        "productOptions": [{"name": name, "values": _values(ours.variants, name)} for name in names],
        "variants": [_variant_input(one, ours, known.get(one.sku), location) for one in ours.variants],
    }
    if ours.brand:
        body["vendor"] = ours.brand
    shown = [url for url, _ in ours.images]
    details = ours.link.details if ours.link else {}
    if shown not in (details.get("images", []), details.get("pushed_images")):
        body["files"] = [{"originalSource": url, "alt": alt, "contentType": "IMAGE"} for url, alt in ours.images]
        written.details["pushed_images"] = shown
    return body


def _values(variants: Sequence[OurVariant], name: str) -> list[Node]:
    values = dict.fromkeys(dict(one.options or (_PLAIN,)).get(name, "-") for one in variants)
    return [{"name": value} for value in values]


def _variant_input(ours: OurVariant, product: OurProduct, known: str | None, location: str | None) -> Node:
    item: Node = {"sku": ours.sku, "tracked": ours.tracked}
    if ours.weight is not None:
        item["measurement"] = {"weight": {"value": float(ours.weight), "unit": "KILOGRAMS"}}
    body: Node = {
        "optionValues": [{"optionName": name, "name": value} for name, value in ours.options or (_PLAIN,)],
        "price": _amount(ours.price),
        "compareAtPrice": _amount(ours.compare_at_price),
        "barcode": ours.barcode,
        "taxable": product.is_taxable,
        "inventoryItem": item,
    }
    if known is not None:
        body["id"] = known
    if location is not None and ours.tracked:
        body["inventoryQuantities"] = [{"locationId": location, "name": "available", "quantity": ours.available}]
    return body


def _available(credentials: Credentials, item: str, location: str) -> int:
    answer = query(credentials, _LEVEL, {"id": gid("InventoryItem", item), "location": location})["inventoryItem"]
    level = (answer or {}).get("inventoryLevel") or {}
    return next((int(one["quantity"]) for one in level.get("quantities") or []), 0)


def _location(credentials: Credentials, settings: dict[str, Any]) -> str:
    known = settings.get("location_id")
    if known:
        return gid("Location", str(known))
    nodes = query(credentials, _LOCATION)["locations"]["nodes"]
    if not nodes:
        raise RefusedError("no_location", "The other shop has no place where stock is kept.")
    return str(nodes[0]["id"])


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize() if value else Decimal(0), "f")
