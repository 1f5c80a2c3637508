"""Keyset cursors: where the next page of a list begins, as an opaque string."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from shared.errors import MalformedError
from shared.models import Base

T = TypeVar("T")
R = TypeVar("R", bound=Base)

Limit = Annotated[int, Query(ge=1, le=100, description="How many items a page holds.")]
# Enough for a name of 200 characters, each written in six bytes, and base64.
Cursor = Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[T]):
    """A page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(order: str, keys: Sequence[str]) -> str:
    """A cursor for the page after the row with these sort keys, good for this order only."""
    content = json.dumps([order, *keys], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode_cursor(cursor: str, order: str, count: int) -> list[str]:
    """The `count` sort keys in a cursor. Raises MalformedError when it is broken or belongs to another order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        content = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True).decode())
    except (ValueError, RecursionError) as error:
        raise broken_cursor() from error
    if not isinstance(content, list) or not all(_is_text(part) for part in content):
        raise broken_cursor()
    if content[:1] != [order] or len(content) != 1 + count:
        raise broken_cursor()
    return content[1:]


def page_of_newest(rows: Sequence[R], limit: int, shown: Callable[[R], T]) -> Page[T]:
    """A page of rows that were read newest first, one more than the limit, with the cursor of the next."""
    last = rows[limit - 1] if len(rows) > limit else None
    further = encode_cursor("newest", [last.created_at.isoformat(), last.id]) if last else None
    return Page(items=[shown(row) for row in rows[:limit]], next_cursor=further)


def place_of_newest(cursor: str) -> tuple[datetime, str]:
    """When the last row before a cursor of `page_of_newest` was made, and its id. Raises MalformedError."""
    moment, row_id = decode_cursor(cursor, "newest", 2)
    try:
        made = datetime.fromisoformat(moment)
        if made.tzinfo is None:
            raise broken_cursor()
        return made.astimezone(UTC), row_id
    except (ValueError, OverflowError) as error:
        raise broken_cursor() from error


def broken_cursor() -> MalformedError:
    """What a caller is told of a cursor we did not make, or made for another order."""
    return MalformedError("invalid_cursor", "This cursor is not one of this list's; begin again without `cursor`.")


def _is_text(part: Any) -> bool:
    """Whether the database can take it: JSON may hold half a surrogate pair, which is no UTF-8, and NUL."""
    return isinstance(part, str) and re.search(r"[\x00\ud800-\udfff]", part) is None
