"""Values as they should be, from bodies that lie about their types: `sku: 123`, stock `"12"` or `""`, lists as objects.

What cannot be what it should be is None where that does no harm, and an UnreadableError where it would: an amount that
is no amount must not become zero.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Any

from functions.sync.entities import UnreadableError

Body = Mapping[str, Any]
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_GID = re.compile(r"gid://shopify/\w+/(\d+)")
_MOST = Decimal(10) ** 10
_MOST_SIGNS = 100
_MOST_UNITS = 1_000_000_000
_YES, _NO = {"true", "yes", "1", "on"}, {"false", "no", "0", "off", ""}


def parsed(raw: bytes) -> Body:
    """A JSON object, with its numbers exact. Raises UnreadableError for what is none."""
    try:
        found = json.loads(raw, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("not_json", "The body is not JSON.") from error
    return body_of(found)


def body_of(found: Any) -> Body:
    """What was parsed, when it is an object that tells of something. Raises UnreadableError for an error body."""
    if not isinstance(found, Mapping):
        raise UnreadableError("not_an_object", "The body is no JSON object.")
    if "code" in found and "message" in found and "id" not in found:
        raise UnreadableError("error_body", f"The shop sent an error instead of an entity: {text(found['code'])}.")
    return found


def text(value: Any, most: int | None = None) -> str | None:
    """Text, from a number too; None for what is empty or no text. Cut at `most` signs."""
    if isinstance(value, bool) or value is None or isinstance(value, Mapping | list):
        return None
    # Written out, 1e999999999 is a gigabyte.
    exact = isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _MOST_SIGNS
    plain = _UNSTORABLE.sub("", f"{value:f}" if exact else str(value)).strip()
    return plain[:most].strip() or None


def words(value: Any, most: int | None = None) -> str:
    """As `text`, with nothing for None."""
    return text(value, most) or ""


def identity(value: Any) -> str | None:
    """An id as text: of a number however large, of digits, of a GraphQL id. 0 and nothing are none."""
    if isinstance(value, float):
        value = Decimal(value)
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and value == value.to_integral_value() else None
    plain = text(value, 200)
    if plain is None:
        return None
    if found := _GID.fullmatch(plain.partition("?")[0]):
        return found[1]
    return None if not plain.strip("0") or plain.startswith("-") else plain


def named(body: Body, field: str = "id") -> str:
    """The id of a body. Raises UnreadableError when it has none."""
    found = identity(body.get(field))
    if found is None:
        raise UnreadableError("no_id", f"The body has no {field}.")
    return found


def amount(value: Any, field: str) -> Decimal | None:
    """An amount; None when it is empty. Raises UnreadableError for what is no amount, or beyond ten digits."""
    if isinstance(value, Mapping):
        value = value.get("amount")
    plain = text(value)
    if plain is None:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation as error:
        raise UnreadableError("not_an_amount", f"{field} is no amount: {plain[:40]}.") from error
    if not found.is_finite() or abs(found) >= _MOST:
        raise UnreadableError("amount_out_of_range", f"{field} is out of range: {plain[:40]}.")
    return found


def price(value: Any, field: str) -> Decimal | None:
    """As `amount`, never below zero. Raises UnreadableError for one that is."""
    found = amount(value, field)
    if found is not None and found < 0:
        raise UnreadableError("negative_amount", f"{field} is below zero: {found}.")
    return found


def sum_of(value: Any, field: str) -> Decimal:
    """As `price`, with zero for what is not told."""
    return price(value, field) or Decimal(0)


def measure(value: Any) -> Decimal | None:
    """A weight or length, to three decimals; None for what is none: nobody's order depends on it."""
    plain = text(value)
    try:
        found = Decimal(plain) if plain is not None else None
    except InvalidOperation:
        return None
    fits = found is not None and found.is_finite() and 0 <= found < 10**6
    return found.quantize(Decimal("0.001")) if found is not None and fits else None


def units(value: Any) -> int | None:
    """A whole number of things; None when it is empty or none. Parts of one do not count."""
    plain = text(value)
    if plain is None:
        return None
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return int(found) if found.is_finite() and abs(found) <= _MOST_UNITS else None


def begun_units(value: Any) -> int:
    """As `units`, where a part of one is one, and nothing is 0: half a metre that is sold is something that is sold."""
    found = amount_or_none(value)
    return ceil(found) if found is not None and abs(found) <= _MOST_UNITS else 0


def amount_or_none(value: Any) -> Decimal | None:
    """A number as it is told, or None for what is none."""
    try:
        found = Decimal(text(value) or "")
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def flag(value: Any) -> bool | None:
    """Yes or no, in whatever words; None for neither."""
    if isinstance(value, bool) or value is None:
        return value
    plain = words(value).lower()
    return True if plain in _YES else False if plain in _NO else None


def moment(value: Any) -> datetime | None:
    """A time in UTC; one without a zone is in UTC already. None for what is no time."""
    plain = text(value, 40)
    if plain is None:
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", plain))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def items(value: Any) -> list[Any]:
    """The items of a list, or of an object that should have been one."""
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []


def objects(value: Any) -> list[Body]:
    """As `items`, those that are objects."""
    return [item for item in items(value) if isinstance(item, Mapping)]


def part(body: Body, field: str) -> Body:
    """An object within a body; an empty one when there is none."""
    found = body.get(field)
    return found if isinstance(found, Mapping) else {}


def texts(value: Any, most: int | None = None) -> tuple[str, ...]:
    """Each once, in their order."""
    found = (text(item, most) for item in items(value))
    return tuple(dict.fromkeys(item for item in found if item))


def identities(value: Any) -> tuple[str, ...]:
    """The ids in a list, of numbers or of objects that have one."""
    found = (identity(item.get("id") if isinstance(item, Mapping) else item) for item in items(value))
    return tuple(dict.fromkeys(item for item in found if item))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
