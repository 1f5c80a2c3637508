"""Rows of our own files, from what a store holds."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from functions.catalog.transfers import cells as cell
from functions.catalog.transfers.columns import OPTIONS, Cells
from shared.currency import in_currency
from shared.models import Attribute, Brand, Category, Media, Product, Variant

_OF_PRODUCT = {
    **{"name": "name", "status": "status", "published_at": "published_at", "short_description": "short_description"},
    **{"description": "description", "product_sku": "sku", "product_barcode": "barcode", "taxable": "is_taxable"},
    **{"meta_title": "meta_title", "meta_description": "meta_description", "meta_keywords": "meta_keywords"},
}
_OF_VARIANT = {
    **{"sku": "sku", "barcode": "barcode", "stock": "stock_quantity", "low_stock_threshold": "low_stock_threshold"},
    **{"track_inventory": "track_inventory", "weight": "weight", "length": "length", "width": "width"},
    **{"height": "height", "active": "is_active", "default": "is_default"},
}
_PRICES = ("price", "compare_at_price", "cost_price")


def brand_rows(row: Brand) -> Cells:
    """A brand's row."""
    return _cells(
        row,
        {"slug": "slug", "name": "name", "description": "description", "image_url": "logo_url"}
        | {"website_url": "website_url", "active": "is_active"},
    ) | {"row": "brand"}


def attribute_rows(row: Attribute) -> Cells:
    """An attribute's row."""
    columns = {"slug": "slug", "name": "name", "attribute_type": "type", "display_order": "display_order"}
    return _cells(row, columns | {"active": "is_active"}) | {"row": "attribute", "values": cell.join(row.values, "|")}


def category_rows(rows: Iterable[Category]) -> Iterator[Cells]:
    """The rows of categories, each after the one that it is in."""
    inside: dict[str | None, list[Category]] = {}
    slugs: dict[str, str] = {}
    found = list(rows)
    known = {row.id for row in found}
    for row in found:
        slugs[row.id] = row.slug
        inside.setdefault(row.parent_id if row.parent_id in known else None, []).append(row)
    waiting = list(reversed(inside.get(None, [])))
    columns = ("slug", "name", "description", "image_url", "display_order", "meta_title", "meta_description")
    while waiting:
        row = waiting.pop()
        parent = {"parent": slugs[row.parent_id]} if row.parent_id in slugs else {}
        yield _cells(row, {name: name for name in columns} | {"active": "is_active"}) | {"row": "category"} | parent
        waiting += reversed(inside.get(row.id, []))


def product_rows(product: Product, currency: str, tax_rates: Mapping[str, str]) -> Iterator[Cells]:
    """A product's rows: a variant and a picture on each, while there are any; its own cells are on the first."""
    own = _cells(product, _OF_PRODUCT) | _references(product, tax_rates)
    variants = sorted(product.variants, key=lambda row: (not row.is_default, row.created_at, row.sku))
    for variant, medium in zip_longest(variants, product.media):
        cells = {"slug": product.slug, **own}
        if variant is not None:
            cells |= _variant(variant, currency)
        if medium is not None:
            cells |= _medium(medium)
        yield cells
        own = {}


def _references(product: Product, tax_rates: Mapping[str, str]) -> Cells:
    places = [place for place in product.product_categories if place.category is not None]
    slugs = sorted(place.category.slug for place in places if not place.is_primary)
    qualities = sorted(product.product_attributes, key=lambda row: (row.attribute.display_order, row.attribute.slug))
    labels = {row.label: _label(row) for row in sorted(product.labels, key=lambda row: (-row.priority, row.label))}
    found = {
        "brand": product.brand.slug if product.brand else "",
        "primary_category": next((place.category.slug for place in places if place.is_primary), ""),
        "categories": cell.join(slugs, "|"),
        "attributes": cell.join_map({row.attribute.slug: row.selected_values for row in qualities}),
        "labels": cell.join_map(labels),
        "tax_rate": tax_rates.get(product.tax_rate_id or "", ""),
    }
    return {column: text for column, text in found.items() if text}


def _label(row: Any) -> list[str]:
    return [*([row.color] if row.color else []), *([str(row.priority)] if row.priority else [])]


def _variant(row: Variant, currency: str) -> Cells:
    cells = _cells(row, _OF_VARIANT)
    for name in _PRICES:
        amount = getattr(row, name)
        if amount is not None:
            cells[name] = str(in_currency(amount, currency))
    for (name, value), (option, chosen) in zip(OPTIONS, sorted(row.attributes.items()), strict=False):
        cells |= {name: str(option), value: str(chosen)}
    return cells


def _medium(row: Media) -> Cells:
    columns = {"image_url": "url", "image_alt_text": "alt_text", "image_mime_type": "mime_type"}
    return _cells(row, columns | {"image_featured": "is_featured", "image_order": "display_order"})


def _cells(row: Any, columns: Mapping[str, str]) -> Cells:
    values = ((column, getattr(row, name)) for column, name in columns.items())
    return {column: _text(value) for column, value in values if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
