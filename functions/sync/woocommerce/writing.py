"""Our changes written to a WooCommerce shop, so that doing it once more after a lost answer changes nothing.

What was made is found again by its SKUs, or by the id of ours that it carries. Stock is changed by as much as ours has
changed since, in case they have sold something meanwhile; a mark beside it says which change it was, so that none is
made twice. The answers are what the echoing deliveries will say.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from functions.sync.entities import ExternalProduct, ExternalVariant
from functions.sync.outbound.outgoing import (
    ErasedCustomer,
    Link,
    OurCategory,
    OurOrder,
    OurParcel,
    OurProduct,
    OurVariant,
)
from functions.sync.outbound.written import Created, Intended, Written
from functions.sync.woocommerce.reading import PUSH, read_product, read_variation
from shared.models.enums import OrderStatus, ProductStatus
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.woocommerce import PAGE, call

OUR_ID = "_stormcom_id"
_STATUSES = {ProductStatus.ACTIVE: "publish", ProductStatus.DRAFT: "draft", ProductStatus.ARCHIVED: "private"}
_MISSING = 404
Body = dict[str, Any]


def write_product(credentials: Credentials, _settings: dict[str, Any], ours: OurProduct, created: Created) -> Written:
    """Make or change a product with its variations. Raises as `call`; `gone_there` for one that was deleted there."""
    written = Written()
    external_id = ours.link.external_id if ours.link else _found(credentials, ours)
    body = _product_body(ours, written, _shelves(credentials, ours.categories, written), is_new=external_id is None)
    if external_id is None:
        answer = call(credentials, "POST", "products", json=body).body
        created(str(answer["id"]))
    else:
        answer = _changed(credentials, f"products/{external_id}", body)
    external_id = str(answer["id"])
    if ours.is_plain:
        _note_plain(written, answer, ours, sent_stock=body.get("stock_quantity"))
        return written
    if _write_variations(credentials, external_id, ours, written):
        # The product lists its variations.
        answer = call(credentials, "GET", f"products/{external_id}").body
    written.product = _product(answer)
    return written


def remove_product(credentials: Credentials, ours: OurProduct) -> Written:
    """Put a product in the trash, from where it can be restored."""
    if ours.link is None:
        return Written()
    try:
        call(credentials, "DELETE", f"products/{ours.link.external_id}", params={"force": False})
    except RefusedError as refusal:
        if refusal.status != _MISSING and refusal.code != "woocommerce_rest_already_trashed":
            raise
    return Written(gone=True)


def write_stock(credentials: Credentials, _settings: dict[str, Any], ours: OurVariant, _intended: Intended) -> Written:
    """Bring a variation's or plain product's stock in step with ours."""
    link = ours.link
    if link is None:
        return Written()
    plain = link.parent_id in (None, link.external_id)
    path = f"products/{link.external_id}" if plain else f"products/{link.parent_id}/variations/{link.external_id}"
    there = _there(credentials, path)
    found = _one_variant(there, link.parent_id)
    # A push whose answer was lost: it is noted first, and then seen what is still to do.
    lost = found.push is not None and link.known is not None and found.push[0] > link.pushes
    if not lost:
        there = _changed(credentials, path, _stock_body(there, ours, link))
        found = _one_variant(there, link.parent_id)
    written = Written(stock={ours.id: ours.available} if ours.tracked else {}, again=lost)
    written.variants[ours.id] = found
    if plain:
        written.product = _product(there)
    return written


def write_parcel(credentials: Credentials, ours: OurParcel) -> Written:
    """Note a parcel on an order, for the customer, once."""
    path = f"orders/{ours.order.external_id}"
    text = " ".join(part for part in (ours.carrier, ours.tracking_number, ours.tracking_url) if part)
    notes = call(credentials, "GET", f"{path}/notes").body
    if not any(text in str(note.get("note")) for note in notes if isinstance(note, dict)):
        call(credentials, "POST", f"{path}/notes", json={"note": text, "customer_note": True})
    mark = {"key": f"_stormcom_parcel_{ours.id}", "value": text}
    _changed(credentials, path, {"meta_data": [mark]})
    return Written(fulfillment_id=ours.id)


def write_order(credentials: Credentials, ours: OurOrder) -> Written:
    """Complete an order that was sent. A cancellation is refused: theirs would put the units back a second time."""
    if ours.status is OrderStatus.CANCELED:
        raise RefusedError("cancel_there", "Cancel the order in the other shop too, which gives its units back.")
    if ours.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        path = f"orders/{ours.external_id}"
        if call(credentials, "GET", path).body.get("status") == "processing":
            _changed(credentials, path, {"status": "completed"})
    return Written()


def erase_customer(credentials: Credentials, ours: ErasedCustomer) -> Written:
    """Delete a customer for good; their orders stay there, without an account."""
    try:
        call(credentials, "DELETE", f"customers/{ours.external_id}", params={"force": True})
    except RefusedError as refusal:
        # Of an account that is gone it says either.
        if refusal.status != _MISSING and refusal.code != "woocommerce_rest_invalid_id":
            raise
    return Written(gone=True)


def _product_body(ours: OurProduct, written: Written, shelves: list[Body], *, is_new: bool) -> Body:
    body: Body = {
        "name": ours.name,
        "slug": ours.slug,
        "type": "simple" if ours.is_plain else "variable",
        "status": _STATUSES[ours.status],
        "description": ours.description,
        "short_description": ours.short_description,
        "tax_status": "taxable" if ours.is_taxable else "none",
        "categories": shelves,
        "meta_data": [{"key": OUR_ID, "value": ours.id}],
    }
    if ours.sku and not ours.is_plain:
        body["sku"] = ours.sku
    shown = [url for url, _ in ours.images]
    details = ours.link.details if ours.link else {}
    if shown not in (details.get("images", []), details.get("pushed_images")):
        body["images"] = [{"src": url, "alt": alt} for url, alt in ours.images]
        written.details["pushed_images"] = shown
    if ours.is_plain:
        return body | _variant_body(ours.variants[0], with_stock=is_new)
    names = list(dict.fromkeys(name for variant in ours.variants for name, _ in variant.options))
    body["attributes"] = [
        {"name": name, "visible": True, "variation": True, "options": _values(ours, name)} for name in names
    ]
    return body


def _values(ours: OurProduct, name: str) -> list[str]:
    return list(dict.fromkeys(value for variant in ours.variants for own, value in variant.options if own == name))


def _variant_body(ours: OurVariant, *, with_stock: bool) -> Body:
    before = ours.compare_at_price
    reduced = before is not None and before > ours.price
    body: Body = {
        "sku": ours.sku,
        "regular_price": _number(before if reduced else ours.price),
        "sale_price": _number(ours.price) if reduced else "",
        "weight": _number(ours.weight),
        "dimensions": {name: _number(getattr(ours, name)) for name in ("length", "width", "height")},
    }
    if ours.barcode:
        body["global_unique_id"] = ours.barcode
    if with_stock:
        body["manage_stock"] = ours.tracked
        if ours.tracked:
            body["stock_quantity"] = ours.available
    return body


def _note_plain(written: Written, answer: Body, ours: OurProduct, *, sent_stock: int | None) -> None:
    written.product = _product(answer)
    written.variants[ours.variants[0].id] = _only_variant(answer)
    if sent_stock is not None:
        written.stock[ours.variants[0].id] = sent_stock


def _write_variations(credentials: Credentials, parent: str, ours: OurProduct, written: Written) -> bool:
    """Write the variations in one call. Returns whether there are others now."""
    path, known = f"products/{parent}/variations", _known_variations(credentials, parent, ours)
    create, update = [], []
    for variant in ours.variants:
        body = _variant_body(variant, with_stock=variant.id not in known)
        body["status"] = "publish" if variant.is_active else "private"
        body["attributes"] = [{"name": name, "option": value} for name, value in variant.options]
        if variant.id in known:
            update.append((variant, body | {"id": int(known[variant.id])}))
        else:
            create.append((variant, body))
    gone = [int(number) for number in ours.gone_variants if number.isdigit()]
    changes: dict[str, list[Any]] = {"create": [body for _, body in create], "update": [body for _, body in update]}
    changes["delete"] = gone
    if sum(len(rows) for rows in changes.values()) > PAGE:
        raise RefusedError("too_many_variations", f"WooCommerce takes {PAGE} variations at a time.")
    answer = call(
        credentials, "POST", f"{path}/batch", json={name: rows for name, rows in changes.items() if rows}
    ).body
    for name, pairs in (("create", create), ("update", update)):
        for (variant, body), row in zip(pairs, answer.get(name, []), strict=True):
            _raise_for(row)
            written.variants[variant.id] = read_variation(row, parent)
            if name == "create" and "stock_quantity" in body:
                written.stock[variant.id] = body["stock_quantity"]
    return bool(create or gone)


def _known_variations(credentials: Credentials, parent: str, ours: OurProduct) -> dict[str, str]:
    """Their ids by ours: those that are linked, and those that have one of our SKUs."""
    known = {
        variant.id: variant.link.external_id
        for variant in ours.variants
        if variant.link is not None and variant.link.external_id != parent
    }
    if len(known) < len(ours.variants):
        rows = call(credentials, "GET", f"products/{parent}/variations", params={"per_page": PAGE}).body
        by_sku = {row.get("sku"): str(row["id"]) for row in rows}
        known |= {one.id: by_sku[one.sku] for one in ours.variants if one.id not in known and one.sku in by_sku}
    return known


def _found(credentials: Credentials, ours: OurProduct) -> str | None:
    """Their id of a product that has one of our SKUs, or that we have made before."""
    skus = [sku for sku in dict.fromkeys([*(variant.sku for variant in ours.variants), ours.sku]) if sku]
    for sku in skus if any("," in sku for sku in skus) else [",".join(skus)]:
        rows = call(credentials, "GET", "products", params={"sku": sku, "per_page": PAGE}).body
        if rows:
            return str(rows[0].get("parent_id") or rows[0]["id"])
    for row in call(credentials, "GET", "products", params={"slug": ours.slug, "status": "any"}).body:
        if (OUR_ID, ours.id) in _meta(row):
            return str(row["id"])
    return None


def _shelves(credentials: Credentials, categories: Iterable[OurCategory], written: Written) -> list[Body]:
    return [{"id": int(_shelf(credentials, category, written))} for category in categories]


def _shelf(credentials: Credentials, ours: OurCategory, written: Written) -> str:
    if ours.external_id is not None:
        return ours.external_id
    rows = call(credentials, "GET", "products/categories", params={"slug": ours.slug}).body
    external_id = rows[0]["id"] if rows else _made_shelf(credentials, ours)
    written.categories[ours.id] = str(external_id)
    return str(external_id)


def _made_shelf(credentials: Credentials, ours: OurCategory) -> Any:
    try:
        return call(credentials, "POST", "products/categories", json={"name": ours.name, "slug": ours.slug}).body["id"]
    except RefusedError as refusal:
        there = refusal.data.get("resource_id") if isinstance(refusal.data, dict) else None
        if refusal.code != "term_exists" or there is None:
            raise
        return there


def _stock_body(there: Body, ours: OurVariant, link: Link) -> Body:
    """What their stock is to be: what they have and as much more or less as ours has changed."""
    if not ours.tracked:
        return {"manage_stock": False}
    has, target, change = there.get("stock_quantity"), ours.available, ours.available - (link.known or 0)
    if link.known is not None and isinstance(has, int):
        target = max(has + change, 0)
        change = target - has
    body = {"manage_stock": True, "stock_quantity": target}
    return body | {"meta_data": [{"key": PUSH, "value": f"{link.pushes + 1}:{change}"}]}


def _one_variant(there: Body, parent: str | None) -> ExternalVariant:
    return read_variation(there, parent) if there.get("type") == "variation" else _only_variant(there)


def _meta(row: Body) -> list[tuple[str, Any]]:
    return [(str(one.get("key")), one.get("value")) for one in row.get("meta_data") or [] if isinstance(one, dict)]


def _there(credentials: Credentials, path: str) -> Body:
    return _or_gone(lambda: call(credentials, "GET", path).body)


def _changed(credentials: Credentials, path: str, body: Body) -> Body:
    return _or_gone(lambda: call(credentials, "PUT", path, json=body).body)


def _or_gone(ask: Any) -> Body:
    try:
        found: Body = ask()
    except RefusedError as refusal:
        if refusal.status == _MISSING:
            raise RefusedError("gone_there", "The other shop has deleted it.", status=_MISSING) from refusal
        raise
    return found


def _raise_for(row: Body) -> None:
    """A batch answers 200 with what it refused inside."""
    error = row.get("error")
    if error:
        raise RefusedError(str(error.get("code")), str(error.get("message")), data=error.get("data"))


def _product(answer: Body) -> ExternalProduct:
    found = read_product(answer)
    if not isinstance(found, ExternalProduct):
        raise RefusedError("wrong_resource", "The other shop answered with a variation.")
    return found


def _only_variant(answer: Body) -> ExternalVariant:
    variants = _product(answer).variants or ()
    if not variants:
        raise RefusedError("not_plain", "The product has options in the other shop, and none here.")
    return variants[0]


def _number(value: Decimal | None) -> str:
    """Amounts are texts there; a number is refused."""
    return "" if value is None else format(value.normalize() if value else Decimal(0), "f")
