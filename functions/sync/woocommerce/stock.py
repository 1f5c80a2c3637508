"""The stock of a WooCommerce shop, changed by as much as ours has changed since.

They may have sold something meanwhile. A mark beside it says which change it was, so that none is made twice. Where the
product keeps one stock for all its variations, that is what is changed, with a mark for each of them.
"""

from dataclasses import replace
from typing import Any

from functions.sync.entities import ExternalVariant
from functions.sync.outbound.outgoing import Link, OurVariant
from functions.sync.outbound.written import Intended, Written
from functions.sync.woocommerce.answers import only_variant, product
from functions.sync.woocommerce.changing import Body, changed, there
from functions.sync.woocommerce.reading import PUSH, push_of, read_variation
from shared.platforms.http import Credentials


def write_stock(credentials: Credentials, _settings: dict[str, Any], ours: OurVariant, _intended: Intended) -> Written:
    """Bring a variation's or plain product's stock in step with ours."""
    link = ours.link
    if link is None:
        return Written()
    plain = link.parent_id in (None, link.external_id)
    path = f"products/{link.external_id}" if plain else f"products/{link.parent_id}/variations/{link.external_id}"
    now = there(credentials, path)
    if now.get("manage_stock") == "parent" and link.parent_id is not None:
        return _write_pool(credentials, ours, link, now, path)
    # A push whose answer was lost: it is noted first, and then seen what is still to do.
    lost = _is_lost(_one_variant(now, link.parent_id).push, link)
    if not lost:
        now = changed(credentials, path, _stock_body(now, ours, link, PUSH))
    written = Written(stock={ours.id: ours.available} if ours.tracked else {}, again=lost)
    written.variants[ours.id] = _one_variant(now, link.parent_id)
    if plain:
        written.product = product(now)
    return written


def _write_pool(credentials: Credentials, ours: OurVariant, link: Link, variation: Body, path: str) -> Written:
    parent, mark = f"products/{link.parent_id}", f"{PUSH}_{link.external_id}"
    pool = there(credentials, parent)
    lost = _is_lost(push_of(pool, mark), link)
    if not lost and ours.tracked:
        pool = changed(credentials, parent, _stock_body(pool, ours, link, mark))
        variation = there(credentials, path)
    written = Written(product=product(pool), stock={ours.id: ours.available} if ours.tracked else {}, again=lost)
    found = read_variation(variation, link.parent_id)
    written.variants[ours.id] = replace(found, push=push_of(pool, mark))
    return written


def _is_lost(push: tuple[int, int] | None, link: Link) -> bool:
    return push is not None and link.known is not None and push[0] > link.pushes


def _stock_body(now: Body, ours: OurVariant, link: Link, mark: str) -> Body:
    """What their stock is to be: what they have and as much more or less as ours has changed."""
    if not ours.tracked:
        return {"manage_stock": False}
    has, target, change = now.get("stock_quantity"), ours.available, ours.available - (link.known or 0)
    if link.known is not None and isinstance(has, int):
        target = max(has + change, 0)
        change = target - has
    body = {"manage_stock": True, "stock_quantity": target}
    return body | {"meta_data": [{"key": mark, "value": f"{link.pushes + 1}:{change}"}]}


def _one_variant(now: Body, parent: str | None) -> ExternalVariant:
    return read_variation(now, parent) if now.get("type") == "variation" else only_variant(now)
