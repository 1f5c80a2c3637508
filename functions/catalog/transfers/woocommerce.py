"""WooCommerce's product CSV: a row a product, and a row a variation, which may stand anywhere.

A product's slug is not in it, so that products are told apart by their SKU, and without one by their name. Tags become
an attribute. The regular price is shown as the one before a reduction while there is a sale price.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from functions.catalog.transfers import cells as cell
from functions.catalog.transfers.columns import DEFAULT_OPTIONS, MERGE, Cells
from functions.catalog.transfers.lines import Format, Given, Header, Line, named

_NAMES = {
    "name": "name",
    "short description": "short_description",
    "description": "description",
    "brands": "brand",
    "brand": "brand",
    "gtin, upc, ean, or isbn": "barcode",
    "cost of goods": "cost_price",
    "low stock amount": "low_stock_threshold",
    "meta: yoast wpseo title": "meta_title",
    "meta: yoast wpseo metadesc": "meta_description",
    "meta: rank math title": "meta_title",
    "meta: rank math description": "meta_description",
}
_READ = {
    *("id", "type", "sku", "published", "date sale price ends", "tax status", "in stock?", "stock", "sale price"),
    *("regular price", "categories", "tags", "images", "parent"),
}
_IGNORED = re.compile(
    r"meta: .*|is featured\?|visibility in catalog|date sale price starts|tax class|backorders allowed\?|"
    r"sold individually\?|allow customer reviews\?|purchase note|shipping class|download .*|grouped products|"
    r"upsells|cross-sells|external url|button text|position|attribute \d+ (visible|global|default)|swatches attributes"
)
_ATTRIBUTE = re.compile(r"attribute (\d+) (name|value\(s\)|default)")
_MEASURE = re.compile(r"(weight|length|width|height) \((\w+)\)")
_UNITS = {
    **{"kg": Decimal(1), "g": Decimal("0.001"), "lbs": Decimal("0.45359237"), "lb": Decimal("0.45359237")},
    **{"oz": Decimal("0.028349523"), "cm": Decimal(1), "mm": Decimal("0.1"), "m": Decimal(100)},
    **{"in": Decimal("2.54"), "yd": Decimal("91.44")},
}
_MARKS = {"regular price", "type", "parent", "visibility in catalog", "in stock?", "published"}


def recognized(header: set[str]) -> bool:
    """Whether a header is WooCommerce's."""
    return "name" in header and len(header & _MARKS) >= 2


def reader(header: Header) -> Format:
    """How the rows under a header are read."""
    known = _NAMES.keys() | _READ

    def translate(number: int, given: Given) -> Line | None:
        kind = given.get("type", "simple").lower()
        if "variation" in kind:
            return _variation(number, given)
        if "grouped" in kind:
            return Line(f"row:{number}", {"slug": ""}, "unsupported")
        return _product(number, given, has_variations="variable" in kind)

    def is_known(name: str) -> bool:
        return name in known or bool(_IGNORED.fullmatch(name) or _ATTRIBUTE.fullmatch(name) or _MEASURE.fullmatch(name))

    return Format(translate, [name for name in header if not is_known(name)])


def _product(number: int, given: Given, *, has_variations: bool) -> Line:
    cells = named(given, _NAMES) | {MERGE: "1"} | _shown(given)
    for column in ("description", "short_description"):
        if column in cells:
            # WooCommerce writes line breaks so.
            cells[column] = cells[column].replace("\\n", "\n")
    attributes = _attributes(given)
    if tags := cell.split(given.get("tags", ""), ","):
        attributes["Tags"] = tags
    if attributes:
        cells["attributes"] = cell.join_map(attributes)
    if default := _attributes(given, "default"):
        cells[DEFAULT_OPTIONS] = cell.join_map({name: values[:1] for name, values in default.items()})
    sku, woo_id = given.get("sku", "").strip(), given.get("id", "").strip()
    if has_variations:
        cells |= {"product_sku": sku} if sku else {}
        if barcode := cells.pop("barcode", ""):
            cells["product_barcode"] = barcode
        cells.pop("low_stock_threshold", None)
        cells.pop("cost_price", None)
    else:
        cells |= _sold(given)
    aliases = [f"id:{woo_id}"] if woo_id else []
    return Line(f"row:{number}", cells, aliases=(*aliases, *([f"sku:{sku}"] if sku else [])))


def _variation(number: int, given: Given) -> Line:
    cells = {name: value for name, value in named(given, _NAMES).items() if name in _OF_VARIANTS} | _sold(given)
    for place, (name, values) in enumerate(list(_attributes(given).items())[:5], start=1):
        cells |= {f"option{place}_name": name, f"option{place}_value": ", ".join(values)}
    if images := _images(given):
        cells["image_url"] = images
    parent = given.get("parent", "").strip()
    if parent.lower().startswith("id:"):
        return Line(f"id:{parent[3:].strip()}", cells, "part")
    return Line(f"sku:{parent}" if parent else f"row:{number}", cells, "part")


_OF_VARIANTS = {"barcode", "cost_price", "low_stock_threshold"}


def _shown(given: Given) -> Cells:
    """What is said of a product but not of what is sold of it."""
    cells: Cells = {}
    if published := given.get("published"):
        cells["status"] = "ACTIVE" if published.strip() == "1" else "DRAFT"
    if status := given.get("tax status"):
        cells["taxable"] = "TRUE" if status.lower() == "taxable" else "FALSE"
    places = [" > ".join(cell.split(path, ">")) for path in cell.split(given.get("categories", ""), ",")]
    if places:
        cells["primary_category"] = places[0]
        if further := cell.join(places[1:], "|"):
            cells["categories"] = further
    if images := _images(given):
        cells["image_url"] = images
    return cells


def _sold(given: Given) -> Cells:
    """What is said of a variant."""
    cells: Cells = {"sku": given["sku"]} if "sku" in given else {}
    regular, sale = given.get("regular price", ""), given.get("sale price", "")
    if sale and not _is_over(given.get("date sale price ends", "")):
        cells |= {"price": sale} | ({"compare_at_price": regular} if regular and regular != sale else {})
    elif regular:
        cells["price"] = regular
    stock = given.get("stock", "")
    if stock and stock != "parent":
        cells |= {"stock": stock, "track_inventory": "TRUE"}
    elif regular:
        cells["track_inventory"] = "FALSE"
    for column, value in given.items():
        if found := _MEASURE.fullmatch(column):
            cells[found[1]] = _measure(value, found[2])
    return cells


def _attributes(given: Given, part: str = "value(s)") -> dict[str, list[str]]:
    names: Mapping[str, str] = {
        found[1]: value for key, value in given.items() if (found := _ATTRIBUTE.fullmatch(key)) and found[2] == "name"
    }
    return {
        name.strip(): values
        for number, name in sorted(names.items(), key=lambda pair: int(pair[0]))
        if (values := cell.split(given.get(f"attribute {number} {part}", ""), ","))
    }


def _images(given: Given) -> str:
    return " ".join(url for part in given.get("images", "").split(",") if (url := part.strip()))


def _measure(value: str, unit: str) -> str:
    try:
        return f"{(Decimal(cell.amount(value)) * _UNITS[unit]).quantize(Decimal('0.001')):f}"
    except (InvalidOperation, KeyError):
        return value


def _is_over(ends: str) -> bool:
    try:
        moment = datetime.fromisoformat(ends.strip())
    except ValueError:
        return False
    return moment.replace(tzinfo=moment.tzinfo or UTC) < datetime.now(UTC)
