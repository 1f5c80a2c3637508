"""Our changes written to a Shopify shop, so that doing it once more after a lost answer changes nothing.

Only what was changed here is sent. A new product is set as a whole, as far as one call takes it; the same is done when
it gets other options.
"""

from typing import Any

from functions.sync.inbound.pictures import originals
from functions.sync.outbound.outgoing import ErasedCustomer, OurOrder, OurProduct
from functions.sync.outbound.written import Created, Written
from functions.sync.shopify import admin, variants
from functions.sync.shopify.listing import by_sku
from functions.sync.shopify.parcels import write_parcel
from functions.sync.shopify.stock import location_of, write_stock
from shared.models.enums import OrderStatus, ProductStatus
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.shopify import gid, number_of, query

__all__ = ["erase_customer", "remove_product", "write_order", "write_parcel", "write_product", "write_stock"]
_SET = """mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers) {
  productSet(input: $input, identifier: $identifier, synchronous: true) {
    product { id }
    userErrors { field message code }
  }
}"""
_BY_HANDLE = """query($handle: String!) {
  productByIdentifier(identifier: {handle: $handle}) { id }
}"""
_ERASE = """mutation erase($id: ID!) {
  customerRequestDataErasure(customerId: $id) { customerId userErrors { field message } }
}"""
_DELETE = """mutation($input: ProductDeleteInput!) {
  productDelete(input: $input) { deletedProductId userErrors { field message } }
}"""
_STATUSES = {ProductStatus.ACTIVE: "ACTIVE", ProductStatus.DRAFT: "DRAFT", ProductStatus.ARCHIVED: "ARCHIVED"}
Node = dict[str, Any]


def write_product(credentials: Credentials, settings: dict[str, Any], ours: OurProduct, created: Created) -> Written:
    """Set a product with its variants. Raises as `query`; `gone_there` for one that was deleted there."""
    written, now = Written(), _there(credentials, ours)
    location = location_of(credentials, settings) if now is None or ours.is_rebuilt else None
    if now is None:
        body = _own(ours, {}) | variants.options(ours.variants[: variants.MOST], {}, location, ours)
        identifier = _set(credentials, body, None)
        created(number_of(identifier))
        now = _whole(credentials, identifier)
    else:
        identifier, body = now["id"], _own(ours, now)
        if variants.are_other(ours, now):
            body |= variants.options(ours.variants, variants.known(ours, now), location, ours)
        if body:
            _set(credentials, body, identifier)
            now = _whole(credentials, identifier)
    if variants.write(credentials, ours, now, location):
        now = _whole(credentials, identifier)
    _note(ours, now, location, written)
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
        return _whole(credentials, gid("Product", external_id))
    # The search for SKUs lags behind what was made a moment ago; this does not.
    named = query(credentials, _BY_HANDLE, {"handle": ours.slug})["productByIdentifier"]
    found = _whole(credentials, named["id"]) if named else None
    if found is not None and not {one["sku"] for one in found["variants"]["nodes"]} & {
        one.sku for one in ours.variants
    }:
        raise RefusedError("handle_taken", f"Another product of the other shop has the address {ours.slug}.")
    return found


def _whole(credentials: Credentials, identifier: str) -> Node:
    found = admin.whole(credentials, identifier)
    if found is None:
        raise RefusedError("gone_there", "The other shop has deleted it.")
    return found


def _set(credentials: Credentials, body: Node, identifier: str | None) -> str:
    given = {"input": body, "identifier": {"id": identifier} if identifier else None}
    return str(query(credentials, _SET, given)["productSet"]["product"]["id"])


def _own(ours: OurProduct, now: Node) -> Node:
    """What is to be sent of the product's own fields."""
    fields: dict[str, tuple[str, Any]] = {
        "name": ("title", ours.name),
        "slug": ("handle", ours.slug),
        "description": ("descriptionHtml", ours.description),
        "status": ("status", _STATUSES[ours.status]),
        "deleted_at": ("status", _STATUSES[ours.status]),
    }
    body = {name: value for field, (name, value) in fields.items() if ours.sends(field)}
    if ours.brand and ours.sends("brand_id"):
        body["vendor"] = ours.brand
    if ours.sends("images") and (shown := _pictures(ours, now)) is not None:
        body["files"] = [{"originalSource": url, "alt": alt, "contentType": "IMAGE"} for url, alt in shown]
    return body


def _pictures(ours: OurProduct, now: Node) -> list[tuple[str, str]] | None:
    """What the product is to show, theirs that were never taken here behind it; None when they show just that."""
    theirs = admin.product(now).images or () if now else ()
    details = ours.link.details if ours.link else {}
    known, had = details.get("pictures", {}), {*details.get("images", ()), *(url for url, _ in ours.images)}
    copies = originals(theirs, known, [url for url, _ in ours.images])
    shown = [copies.get(one.url, one.url) for one in theirs]
    kept = [
        (one.url, one.alt or "")
        for one in theirs
        if one.url not in had and one.url not in copies and one.external_id not in known
    ]
    wanted = [*ours.images, *kept]
    return None if shown == [url for url, _ in wanted] else wanted


def _note(ours: OurProduct, now: Node, location: str | None, written: Written) -> None:
    written.product = admin.product(now)
    by_id, by_its_sku = (
        {getattr(one, name): one for one in written.product.variants or ()} for name in ("external_id", "sku")
    )
    for variant in ours.variants:
        theirs = by_id.get(variant.link.external_id) if variant.link else by_its_sku.get(variant.sku)
        if theirs is None:
            continue
        written.variants[variant.id] = theirs
        if variant.link is None and variant.tracked and location is not None:
            written.stock[variant.id] = variant.available
