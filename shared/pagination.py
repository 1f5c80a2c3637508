"""Keyset cursors: where the next page of a list begins, as an opaque string."""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from shared.errors import MalformedError

T = TypeVar("T")

Limit = Annotated[int, Query(ge=1, le=100, description="How many items a page holds.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[T]):
    """A page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(order: str, keys: Sequence[str | int | float]) -> str:
    """A cursor for the page after the row with these sort keys, good for this order only."""
    return base64.urlsafe_b64encode(json.dumps([order, *keys]).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, order: str, count: int) -> list[Any]:
    """The `count` sort keys in a cursor. Raises MalformedError when it is broken or belongs to another order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, *keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError) as error:
        raise broken_cursor() from error
    if made_for != order or len(keys) != count or not all(_is_key(key) for key in keys):
        raise broken_cursor()
    return list(keys)


def broken_cursor() -> MalformedError:
    """What a caller is told of a cursor we did not make, or made for another order."""
    return MalformedError("invalid_cursor", "This cursor is not one of this list's; begin again without `cursor`.")


def _is_key(key: Any) -> bool:
    return isinstance(key, str | int | float) and not (isinstance(key, str) and "\x00" in key)
