"""Rows into a CSV or XLSX file, one after the other."""

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from functions.catalog.transfers.columns import ALL, Cells
from functions.catalog.transfers.reading import CSV
from shared.spreadsheets import guarded

Write = Callable[[Cells], None]
# What XML cannot hold, what it would read as something else, and what looks as if it had been escaped already.
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


@contextmanager
def writer(path: Path, mime_type: str) -> Iterator[Write]:
    """What appends a row to a new file with our columns."""
    with (_csv if mime_type == CSV else _xlsx)(path) as write:
        yield write


@contextmanager
def _csv(path: Path) -> Iterator[Write]:
    # The mark tells Excel that it is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(ALL)
        yield lambda cells: rows.writerow([guarded(cells.get(column, "")) for column in ALL])


@contextmanager
def _xlsx(path: Path) -> Iterator[Write]:
    from openpyxl import Workbook  # noqa: PLC0415 - costs a quarter of a second, and most files are CSV

    book = Workbook(write_only=True)
    sheet = book.create_sheet("products")
    sheet.append(list(ALL))
    yield lambda cells: sheet.append([_safe(cells[column]) if column in cells else None for column in ALL])
    book.save(path)


def _safe(text: str) -> str:
    return _NOT_IN_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", guarded(text))
