"""Products as the GraphQL Admin API has them, in the shape of webhooks, so that one reader reads both."""

from typing import Any

from functions.sync.entities import ExternalProduct
from functions.sync.shopify.reading import read_product
from shared.platforms.http import Credentials
from shared.platforms.shopify import number_of, query

MOST_VARIANTS = 100
"""On a page."""
_VARIANT = """{
    id sku barcode price compareAtPrice taxable inventoryQuantity updatedAt
    selectedOptions { name value }
    inventoryItem { id tracked measurement { weight { value unit } } }
  }"""
WHOLE = f"""
fragment Whole on Product {{
  id title handle status vendor descriptionHtml updatedAt
  options {{ name values }}
  images(first: 20) {{ nodes {{ id url altText }} }}
  variants(first: {MOST_VARIANTS}) {{ nodes {_VARIANT} pageInfo {{ hasNextPage endCursor }} }}
}}
"""
_ONE = f"query($id: ID!) {{ product(id: $id) {{ ...Whole }} }}{WHOLE}"
_MORE = f"""query($id: ID!, $after: String) {{
  product(id: $id) {{
    variants(first: {MOST_VARIANTS}, after: $after) {{ nodes {_VARIANT} pageInfo {{ hasNextPage endCursor }} }}
  }}
}}"""
_UNITS = {"KILOGRAMS": "kg", "GRAMS": "g", "POUNDS": "lb", "OUNCES": "oz"}
Node = dict[str, Any]


def whole(credentials: Credentials, identifier: str) -> Node | None:
    """A product by its global id, with all its variants; None when there is none."""
    found = query(credentials, _ONE, {"id": identifier})["product"]
    return completed(credentials, found) if found is not None else None


def completed(credentials: Credentials, node: Node) -> Node:
    """A product with those of its variants too that are on further pages."""
    nodes, page = list(node["variants"]["nodes"]), node["variants"].get("pageInfo") or {}
    while page.get("hasNextPage"):
        found = query(credentials, _MORE, {"id": node["id"], "after": page["endCursor"]})["product"]
        if found is None:
            break
        nodes += found["variants"]["nodes"]
        page = found["variants"]["pageInfo"]
    return node | {"variants": {"nodes": nodes}}


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
