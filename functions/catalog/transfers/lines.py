"""What the readers of each format make of a row: our own columns, and the product that the row is of."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from functions.catalog.transfers.columns import Cells

Given = Mapping[str, str]
"""A row as it came: its cells that are not empty, by the header's names as `normal` makes them."""


Header = Mapping[str, str]
"""The columns' names as `normal` makes them, each with the name as it is written."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row's meaning. Rows of one `ref` are one product; `aliases` are other names that rows may refer to it by."""

    ref: str
    cells: Cells
    kind: str = "product"
    aliases: tuple[str, ...] = ()


Translate = Callable[[int, Given], Line | None]
"""Reads a row by its number; None when it says nothing."""


@dataclass(frozen=True, slots=True)
class Format:
    """How files with one kind of header are read. `unknown` are the header's columns that nothing is done with."""

    translate: Translate
    unknown: list[str]


def normal(name: str) -> str:
    """A column's name without what people and programs write differently."""
    return re.sub(r"[\s_]+", " ", name.strip().lower())


def named(given: Given, names: Mapping[str, str]) -> Cells:
    """A row's cells under our own names; of several columns with one meaning the first that is filled counts."""
    found: Cells = {}
    for column, own in names.items():
        if column in given:
            found.setdefault(own, given[column])
    return found
