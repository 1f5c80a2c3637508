"""The variants of a Shopify product, made and changed from ours, so many at a time; each call may be made again."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from functions.sync.outbound.outgoing import OurProduct, OurVariant
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.shopify import gid, query

MOST = 100
"""In one call; Shopify takes up to 250 of anything."""
_CREATE = """mutation($productId: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkCreate(productId: $productId, variants: $variants) {
    productVariants { id }
    userErrors { field message code }
  }
}"""
_UPDATE = """mutation($productId: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $productId, variants: $variants) {
    productVariants { id }
    userErrors { field message code }
  }
}"""
_DELETE = """mutation($productId: ID!, $variantsIds: [ID!]!) {
  productVariantsBulkDelete(productId: $productId, variantsIds: $variantsIds) {
    product { id }
    userErrors { field message code }
  }
}"""
_PLAIN = ("Title", "Default Title")
Node = dict[str, Any]


def known(ours: OurProduct, now: Node) -> dict[str, str]:
    """Their global ids by ours: those that are linked, and those that have one of our SKUs."""
    nodes = now["variants"]["nodes"]
    there, by_sku = {one["id"] for one in nodes}, {one["sku"]: one["id"] for one in nodes if one["sku"]}
    found = {}
    for one in ours.variants:
        linked = gid("ProductVariant", one.link.external_id) if one.link else None
        if (identifier := linked if linked in there else by_sku.get(one.sku)) is not None:
            found[one.id] = identifier
    return found


def are_other(ours: OurProduct, now: Node) -> bool:
    """Whether the product differs in other things than theirs: then it is set with all its variants."""
    if not ours.is_rebuilt:
        return False
    theirs = {one["name"] for one in now["options"]}
    if theirs == set(_names(ours.variants)):
        return False
    if len(now["variants"]["nodes"]) > MOST or len(ours.variants) > MOST:
        raise RefusedError(
            "too_many_variants", f"Of a product with more than {MOST} variants the options cannot change."
        )
    return True


def options(variants: Sequence[OurVariant], ids: Mapping[str, str], location: str | None, ours: OurProduct) -> Node:
    """What a product consists of, as it is set as a whole: what is not in it is gone there."""
    return {
        "productOptions": [{"name": name, "values": _values(variants, name)} for name in _names(variants)],
        "variants": [
            (_given(ours, one, location, is_new=one.id not in ids) | _chosen(one))
            | ({"id": ids[one.id]} if one.id in ids else {})
            for one in variants
        ],
    }


def write(credentials: Credentials, ours: OurProduct, now: Node, location: str | None) -> bool:
    """Make, change and delete what is to be. Returns whether anything was."""
    ids = known(ours, now)
    create = [_given(ours, one, location, is_new=True) | _chosen(one) for one in ours.variants if one.id not in ids]
    update = [
        body | {"id": ids[one.id]} for one in ours.variants if one.id in ids and (body := _changed(ours, one, now))
    ]
    there = {one["id"] for one in now["variants"]["nodes"]}
    gone = [one for one in (gid("ProductVariant", number) for number in ours.gone_variants) if one in there]
    for document, name, rows in (
        (_CREATE, "variants", create),
        (_UPDATE, "variants", update),
        (_DELETE, "variantsIds", gone),
    ):
        for begin in range(0, len(rows), MOST):
            query(credentials, document, {"productId": now["id"], name: rows[begin : begin + MOST]})
    return bool(create or update or gone)


def _changed(ours: OurProduct, variant: OurVariant, now: Node) -> Node:
    body = _given(ours, variant, None, is_new=False)
    if ours.sends_of(variant, "attributes") and not ours.is_whole:
        body |= _chosen(variant)
    return body


def _given(ours: OurProduct, variant: OurVariant, location: str | None, *, is_new: bool) -> Node:
    """What is to be sent of a variant."""

    def sends(*fields: str) -> bool:
        return is_new or ours.sends_of(variant, *fields)

    item: Node = {}
    if sends("sku") and variant.own_sku:
        item["sku"] = variant.own_sku
    if sends("track_inventory"):
        item["tracked"] = variant.tracked
    if sends("weight") and variant.weight is not None:
        item["measurement"] = {"weight": {"value": float(variant.weight), "unit": "KILOGRAMS"}}
    body: Node = {"inventoryItem": item} if item else {}
    if sends("price", "compare_at_price") and variant.is_priced:
        body |= {"price": _amount(variant.price), "compareAtPrice": _amount(variant.compare_at_price)}
    if sends("barcode"):
        body["barcode"] = variant.barcode
    if is_new or ours.sends("is_taxable"):
        body["taxable"] = ours.is_taxable
    if is_new and location is not None and variant.tracked:
        stock = {"locationId": location, "name": "available", "quantity": variant.available}
        body["inventoryQuantities"] = [stock]
    return body


def _chosen(variant: OurVariant) -> Node:
    return {"optionValues": [{"optionName": name, "name": value} for name, value in variant.options or (_PLAIN,)]}


def _names(variants: Sequence[OurVariant]) -> list[str]:
    return list(dict.fromkeys(name for one in variants for name, _ in one.options)) or [_PLAIN[0]]


def _values(variants: Sequence[OurVariant], name: str) -> list[Node]:
    values = dict.fromkeys(dict(one.options or (_PLAIN,)).get(name, "-") for one in variants)
    return [{"name": value} for value in values]


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize() if value else Decimal(0), "f")
