"""Shopify's product CSV, with the column names of before and since 2024.

The type (or else the product category) becomes the primary category, the collection a further one; the vendor the
brand; tags and metafields become attributes. What is for Google Shopping or for single markets is left out.
"""

import re
from decimal import Decimal, InvalidOperation

from functions.catalog.transfers import cells as cell
from functions.catalog.transfers.columns import MERGE, Cells
from functions.catalog.transfers.lines import Format, Given, Header, Line, named

_NAMES = {
    "handle": "slug",
    "url handle": "slug",
    "title": "name",
    "body (html)": "description",
    "description": "description",
    "vendor": "brand",
    "type": "primary_category",
    "product category": "primary_category",
    "standardized product type": "primary_category",
    "custom product type": "primary_category",
    "collection": "categories",
    "variant sku": "sku",
    "sku": "sku",
    "variant barcode": "barcode",
    "barcode": "barcode",
    "variant price": "price",
    "price": "price",
    "variant compare at price": "compare_at_price",
    "compare-at price": "compare_at_price",
    "compare at price": "compare_at_price",
    "cost per item": "cost_price",
    "variant inventory qty": "stock",
    "inventory quantity": "stock",
    "image src": "image_url",
    "product image url": "image_url",
    "image position": "image_order",
    "image alt text": "image_alt_text",
    "seo title": "meta_title",
    "seo description": "meta_description",
    "variant taxable": "taxable",
    "charge tax": "taxable",
    **{f"option{n} name": f"option{n}_name" for n in range(1, 4)},
    **{f"option{n} value": f"option{n}_value" for n in range(1, 4)},
}
_READ = {
    *("tags", "status", "published", "published on online store", "variant grams", "weight value (grams)"),
    *("variant inventory tracker", "inventory tracker", "variant image", "variant image url"),
}
_IGNORED = re.compile(
    r"google shopping / .*|gift card|tax code|variant tax code|(variant )?fulfillment service|"
    r"(variant )?inventory policy|(variant )?requires shipping|variant weight unit|weight unit for display|"
    r"continue selling when out of stock|option\d linked to|(included|price|compare[- ]at price) / .*|"
    r"unit price .*|template suffix|published scope|published at"
)
_METAFIELD = re.compile(r"(?P<name>.+) \(product\.metafields\.[\w -]+\.[\w -]+\)")
_HANDLES = {"handle", "url handle"}
_MARKS = {"title", "variant price", "price", "option1 name", "body (html)", "image src", "product image url", "vendor"}


def recognized(header: set[str]) -> bool:
    """Whether a header is Shopify's."""
    return bool(header & _HANDLES) and bool(header & _MARKS)


def reader(header: Header) -> Format:
    """How the rows under a header are read."""
    metafields = {name: found["name"] for name, title in header.items() if (found := _METAFIELD.fullmatch(title))}
    known = _NAMES.keys() | _READ | metafields.keys()
    names: dict[str, list[str]] = {}

    def translate(number: int, given: Given) -> Line | None:
        cells = named(given, _NAMES)
        slug = _text(cells.get("slug", ""))
        if not slug:
            return Line(f"row:{number}", cells) if cells else None
        cells["slug"] = slug
        _refine(cells, given)
        _choose(cells, names, slug)
        attributes = {metafields[column]: _values(given[column]) for column in given.keys() & metafields.keys()}
        if tags := cell.split(given.get("tags", ""), ","):
            attributes["Tags"] = tags
        if attributes:
            cells["attributes"] = cell.join_map(dict(sorted(attributes.items())))
        cells[MERGE] = "1"
        return Line(f"slug:{slug}", cells)

    return Format(translate, [name for name in header if name not in known and not _IGNORED.fullmatch(name)])


def _refine(cells: Cells, given: Given) -> None:
    for column in ("sku", "barcode"):
        if column in cells:
            cells[column] = _text(cells[column])
    grams = given.get("variant grams") or given.get("weight value (grams)")
    if grams and _number(grams):
        cells["weight"] = f"{(Decimal(grams) / 1000).quantize(Decimal('0.001')):f}"
    if "price" in cells:
        tracker = given.get("variant inventory tracker") or given.get("inventory tracker")
        cells["track_inventory"] = "TRUE" if tracker else "FALSE"
    if "image_order" in cells and cells["image_order"].isdigit():
        cells["image_order"] = str(max(0, int(cells["image_order"]) - 1))
    if extra := given.get("variant image") or given.get("variant image url"):
        cells["image_url"] = " ".join(dict.fromkeys([*cells.get("image_url", "").split(), extra]))
    if status := _status(given):
        cells["status"] = status


def _status(given: Given) -> str:
    """What is active but not published is a draft, as it is on the shelf nowhere."""
    shown = cell.flag(given.get("published") or given.get("published on online store") or "true")
    status = given.get("status", "").strip().upper()
    if not given.get("title") and not status:
        return ""
    return "DRAFT" if status in ("ACTIVE", "") and shown is False else status or "ACTIVE"


def _choose(cells: Cells, names: dict[str, list[str]], slug: str) -> None:
    """Options are named on a product's first row alone; a product without a choice has `Title: Default Title`."""
    given = [cells.pop(f"option{n}_name", "") for n in range(1, 4)]
    if any(given):
        names.clear()
        names[slug] = given
    chosen = names.get(slug, [])
    values = [cells.pop(f"option{n}_value", "") for n in range(1, 4)]
    if chosen[:1] == ["Title"] and values[0] == "Default Title":
        return
    for place, (name, value) in enumerate(zip(chosen, values, strict=False), start=1):
        if name and value:
            cells |= {f"option{place}_name": name, f"option{place}_value": value}


def _values(text: str) -> list[str]:
    """A metafield's values; lists are written as in JSON, or with semicolons."""
    if text.startswith("[") and text.endswith("]"):
        return [part.strip().strip('"') for part in text[1:-1].split(",") if part.strip()]
    return cell.split(text, ";")


def _text(value: str) -> str:
    """Shopify puts an apostrophe before what a spreadsheet would take for a number."""
    return value.strip().removeprefix("'")


def _number(text: str) -> bool:
    try:
        return Decimal(text).is_finite() and Decimal(text) >= 0
    except InvalidOperation:
        return False
