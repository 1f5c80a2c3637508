"""The categories of a WooCommerce shop that our products stand on."""

from collections.abc import Iterable
from typing import Any

from functions.sync.outbound.outgoing import OurCategory
from functions.sync.outbound.written import Written
from functions.sync.woocommerce.changing import Body
from shared.platforms.errors import RefusedError
from shared.platforms.http import Credentials
from shared.platforms.woocommerce import call


def shelves(credentials: Credentials, categories: Iterable[OurCategory], written: Written) -> list[Body]:
    """What a product of ours is to stand on; a category that is not there is made."""
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
