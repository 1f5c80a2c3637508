"""A product as a file gives it: what its rows say, put together and checked for shape by the API's own schemas."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, TypeAdapter, ValidationError

from functions.catalog.schemas import MediumGiven, OptionGiven, Order, ProductUpdate, VariantCreate, VariantUpdate
from functions.catalog.transfers import cells as cell
from functions.catalog.transfers.columns import DEFAULT_OPTIONS, IMAGE, MERGE, OPTIONS, PRODUCT, VARIANT, Cells
from functions.catalog.transfers.issues import Issue, error, warning
from functions.catalog.transfers.spool import Group
from shared.wire_types import Name

M = TypeVar("M", bound=BaseModel)
_FIELDS = {
    "product_sku": "sku",
    "product_barcode": "barcode",
    "taxable": "is_taxable",
    "stock": "stock_quantity",
    "active": "is_active",
    "default": "is_default",
    "image_url": "url",
    "image_alt_text": "alt_text",
    "image_mime_type": "mime_type",
    "image_featured": "is_featured",
}
_PLAIN = set(PRODUCT) - {"slug", "brand", "primary_category", "categories", "attributes", "labels", "tax_rate"}
_AMOUNTS = {"price", "compare_at_price", "cost_price", "weight", "length", "width", "height"}
_FLAGS = {"taxable", "track_inventory", "active", "default", "image_featured"}
_UNITS = {"stock", "low_stock_threshold", "image_order"}
_OF_VARIANTS = {*VARIANT, *(value for _, value in OPTIONS)}
_MIME = {
    **{"png": "image/png", "webp": "image/webp", "gif": "image/gif", "svg": "image/svg+xml", "avif": "image/avif"},
    **{"mp4": "video/mp4", "webm": "video/webm"},
}
_attributes = TypeAdapter(list[OptionGiven])
_names = TypeAdapter(list[Name])
_order = TypeAdapter(Order)


@dataclass(slots=True)
class GivenVariant:
    """A row's variant: its cells, and the values of its options."""

    row: int
    cells: Cells
    options: dict[str, str]

    @property
    def sku(self) -> str | None:
        """The SKU, if one is given."""
        return self.cells.get("sku", "").strip() or None


@dataclass(slots=True)
class GivenImage:
    """A row's picture; `order` is its place if one is given."""

    row: int
    url: str
    cells: Cells


@dataclass(slots=True)
class GivenProduct:
    """What a group of rows says of a product. `slug` is made from the name unless `has_slug`."""

    row: int
    slug: str
    has_slug: bool
    cells: Cells
    variants: list[GivenVariant]
    images: list[GivenImage]
    merges: bool
    default_options: dict[str, str]
    issues: list[Issue] = field(default_factory=list)

    @property
    def product_sku(self) -> str | None:
        """The product's own SKU, if one is given."""
        return self.cells.get("product_sku", "").strip() or None

    @property
    def any_sku(self) -> str | None:
        """A SKU to know it by: its own, or that of a variant."""
        return self.product_sku or next((variant.sku for variant in self.variants if variant.sku), None)


def product_given(group: Group) -> GivenProduct:
    """What the rows of a group say; for each of the product's own cells the first row counts that fills it."""
    own: Cells = {}
    variants: list[GivenVariant] = []
    images: list[GivenImage] = []
    names: dict[str, str] = {}
    merges, default = False, ""
    for row, cells in group.rows:
        own = {column: cells[column] for column in PRODUCT if column in cells} | own
        names |= {name: cells[name] for name, _ in OPTIONS if name in cells}
        merges, default = merges or MERGE in cells, default or cells.get(DEFAULT_OPTIONS, "")
        if cells.keys() & _OF_VARIANTS - {"track_inventory"}:
            chosen = {
                names[name].strip(): cells[value].strip() for name, value in OPTIONS if name in names and value in cells
            }
            variants.append(GivenVariant(row, {c: cells[c] for c in VARIANT if c in cells}, chosen))
        images += _images(row, cells)
    wanted = {name: values[0] for name, values in cell.split_map(default).items() if values}
    first = group.rows[0][0]
    return GivenProduct(first, group.slug, "slug" in own, own, variants, images, merges, wanted)


def fields_of(given: GivenProduct, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """The product's own fields that are said and are not `known` already; None when one is wrong, which is noted."""
    body = {_FIELDS.get(c, c): _value(c, given.cells[c]) for c in _PLAIN if c in given.cells}
    body = {name: value for name, value in body.items() if name not in known or known[name] != value}
    if given.has_slug and "slug" not in known:
        body["slug"] = given.slug
    if labels := given.cells.get("labels"):
        body["labels"] = [_label(name, values) for name, values in cell.split_map(labels).items()]
    found = _shaped(ProductUpdate, body, given.row, given.any_sku, given.issues)
    if found is None:
        return None
    said = found.model_dump(exclude_unset=True)
    for name in ("name", "status", "is_taxable"):
        if said.get(name, "") is None:
            del said[name]
    return said


def variant_of(given: GivenVariant, issues: list[Issue], *, new: bool) -> VariantCreate | VariantUpdate | None:
    """A variant's fields; None when one is wrong, which is noted. Stock is checked, and is no field of an update."""
    body: dict[str, Any] = {_FIELDS.get(c, c): _value(c, text) for c, text in given.cells.items()}
    if new:
        return _shaped(VariantCreate, body | {"options": given.options}, given.row, given.sku, issues)
    stock = {"stock_quantity": body.pop("stock_quantity")} if "stock_quantity" in body else {}
    if body.get("is_default") is False:
        del body["is_default"]
    if given.options:
        body["options"] = given.options
    # The schema of a new variant knows what a stock may be.
    if stock and _shaped(VariantCreate, {"price": 0} | stock, given.row, given.sku, issues) is None:
        return None
    return _shaped(VariantUpdate, body, given.row, given.sku, issues)


def stock_of(given: GivenVariant) -> int | None:
    """The stock that a row gives, which `variant_of` has checked."""
    return int(cell.units(given.cells["stock"])) if "stock" in given.cells else None


def image_of(given: GivenImage, issues: list[Issue]) -> MediumGiven | None:
    """A picture; None when it cannot be taken over, which is noted as a warning."""
    body: dict[str, Any] = {_FIELDS.get(c, c): _value(c, t) for c, t in given.cells.items() if c != "image_order"}
    suffix = urlsplit(given.url).path.rpartition(".")[2].lower() if "//" in given.url else ""
    body = {"url": given.url, "mime_type": _MIME.get(suffix, "image/jpeg")} | body
    wrong: list[Issue] = []
    found = _shaped(MediumGiven, body, given.row, None, wrong)
    issues += [warning(one.row, "image_invalid", one.message) for one in wrong]
    return found


def order_of(given: GivenImage) -> int | None:
    """The place of a picture among the others, if a sensible one is given."""
    try:
        return _order.validate_python(cell.units(given.cells["image_order"])) if "image_order" in given.cells else None
    except ValidationError:
        return None


def attributes_of(given: GivenProduct) -> dict[str, list[str]] | None:
    """The values of attributes, by their slugs or names; None when one is wrong, which is noted."""
    said = [{"name": n, "values": v} for n, v in cell.split_map(given.cells.get("attributes", "")).items() if v]
    try:
        return {one.name: one.values for one in _attributes.validate_python(said)}
    except ValidationError as wrong:
        given.issues += [_issue(given.row, "attributes", item, given.any_sku) for item in wrong.errors()[:1]]
        return None


def paths_of(given: GivenProduct) -> tuple[list[str], list[list[str]]] | None:
    """The paths of the primary category and of all others, outermost name first; None when one is wrong."""
    primary = _path(given.cells.get("primary_category", ""))
    others = [_path(path) for path in cell.split(given.cells.get("categories", ""), "|")]
    for path in [primary, *others]:
        try:
            _names.validate_python(path)
        except ValidationError as wrong:
            given.issues += [_issue(given.row, "categories", item, given.any_sku) for item in wrong.errors()[:1]]
            return None
    if any(len(path) > 5 for path in [primary, *others]):
        given.issues.append(error(given.row, "invalid_value", "categories: They nest at most 5 deep."))
        return None
    return primary, [path for path in others if path]


def names_are_good(given: GivenProduct) -> bool:
    """Whether the brand's name can be one; what is wrong is noted."""
    try:
        _names.validate_python([given.cells["brand"]] if "brand" in given.cells else [])
    except ValidationError as wrong:
        given.issues += [_issue(given.row, "brand", item, given.any_sku) for item in wrong.errors()[:1]]
        return False
    return True


def _path(text: str) -> list[str]:
    return cell.split(text, ">")


def _images(row: int, cells: Cells) -> list[GivenImage]:
    urls = cells.get("image_url", "").split()
    own = {column: cells[column] for column in IMAGE[1:] if column in cells}
    return [GivenImage(row, url, own if place == 0 else {}) for place, url in enumerate(urls)]


def _label(name: str, values: list[str]) -> dict[str, Any]:
    """`NEW=#1b7f5c|10`: a colour, a priority, or both."""
    color = next((value for value in values if value.startswith("#")), None)
    priority = next((value for value in values if not value.startswith("#")), None)
    return {"label": name} | ({"color": color} if color else {}) | ({"priority": priority} if priority else {})


def _value(column: str, text: str) -> Any:
    if column in _AMOUNTS:
        return cell.amount(text)
    if column in _FLAGS:
        return cell.flag(text)
    if column in _UNITS:
        return cell.units(text)
    if column == "published_at":
        return _moment(text)
    return text.strip().upper() if column == "status" else text


def _moment(text: str) -> datetime | str:
    """A time, in UTC unless it says otherwise, or the text for the schema to refuse."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return found.replace(tzinfo=found.tzinfo or UTC)


def _shaped(model: type[M], body: Mapping[str, Any], row: int, sku: str | None, issues: list[Issue]) -> M | None:
    try:
        return model.model_validate(body)
    except ValidationError as wrong:
        columns = {field: column for column, field in _FIELDS.items()} if model is not ProductUpdate else {}
        issues += [
            _issue(row, columns.get(str(item["loc"][0]), str(item["loc"][0])), item, sku) for item in wrong.errors()
        ]
        return None


def _issue(row: int, column: str, item: Any, sku: str | None) -> Issue:
    return error(row, "invalid_value", f"{column}: {item['msg']}", sku)
