"""Our own files: a row a variant, the product's own cells on its first row or on each; docs/product-files.md."""

from functions.catalog.transfers.columns import ALL, DEFINITION, KINDS, OPTIONS, Cells
from functions.catalog.transfers.lines import Format, Given, Header, Line, named, normal

_NAMES = {normal(column): column for column in ALL}
_ENOUGH = {"slug", "name", "sku"}


def recognized(header: set[str]) -> bool:
    """Whether a header is one of ours: it can tell one product from another."""
    return bool({_NAMES.get(name) for name in header} & _ENOUGH)


def reader(header: Header) -> Format:
    """How the rows under a header are read."""
    names = set(header)
    last = ""

    def translate(number: int, given: Given) -> Line | None:
        nonlocal last
        cells = named(given, _NAMES)
        kind = cells.pop("row", "product").strip().lower()
        if kind in KINDS[:3]:
            return Line(f"{kind}:{_identity(cells) or number}", cells, kind)
        for column in DEFINITION:
            cells.pop(column, None)
        if not cells:
            return None
        last = _ref(number, cells, last, "name" in names)
        return Line(last, cells, kind)

    return Format(translate, [name for name in header if name not in _NAMES])


def _identity(cells: Cells) -> str:
    return cells.get("slug") or cells.get("name") or ""


def _ref(number: int, cells: Cells, last: str, has_names: bool) -> str:
    """Which product a row is of: the one that its slug says, or the one above when it names none of its own."""
    if slug := cells.get("slug", "").strip():
        return f"slug:{slug}"
    name = cells.get("name", "").strip()
    if name:
        named_above = f"name:{name}:"
        has_options = any(value in cells for _, value in OPTIONS)
        return last if has_options and last.startswith(named_above) else f"{named_above}{number}"
    return last if has_names and last else f"row:{number}"
