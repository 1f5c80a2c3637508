"""The rows of a CSV or XLSX file, one after the other, however large it is."""

import codecs
import csv
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from functions.catalog.transfers.errors import FileError

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS, MOST_COLUMNS = 200_000, 500
_LONGEST_CELL = 200_000
_MOST_UNPACKED = 400 * 1024 * 1024
_MOST_SHARED = 100 * 1024 * 1024
_MOST_RATIO = 200
_PIECE = 1024 * 1024
_BOMS = [(codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
Row = tuple[int, list[str]]
"""A row's number, as a spreadsheet shows it (the first is 1), and its cells."""


def kind_of(path: Path) -> str:
    """What a file is by its content: CSV or XLSX. Raises FileError for anything else, and for an empty file."""
    with path.open("rb") as file:
        head = file.read(8192)
    if not head:
        raise FileError("The file is empty.")
    if head.startswith(b"PK"):
        return XLSX
    if _is_binary(head):
        raise FileError("The file is neither CSV nor XLSX.")
    return CSV


def rows_of(path: Path) -> Iterator[Row]:
    """The rows that are not empty, the header first. Raises FileError."""
    read = _xlsx if kind_of(path) == XLSX else _csv
    for number, cells in enumerate(read(path), start=1):
        if len(cells) > MOST_COLUMNS:
            raise FileError(f"Row {number} has more than {MOST_COLUMNS} columns.")
        if number > MOST_ROWS + 1:
            raise FileError(f"The file has more than {MOST_ROWS} rows; split it.")
        if any(cells):
            yield number, cells


def _csv(path: Path) -> Iterator[list[str]]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter(file.readline())
        file.seek(0)
        csv.field_size_limit(_LONGEST_CELL)
        try:
            yield from csv.reader(_without_nul(file), delimiter=delimiter)
        except csv.Error as error:
            raise FileError(f"The file is no CSV that can be read: {error}.") from error
        except UnicodeError as error:
            raise FileError("The file's letters cannot be read; save it as UTF-8.") from error


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\x00" in line:
            raise FileError("The file contains NUL characters; it is no text.")
        yield line


def _encoding(path: Path) -> str:
    """UTF-8 or UTF-16 by its mark, UTF-8 when all of it is that, else Windows-1252, which Excel writes."""
    with path.open("rb") as file:
        head = file.read(4)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _delimiter(header: str) -> str:
    outside = re.sub(r'"[^"]*"', "", header)
    return max(",;\t", key=outside.count)


def _is_binary(head: bytes) -> bool:
    if any(head.startswith(mark) for mark, _ in _BOMS):
        return False
    import filetype  # noqa: PLC0415 - the worker alone needs it

    return b"\x00" in head or filetype.guess(head) is not None


def _xlsx(path: Path) -> Iterator[list[str]]:
    _refuse_bombs(path)
    from openpyxl import load_workbook  # noqa: PLC0415 - costs a quarter of a second, and most files are CSV

    # A path would have to end in .xlsx.
    with path.open("rb") as file:
        try:
            book = load_workbook(file, read_only=True, data_only=True)
            sheet: Any = book.worksheets[0]
            # What the file says of its own size may be wrong.
            sheet.reset_dimensions()
            for cells in sheet.iter_rows(values_only=True):
                yield _trimmed([_text(cell) for cell in cells[: MOST_COLUMNS + 1]])
            book.close()
        except Exception as error:  # whatever a broken file makes the library raise
            raise FileError("The file is no XLSX that can be read.") from error


def _refuse_bombs(path: Path) -> None:
    """A small file may unpack to more than there is room for."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FileError("The file is no XLSX that can be read.") from error
    whole = sum(part.file_size for part in parts)
    shared = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    packed = max(1, path.stat().st_size)
    if whole > _MOST_UNPACKED or shared > _MOST_SHARED or (whole > _PIECE * 50 and whole / packed > _MOST_RATIO):
        raise FileError("The XLSX file unpacks to more than can be read; save it as CSV.")


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value) if "_x" in value else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, datetime | date | time) else str(value)
