"""Our changes written to a WooCommerce shop, so that doing it once more after a lost answer changes nothing.

Only what was changed here is sent: the shop keeps more than we do, and in finer forms. What was made is found again by
its SKUs, or by the id of ours that it carries.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from functions.sync.measures import in_theirs
from functions.sync.outbound.outgoing import ErasedCustomer, OurProduct
from functions.sync.outbound.written import Created, Written
from functions.sync.woocommerce import attributes, pictures, variations
from functions.sync.woocommerce.answers import only_variant, product
from functions.sync.woocommerce.changing import Body, changed, is_missing, meta_of, there
from functions.sync.woocommerce.parcels import write_order, write_parcel
from functions.sync.woocommerce.shelving import shelves
from functions.sync.woocommerce.stock import write_stock
from functions.sync.woocommerce.variations import variant_body
from shared.models.enums import ProductStatus
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.woocommerce import PAGE, call

__all__ = ["erase_customer", "remove_product", "write_order", "write_parcel", "write_product", "write_stock"]
OUR_ID = "_stormcom_id"
_STATUSES = {ProductStatus.ACTIVE: "publish", ProductStatus.DRAFT: "draft", ProductStatus.ARCHIVED: "private"}
_SIMPLE, _VARIED = "simple", "variable"


def write_product(credentials: Credentials, settings: dict[str, Any], ours: OurProduct, created: Created) -> Written:
    """Make or change a product with its variations. Raises as `call`; `gone_there` for one that was deleted there."""
    ours = replace(ours, variants=tuple(in_theirs(variant, settings) for variant in ours.variants))
    written = Written()
    external_id = ours.link.external_id if ours.link else _found(credentials, ours)
    looks = external_id is not None and (ours.is_rebuilt or ours.sends("images"))
    now = there(credentials, f"products/{external_id}") if looks else {}
    body = _product_body(credentials, ours, external_id, now, written)
    if external_id is None:
        external_id = str(_sent(body, written, partial(_made, credentials))["id"])
        created(external_id)
        now = {}
    elif body:
        now = _sent(body, written, partial(changed, credentials, f"products/{external_id}"))
    now = now or there(credentials, f"products/{external_id}")
    if not _is_plain(ours, external_id) and variations.write(credentials, external_id, ours, now, written):
        # The product lists its variations.
        now = there(credentials, f"products/{external_id}")
    _note(external_id, ours, now, body, written)
    return written


def remove_product(credentials: Credentials, ours: OurProduct) -> Written:
    """Put a product in the trash, from where it can be restored."""
    if ours.link is None:
        return Written()
    try:
        call(credentials, "DELETE", f"products/{ours.link.external_id}", params={"force": False})
    except RefusedError as refusal:
        if not is_missing(refusal.code, refusal.status) and refusal.code != "woocommerce_rest_already_trashed":
            raise
    return Written(gone=True)


def erase_customer(credentials: Credentials, ours: ErasedCustomer) -> Written:
    """Delete a customer for good; their orders stay there, without an account."""
    try:
        call(credentials, "DELETE", f"customers/{ours.external_id}", params={"force": True})
    except RefusedError as refusal:
        # Of an account that is gone it says either.
        if not is_missing(refusal.code, refusal.status):
            raise
    return Written(gone=True)


def _is_plain(ours: OurProduct, external_id: str | None) -> bool:
    """Whether theirs is a product without variations; one whose only variation fits any option has one."""
    link = ours.variants[0].link if ours.variants else None
    return ours.is_plain and (link is None or external_id is None or link.external_id == external_id)


def _product_body(
    credentials: Credentials, ours: OurProduct, external_id: str | None, now: Body, written: Written
) -> Body:
    plain, is_new = _is_plain(ours, external_id), external_id is None
    body = _described(ours) | _typed(ours, now, is_new=is_new, plain=plain)
    if ours.sends("categories"):
        body["categories"] = shelves(credentials, ours.categories, written)
    if ours.sends("images") and (shown := pictures.images(ours, now)) is not None:
        body["images"] = shown
    if plain:
        body |= variant_body(ours, ours.variants[0], is_new=is_new)
    else:
        body |= _own_sku(ours, now, is_other="type" in body)
    return body


def _own_sku(ours: OurProduct, now: Body, *, is_other: bool) -> Body:
    """The SKU of a product with variations, which none of them may have; it had one of theirs as a plain product."""
    skus = {variant.sku for variant in ours.variants}
    if ours.sku and ours.sku not in skus and ours.sends("sku"):
        return {"sku": ours.sku}
    return {"sku": ""} if is_other and now.get("sku") in skus else {}


def _described(ours: OurProduct) -> Body:
    fields: dict[str, tuple[str, Any]] = {
        "name": ("name", ours.name),
        "slug": ("slug", ours.slug),
        "description": ("description", ours.description),
        "short_description": ("short_description", ours.short_description),
        "is_taxable": ("tax_status", "taxable" if ours.is_taxable else "none"),
        "status": ("status", _STATUSES[ours.status]),
        "deleted_at": ("status", _STATUSES[ours.status]),
    }
    body = {name: value for field, (name, value) in fields.items() if ours.sends(field)}
    return body | ({"meta_data": [{"key": OUR_ID, "value": ours.id}]} if ours.is_whole else {})


def _typed(ours: OurProduct, now: Body, *, is_new: bool, plain: bool) -> Body:
    """What kind of product it is and what its variations differ in, where that is new."""
    if not is_new and not ours.is_rebuilt:
        return {}
    wanted, found = _SIMPLE if plain else _VARIED, now.get("type")
    if not plain and found not in (None, _SIMPLE, _VARIED):
        raise RefusedError("other_type", f"The product is {found!s:.30} in the other shop, and has variants here.")
    body: Body = {"type": wanted} if is_new or (found != wanted and found in (_SIMPLE, _VARIED)) else {}
    needed = None if plain else attributes.needed(ours, now)
    return body | ({"attributes": needed} if needed is not None else {})


def _sent(body: Body, written: Written, send: Callable[[Body], Body]) -> Body:
    """Send it; without its pictures when they cannot be fetched, which is noted."""
    try:
        answer = send(body)
    except RefusedError as refusal:
        if "images" not in body or not refusal.code.endswith("image_upload_error"):
            raise
        written.note = "pictures_not_taken", refusal.message
        answer = send({name: value for name, value in body.items() if name != "images"})
    return answer


def _made(credentials: Credentials, body: Body) -> Body:
    answer: Body = call(credentials, "POST", "products", json=body).body
    return answer


def _note(external_id: str, ours: OurProduct, now: Body, body: Body, written: Written) -> None:
    written.product = product(now)
    if written.product.deleted:
        raise RefusedError("gone_there", "The other shop has put it in the trash.", status=404)
    if _is_plain(ours, external_id):
        only = ours.variants[0]
        written.variants[only.id] = only_variant(now)
        if "stock_quantity" in body:
            written.stock[only.id] = only.available
    if ours.sends("images") and written.note is None:
        written.details["pictures"] = pictures.noted(ours, now)


def _found(credentials: Credentials, ours: OurProduct) -> str | None:
    """Their id of a product that has one of our SKUs, or that we have made before."""
    skus = [sku for sku in dict.fromkeys([*(variant.sku for variant in ours.variants), ours.sku]) if sku]
    for sku in skus if any("," in sku for sku in skus) else [",".join(skus)]:
        rows = call(credentials, "GET", "products", params={"sku": sku, "per_page": PAGE}).body
        if rows:
            return str(rows[0].get("parent_id") or rows[0]["id"])
    for row in call(credentials, "GET", "products", params={"slug": ours.slug, "status": "any"}).body:
        if (OUR_ID, ours.id) in meta_of(row):
            return str(row["id"])
    return None
