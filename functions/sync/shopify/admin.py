"""Products as the GraphQL Admin API has them, in the shape of webhooks, so that one reader reads both."""

from typing import Any

from functions.sync.entities import ExternalProduct
from functions.sync.shopify.reading import read_product
from shared.platforms.shopify import number_of

MOST_VARIANTS = 100
WHOLE = """
fragment Whole on Product {
  id title handle status vendor descriptionHtml updatedAt
  options { name values }
  images(first: 20) { nodes { id url altText } }
  variants(first: 100) { nodes {
    id sku barcode price compareAtPrice taxable inventoryQuantity updatedAt
    selectedOptions { name value }
    inventoryItem { id tracked measurement { weight { value unit } } }
  } }
}
"""
_UNITS = {"KILOGRAMS": "kg", "GRAMS": "g", "POUNDS": "lb", "OUNCES": "oz"}
Node = dict[str, Any]


def product(node: Node) -> ExternalProduct:
    """A product. Raises UnreadableError."""
    names = [option["name"] for option in node.get("options") or []]
    return read_product(
        {
            "id": number_of(node["id"]),
            "title": node.get("title"),
            "handle": node.get("handle"),
            "status": str(node.get("status") or "").lower(),
            "vendor": node.get("vendor"),
            "body_html": node.get("descriptionHtml"),
            "updated_at": node.get("updatedAt"),
            "options": node.get("options") or [],
            "images": [
                {"id": number_of(image["id"]), "src": image["url"], "alt": image.get("altText")}
                for image in _nodes(node, "images")
            ],
            "variants": [_variant(one, names) for one in _nodes(node, "variants")],
        }
    )


def _variant(node: Node, names: list[str]) -> Node:
    item = node.get("inventoryItem") or {}
    weight = (item.get("measurement") or {}).get("weight") or {}
    chosen = {option["name"]: option["value"] for option in node.get("selectedOptions") or []}
    return {
        "id": number_of(node["id"]),
        "sku": node.get("sku"),
        "barcode": node.get("barcode"),
        "price": node.get("price"),
        "compare_at_price": node.get("compareAtPrice"),
        "taxable": node.get("taxable"),
        "inventory_quantity": node.get("inventoryQuantity"),
        "inventory_management": "shopify" if item.get("tracked") else None,
        "inventory_item_id": number_of(item["id"]) if item.get("id") else None,
        "updated_at": node.get("updatedAt"),
        "weight": weight.get("value"),
        "weight_unit": _UNITS.get(str(weight.get("unit"))),
        **{f"option{place}": chosen.get(name) for place, name in enumerate(names, 1)},
    }


def _nodes(node: Node, name: str) -> list[Node]:
    found: list[Node] = (node.get(name) or {}).get("nodes") or []
    return found
