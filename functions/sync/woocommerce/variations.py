"""The variations of a WooCommerce product, made and changed from our variants, so many at a time.

Each call may be made again: what was made is found by its SKU.
"""

from collections.abc import Iterable
from typing import Any

from functions.sync.outbound.outgoing import OurProduct, OurVariant
from functions.sync.outbound.written import Written
from functions.sync.woocommerce.attributes import chosen
from functions.sync.woocommerce.changing import Body, is_missing, number
from functions.sync.woocommerce.reading import read_variation
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.woocommerce import call, pages

_AT_ONCE = 25
"""It takes a hundred, and a small host longer for them than we wait."""
_SIZES = ("length", "width", "height")
Change = tuple[str, OurVariant | None, Any]
"""`create`, `update` or `delete`, of which variant, and what is sent."""


def write(credentials: Credentials, parent: str, ours: OurProduct, now: Body, written: Written) -> bool:
    """Write what is to be sent of the variants. Returns whether anything was."""
    known = _known(credentials, parent, ours)
    changes = [
        *_changes(ours, known, now),
        *(("delete", None, int(one)) for one in ours.gone_variants if one.isdigit()),
    ]
    if not changes:
        return False
    made = _in_batches(credentials, parent, changes, written)
    # A variation that they have deleted is made anew.
    lost = [variant for kind, variant, answer in made if kind == "update" and variant and answer is None]
    anew: list[Change] = [("create", one, _body(ours, one, now, is_new=True)) for one in lost]
    made += _in_batches(credentials, parent, anew, written)
    ids = {variant.id: str(answer["id"]) for _, variant, answer in made if variant is not None and answer is not None}
    rows = {str(row["id"]): row for row in _all(credentials, parent)}
    for variant_id, external_id in ids.items():
        if external_id in rows:
            written.variants[variant_id] = read_variation(rows[external_id], parent)
    for kind, variant, _ in made:
        if kind == "create" and variant is not None and variant.tracked:
            written.stock[variant.id] = variant.available
    return True


def variant_body(ours: OurProduct, variant: OurVariant, *, is_new: bool) -> Body:
    """What is to be sent of a variation, or of a product without options."""

    def sends(*fields: str) -> bool:
        return is_new or ours.sends_of(variant, *fields)

    body: Body = {}
    if sends("sku") and variant.own_sku:
        body["sku"] = variant.own_sku
    if sends("price", "compare_at_price") and variant.is_priced:
        before = variant.compare_at_price
        reduced = before is not None and before > variant.price
        body["regular_price"] = number(before if reduced else variant.price)
        body["sale_price"] = number(variant.price) if reduced else ""
    if sends("weight"):
        body["weight"] = number(variant.weight)
    if sends(*_SIZES):
        body["dimensions"] = {name: number(getattr(variant, name)) for name in _SIZES}
    if sends("barcode") and (variant.barcode or not (is_new or ours.is_whole)):
        body["global_unique_id"] = variant.barcode or ""
    # Of what they have already the stock goes on its own.
    if is_new or (variant.link is not None and not ours.is_whole and sends("track_inventory")):
        body["manage_stock"] = variant.tracked
        if variant.tracked:
            body["stock_quantity"] = variant.available
    return body


def _changes(ours: OurProduct, known: dict[str, str], now: Body) -> Iterable[Change]:
    for variant in ours.variants:
        if variant.id not in known:
            yield "create", variant, _body(ours, variant, now, is_new=True)
        elif ours.touches(variant) and (body := _body(ours, variant, now, is_new=False)):
            yield "update", variant, body | {"id": int(known[variant.id])}


def _body(ours: OurProduct, variant: OurVariant, now: Body, *, is_new: bool) -> Body:
    body = variant_body(ours, variant, is_new=is_new)
    if is_new or ours.sends_of(variant, "is_active"):
        body["status"] = "publish" if variant.is_active else "private"
    if is_new or ours.sends_of(variant, "attributes"):
        body["attributes"] = chosen(variant, now)
    return body


def _in_batches(credentials: Credentials, parent: str, changes: list[Change], written: Written) -> list[Change]:
    """Do all of it. Returns it with the answers; None stands for what they do not have any more.

    A batch answers 200 with what it refused inside: that is noted, and the rest is done.
    """
    made: list[Change] = []
    for begin in range(0, len(changes), _AT_ONCE):
        batch = changes[begin : begin + _AT_ONCE]
        given = {kind: [sent for of, _, sent in batch if of == kind] for kind in ("create", "update", "delete")}
        asked = {kind: rows for kind, rows in given.items() if rows}
        answer = call(credentials, "POST", f"products/{parent}/variations/batch", json=asked).body
        rows = {kind: iter(answer.get(kind) or []) for kind in given}
        for kind, variant, _ in batch:
            row: Body = next(rows[kind], {})
            error = row.get("error")
            if error is None or (kind != "create" and is_missing(str(error.get("code")))):
                made.append((kind, variant, None if error else row))
            else:
                written.refused = written.refused or _refusal(error)
    return made


def _refusal(error: Body) -> RefusedError:
    return RefusedError(str(error.get("code")), str(error.get("message")), data=error.get("data"))


def _known(credentials: Credentials, parent: str, ours: OurProduct) -> dict[str, str]:
    """Their ids by ours: those that are linked, and those that have one of our SKUs."""
    known = {
        variant.id: variant.link.external_id
        for variant in ours.variants
        if variant.link is not None and variant.link.external_id != parent
    }
    if len(known) < len(ours.variants):
        by_sku = {row.get("sku"): str(row["id"]) for row in _all(credentials, parent)}
        known |= {one.id: by_sku[one.sku] for one in ours.variants if one.id not in known and one.sku in by_sku}
    return known


def _all(credentials: Credentials, parent: str) -> list[Body]:
    return [row for page in pages(credentials, f"products/{parent}/variations") for row in page]
