"""The orders of a product list, each a total order that a cursor can resume."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_

from functions.storefront.filters import ProductQuery
from shared.errors import FieldError, InvalidError
from shared.models import Product
from shared.pagination import broken_cursor, decode_cursor
from shared.text_search import rank


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by, and how a cursor carries its values."""

    name: str
    column: ColumnElement[Any]
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    descending: bool


def sort_key(query: ProductQuery) -> SortKey:
    """The order that a query asks for: best match first when it searches, else newest first.

    Raises InvalidError for relevance without a search.
    """
    name = query.sort or ("relevance" if query.q else "newest")
    if name == "relevance":
        if not query.q:
            where = FieldError(loc=["query", "sort"], message="relevance needs a search: add q")
            raise InvalidError("invalid_request", "Sorting by relevance needs q.", [where])
        # The words are part of the order: a cursor of one search does not fit another.
        return SortKey(f"relevance {query.q}", rank(query.q), repr, float, descending=True)
    descending = name in ("newest", "-price", "-name")
    if name == "newest":
        return SortKey(name, Product.published_at, datetime.isoformat, datetime.fromisoformat, descending)  # type: ignore[arg-type]
    if name.endswith("price"):
        return SortKey(name, Product.price_min, str, Decimal, descending)  # type: ignore[arg-type]
    return SortKey(name, Product.name, str, str, descending)  # type: ignore[arg-type]


def order_by(key: SortKey) -> list[ColumnElement[Any]]:
    """Sort by the key, then by id."""
    if key.descending:
        return [key.column.desc(), Product.id.desc()]
    return [key.column.asc(), Product.id.asc()]


def after(key: SortKey, cursor: str | None) -> list[ColumnElement[bool]]:
    """The condition that a row comes after the cursor's. Raises MalformedError for a broken one."""
    if cursor is None:
        return []
    written, product_id = decode_cursor(cursor, key.name, 2)
    try:
        value = key.read(written)
        if isinstance(value, datetime) and value.tzinfo is None:
            raise broken_cursor()
        last = tuple_(literal(value, key.column.type), literal(product_id))
    except (ValueError, TypeError, InvalidOperation) as error:
        raise broken_cursor() from error
    row = tuple_(key.column, Product.id)
    return [row < last if key.descending else row > last]
