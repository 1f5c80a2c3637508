"""A file's rows, put in order on disk: by product, whatever their order was, so that memory does not grow with them.

The same file gives the same order each time, which is why an import can go on where it was left.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from slugify import slugify

from functions.catalog.transfers import shopify, stormcom, woocommerce
from functions.catalog.transfers.columns import KINDS, Cells
from functions.catalog.transfers.errors import FileError
from functions.catalog.transfers.issues import Issue, error, warning
from functions.catalog.transfers.lines import Format, Line, normal
from functions.catalog.transfers.reading import Row, rows_of
from shared.models.enums import CatalogFormat
from shared.spreadsheets import unguarded

_TABLES = """
CREATE TABLE groups (ref TEXT PRIMARY KEY, rank INTEGER, first INTEGER, slug TEXT) WITHOUT ROWID;
CREATE TABLE lines (number INTEGER PRIMARY KEY, ref TEXT, cells TEXT);
CREATE TABLE aliases (alias TEXT PRIMARY KEY, ref TEXT) WITHOUT ROWID;
CREATE TABLE parts (number INTEGER PRIMARY KEY, alias TEXT, cells TEXT);
CREATE TABLE skus (sku TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
CREATE TABLE derived (slug TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID;
CREATE TABLE issues (number INTEGER, sku TEXT, severity TEXT, code TEXT, message TEXT);
"""
_ORDER = """
INSERT OR IGNORE INTO lines SELECT parts.number, aliases.ref, parts.cells FROM parts JOIN aliases USING (alias);
CREATE INDEX lines_by_ref ON lines (ref, number);
CREATE TABLE ordered AS SELECT ref, rank, slug FROM groups ORDER BY rank, first;
"""
_FORMATS = {
    CatalogFormat.SHOPIFY: shopify,
    CatalogFormat.WOOCOMMERCE: woocommerce,
    CatalogFormat.STORMCOM: stormcom,
}


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of a product, a brand, a category or an attribute. `slug` is made from the name if none is given."""

    kind: str
    slug: str
    rows: list[tuple[int, Cells]]


@dataclass(frozen=True, slots=True)
class Spool:
    """A file's rows in order."""

    format: CatalogFormat
    total: int
    database: sqlite3.Connection
    suggested: set[str] = field(default_factory=set)
    """SKUs that were suggested in place of taken ones."""

    def groups(self, begin: int, count: int) -> list[Group]:
        """The groups from a position on."""
        ordered = self.database.execute(
            "SELECT ref, rank, slug FROM ordered WHERE rowid > ? AND rowid <= ? ORDER BY rowid", (begin, begin + count)
        ).fetchall()
        return [Group(KINDS[rank], slug, self._rows(ref)) for ref, rank, slug in ordered]

    def first_row_of(self, sku: str) -> int | None:
        """The row that has a SKU first."""
        found = self.database.execute("SELECT number FROM skus WHERE sku = ?", (sku,)).fetchone()
        return found[0] if found else None

    def issues(self) -> Iterator[Issue]:
        """What was found wrong while the file was read."""
        rows = self.database.execute("SELECT number, sku, severity, code, message FROM issues ORDER BY number, rowid")
        return (Issue(*row) for row in rows)

    def _rows(self, ref: str) -> list[tuple[int, Cells]]:
        rows = self.database.execute("SELECT number, cells FROM lines WHERE ref = ? ORDER BY number", (ref,))
        return [(number, json.loads(cells)) for number, cells in rows]


@contextmanager
def spooled(path: Path, folder: Path, wanted: CatalogFormat | None = None) -> Iterator[Spool]:
    """Read a whole file, whose format is seen from its header unless it is said. Raises FileError."""
    database = sqlite3.connect(folder / "spool.db", isolation_level=None)
    try:
        database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4096;" + _TABLES)
        rows = rows_of(path)
        number, header = next(rows, (0, []))
        if not number:
            raise FileError("The file is empty.")
        titles = [unguarded(name).strip() for name in header]
        names = [normal(title) for title in titles]
        found = wanted or _recognized(set(names))
        read = _FORMATS[found].reader(dict(zip(names, titles, strict=True)))
        database.execute("BEGIN")
        _note(database, [_unknown(name) for name in dict.fromkeys(read.unknown) if name])
        _fill(database, rows, names, read)
        database.execute("COMMIT")
        yield Spool(found, _ordered(database), database)
    finally:
        database.close()


def _recognized(names: set[str]) -> CatalogFormat:
    for found, module in _FORMATS.items():
        if module.recognized(names):
            return found
    raise FileError(
        "The header has no column that names products: `slug`, `name` or `sku`, `Handle`, or WooCommerce's."
    )


def _fill(database: sqlite3.Connection, rows: Iterable[Row], names: list[str], read: Format) -> None:
    for number, cells in rows:
        if len(cells) > len(names) and any(cells[len(names) :]):
            _note(database, [error(number, "too_many_cells", "This row has more cells than the header.")])
            continue
        given = {
            name: text
            for name, raw in zip(names, cells, strict=False)
            if name and raw.strip() and (text := unguarded(raw))
        }
        line = read.translate(number, given)
        if line is not None:
            _put(database, number, line)


def _put(database: sqlite3.Connection, number: int, line: Line) -> None:
    if line.kind not in {*KINDS, "part"}:
        _note(database, [error(number, "unsupported_type", "Rows of this type are not imported.")])
        return
    content = json.dumps(line.cells, ensure_ascii=False)
    if sku := line.cells.get("sku", "").strip():
        database.execute("INSERT OR IGNORE INTO skus VALUES (?, ?)", (sku, number))
    if line.kind == "part":
        database.execute("INSERT INTO parts VALUES (?, ?, ?)", (number, line.ref, content))
        return
    database.execute("INSERT INTO lines VALUES (?, ?, ?)", (number, line.ref, content))
    for alias in line.aliases:
        database.execute("INSERT OR IGNORE INTO aliases VALUES (?, ?)", (alias, line.ref))
    known = database.execute("SELECT 1 FROM groups WHERE ref = ?", (line.ref,)).fetchone()
    if known is None:
        slug = _slug(database, line)
        database.execute("INSERT INTO groups VALUES (?, ?, ?, ?)", (line.ref, KINDS.index(line.kind), number, slug))


def _slug(database: sqlite3.Connection, line: Line) -> str:
    """The slug that a row gives or, made from its name, would have: numbered when another product has the same name."""
    if slug := line.cells.get("slug", "").strip():
        return slug
    base = slugify(line.cells.get("name", ""), max_length=190)
    if not base or line.kind != "product":
        return base
    counted = "INSERT INTO derived VALUES (?, 1) ON CONFLICT (slug) DO UPDATE SET times = times + 1 RETURNING times"
    times = database.execute(counted, (base,)).fetchone()[0]
    return base if times == 1 else f"{base}-{times}"


def _ordered(database: sqlite3.Connection) -> int:
    database.executescript(f"BEGIN; {_ORDER} COMMIT;")
    orphans = database.execute("SELECT number FROM parts WHERE alias NOT IN (SELECT alias FROM aliases)").fetchall()
    message = "The product that this is a variation of is not in the file."
    _note(database, [error(number, "parent_not_found", message) for (number,) in orphans])
    return int(database.execute("SELECT count(*) FROM ordered").fetchone()[0])


def _note(database: sqlite3.Connection, issues: list[Issue]) -> None:
    rows = [(one.row, one.sku, one.severity, one.code, one.message) for one in issues]
    database.executemany("INSERT INTO issues VALUES (?, ?, ?, ?, ?)", rows)


def _unknown(name: str) -> Issue:
    return warning(1, "unknown_column", f"The column {name[:100]} is not imported.")
