"""Columns with a default, set in Python and in the database alike, so that code one version older can still insert."""

from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import MappedColumn, mapped_column

from shared.column_types import EnumText, Json, Money

E = TypeVar("E", bound=StrEnum)


def flag(value: bool) -> MappedColumn[bool]:
    """A yes or no."""
    return mapped_column(default=value, server_default=text("true" if value else "false"))


def number(value: int = 0) -> MappedColumn[int]:
    """A whole number."""
    return mapped_column(default=value, server_default=text(str(value)))


def words(value: str) -> MappedColumn[str]:
    """Text."""
    return mapped_column(default=value, server_default=value)


def amount(value: int = 0) -> MappedColumn[Decimal]:
    """Money in the store's currency."""
    return mapped_column(Money(), default=Decimal(value), server_default=text(str(value)))


def json_object() -> MappedColumn[dict[str, Any]]:
    """A JSON object, empty by default."""
    return mapped_column(Json, default=dict, server_default="{}")


def json_list() -> MappedColumn[list[Any]]:
    """A JSON array, empty by default."""
    return mapped_column(Json, default=list, server_default="[]")


def one_of(first: E) -> MappedColumn[E]:
    """A value of the default's StrEnum."""
    return mapped_column(EnumText(type(first)), default=first, server_default=first.value)
