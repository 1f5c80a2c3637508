"""The orders of a product list, each a total order that a cursor can resume."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import CTE, ColumnElement, literal, tuple_

from functions.storefront.filters import ProductQuery
from shared.errors import FieldError, InvalidError
from shared.models import Product
from shared.pagination import broken_cursor, decode_cursor


@dataclass(frozen=True, slots=True)
class SortKey:
    """A column to sort by, and how a cursor carries its values."""

    name: str
    column: ColumnElement[Any]
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    descending: bool


def sort_key(query: ProductQuery, hits: CTE | None) -> SortKey:
    """The order that a query asks for: best match first when it searches, else newest first.

    Raises InvalidError for relevance without a search.
    """
    name = query.sort or ("relevance" if query.q else "newest")
    if name == "relevance":
        if hits is None:
            where = FieldError(loc=["query", "sort"], message="relevance needs a search: add q")
            raise InvalidError("invalid_request", "Sorting by relevance needs q.", [where])
        # The words are part of the order: a cursor of one search does not fit another.
        words = hashlib.sha256(str(query.q).encode()).hexdigest()[:16]
        return SortKey(f"relevance {words}", hits.c.rank, repr, _score, descending=True)
    descending = name in ("newest", "-price", "-name")
    if name == "newest":
        return SortKey(name, Product.published_at, datetime.isoformat, _time, descending)  # type: ignore[arg-type]
    if name.endswith("price"):
        return SortKey(name, Product.price_min, str, _price, descending)  # type: ignore[arg-type]
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
    except (ValueError, OverflowError, InvalidOperation) as error:
        raise broken_cursor() from error
    last = tuple_(literal(value, key.column.type), literal(product_id))
    row = tuple_(key.column, Product.id)
    return [row < last if key.descending else row > last]


def _time(written: str) -> datetime:
    time = datetime.fromisoformat(written)
    if time.tzinfo is None:
        raise ValueError("a time needs its zone")
    return time.astimezone(UTC)


def _price(written: str) -> Decimal:
    """An amount as the column holds it; NaN equals nothing, so it is refused too."""
    price = Decimal(written)
    rounded = price.quantize(Decimal("0.001"))
    if price != rounded or abs(price) >= 10**10:
        raise ValueError("not an amount")
    return rounded


def _score(written: str) -> float:
    score = float(written)
    if not math.isfinite(score):
        raise ValueError("not a score")
    return score
