"""Changing rows by what a request gives."""

from collections.abc import Mapping
from typing import Any


def assign(row: Any, given: Mapping[str, Any]) -> None:
    """Change a row's fields; null empties what may be empty, and leaves the rest."""
    for field, value in given.items():
        if value is not None or row.__table__.c[field].nullable:
            setattr(row, field, value)
