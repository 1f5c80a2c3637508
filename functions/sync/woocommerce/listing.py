"""Pages of what a WooCommerce shop has: all of it by id, or what has changed by the time of its change.

The cursor of all is how far it is and the last id that was seen: what is deleted meanwhile moves the others up, so that
each page begins with what the one before ended with, or earlier. The cursor of what changed is the last time that was
seen: what changes while it is read comes later. A second is read twice, since times are no finer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from time import sleep
from typing import Any

from functions.sync.coercing import identities, identity, moment
from functions.sync.entities import COUPON, CUSTOMER, ORDER, PRODUCT, VARIANT, Entity, UnreadableError
from functions.sync.inbound.versions import READ
from functions.sync.runs.pages import Absent, Page, Read, Unreadable
from functions.sync.woocommerce.orders import read_order
from functions.sync.woocommerce.reading import read_coupon, read_customer, read_product, read_variation
from shared.models.base import now
from shared.models.enums import SyncRunKind
from shared.platforms.errors import DeniedError, RefusedError, UnreachableError
from shared.platforms.http import Answer, Credentials
from shared.platforms.woocommerce import PAGE, begun, call, pages, total_of

_MOST_CALLS = 20
"""Products of a page whose variations are read, each with a call: a page is read and applied within one invocation."""
_FEW = 25
"""What is applied one by one, in a transaction."""


_MANY = 5000
"""Customers whom not every comparison reads."""
_MISSING = 404
_SECOND = timedelta(seconds=1)
LINKED: Sequence[str] = (PRODUCT, CUSTOMER, COUPON, ORDER)
_PATHS = {PRODUCT: "products", CUSTOMER: "customers", COUPON: "coupons", ORDER: "orders"}
_ALL = {PRODUCT: {"status": "any"}, CUSTOMER: {"role": "all"}}
_READERS: Mapping[str, Callable[[Any], Entity]] = {
    PRODUCT: read_product,
    VARIANT: read_variation,
    CUSTOMER: read_customer,
    COUPON: read_coupon,
    ORDER: read_order,
}


@dataclass(frozen=True, slots=True)
class _Look:
    """An answer, when we asked by our clock, and when it was begun by theirs."""

    answer: Answer
    read_at: datetime
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class _Window:
    """What a list holds at a cursor, and the cursor after so many of it; None at the end."""

    rows: Sequence[Any]
    following: Callable[[int], str | None]
    total: int | None
    look: _Look


def reads(kind: SyncRunKind) -> Mapping[str, Read]:
    """An import reads products, customers and coupons; a comparison what changed, orders too.

    Orders placed before the shops were connected stay there. WooCommerce does not say which customers have changed, and
    the time of a coupon does not move when its amount or limits do: of both a comparison reads all.
    """
    if kind is SyncRunKind.IMPORT:
        return {PRODUCT: _products, CUSTOMER: _customers, COUPON: _coupons}
    return {PRODUCT: _products, CUSTOMER: _compared_customers, COUPON: _coupons, ORDER: _orders}


def absent(credentials: Credentials, entity_type: str, parts: Mapping[str, Sequence[str]]) -> list[Absent]:
    """Which of these are not listed any more, each of them asked for once more, and which of their variations.

    What is in the trash is not listed, nor what the keys may not read.
    """
    given = {"include": ",".join(parts), "per_page": PAGE, "_fields": "id,variations", **_ALL.get(entity_type, {})}
    rows = _list(call(credentials, "GET", _PATHS[entity_type], params=given))
    there = {str(row["id"]): set(identities(row.get("variations"))) for row in rows}
    found = [
        _itself(credentials, entity_type, one, f"{_PATHS[entity_type]}/{one}") for one in parts if one not in there
    ]
    found += [
        _itself(credentials, VARIANT, part, f"products/{one}/variations/{part}")
        for one, listed in there.items()
        for part in parts.get(one, ())
        if part not in listed
    ]
    return [one for one in found if one is not None]


def one(credentials: Credentials, entity_type: str, external_id: str) -> list[Entity | Unreadable]:
    """What something is now, a product with its variations. Raises PlatformError."""
    rows, look = _asked(credentials, f"{_PATHS[entity_type]}/{external_id}")
    return _whole(credentials, rows, look) if entity_type == PRODUCT else [_read(_READERS[entity_type], rows, look)]


def by_sku(credentials: Credentials, skus: Sequence[str]) -> str | None:
    """The id of the product that has one of these SKUs, or a variation with it."""
    for sku in skus:
        for row in _list(call(credentials, "GET", "products", params={"sku": sku})):
            return str(row.get("parent_id") or row["id"])
    return None


def _products(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    """As many as can be read with their variations in a few calls."""
    window = _listed(credentials, "products", cursor, since, PAGE)
    entities: list[Entity | Unreadable] = []
    calls = done = 0
    for row in window.rows:
        if calls >= _MOST_CALLS or len(entities) >= PAGE:
            break
        calls += _is_varied(row)
        entities += _whole(credentials, row, window.look)
        done += 1
    return Page(entities, window.following(done), window.total)


def _customers(credentials: Credentials, cursor: str | None, _since: datetime | None) -> Page:
    return _read_all(read_customer, _numbered(credentials, "customers", cursor, _FEW, {"role": "all"}))


def _compared_customers(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    """Where there are very many, only in the first comparison of a day."""
    page = _customers(credentials, cursor, since)
    is_first = since is None or since.astimezone(UTC).date() < now().date()
    return page if is_first or (page.total or 0) <= _MANY else Page([], None)


def _coupons(credentials: Credentials, cursor: str | None, _since: datetime | None) -> Page:
    return _read_all(read_coupon, _numbered(credentials, "coupons", cursor, _FEW, {}))


def _orders(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    return _read_all(read_order, _listed(credentials, "orders", cursor, since, _FEW))


def _read_all(reader: Any, window: _Window) -> Page:
    entities = [_read(reader, row, window.look) for row in window.rows]
    return Page(entities, window.following(len(window.rows)), window.total)


def _listed(credentials: Credentials, path: str, cursor: str | None, since: datetime | None, size: int) -> _Window:
    if since is None:
        return _numbered(credentials, path, cursor, size, {})
    begin = since.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    after, _, skipped = (cursor or f"{begin}|0").partition("|")
    before = (datetime.fromisoformat(after) - timedelta(seconds=1)).isoformat()
    given = {"modified_after": before, "dates_are_gmt": True, "orderby": "modified", "order": "asc"}
    rows, look = _asked(credentials, path, {**given, "per_page": size, "offset": int(skipped)})

    def following(done: int) -> str | None:
        if done == len(rows) and _is_last(look.answer, int(skipped), size):
            return None
        last = str(rows[done - 1].get("date_modified_gmt") or "") if done else ""
        return f"{last}|0" if last > after else f"{after}|{int(skipped) + (done if done < len(rows) else size)}"

    return _Window(rows, following, total_of(look.answer) if cursor is None else None, look)


def _numbered(credentials: Credentials, path: str, cursor: str | None, size: int, given: Mapping[str, Any]) -> _Window:
    far, _, seen = (cursor or "0|0").partition("|")
    begin, last = max(int(far) - 1, 0), int(seen or 0)
    while True:
        ordered = {**given, "orderby": "id", "order": "asc", "per_page": size, "offset": begin}
        rows, look = _asked(credentials, path, ordered)
        if begin == 0 or last == 0 or (rows and 0 < _number(rows[0]) <= last):
            break
        if not rows and not _is_last(look.answer, begin, size):
            break
        # More is gone than one: back to where it was seen.
        begin = max(begin - size, 0)
    skipped = len(list(takewhile(lambda row: 0 < _number(row) <= last, rows)))

    def following(done: int) -> str | None:
        if skipped + done == len(rows) and _is_last(look.answer, begin, size):
            return None
        if not done and skipped == len(rows):
            # All that is left of it cannot be read.
            return f"{begin + size + 1}|0"
        return f"{begin + skipped + done}|{max([last, *map(_number, rows[: skipped + done])])}"

    return _Window(rows[skipped:], following, total_of(look.answer), look)


def _is_last(answer: Answer, begin: int, size: int) -> bool:
    """Whether a list ends here. It may show fewer than were asked for: those that cannot be read are left out."""
    total = total_of(answer)
    return begin + size >= total if total else len(answer.body) < size


def _number(row: Any) -> int:
    """The id of what is listed, or 0: then it is told of as unreadable."""
    found = identity(row.get("id")) if isinstance(row, Mapping) else None
    return int(found) if found and found.isdecimal() else 0


def _is_varied(row: Any) -> bool:
    return isinstance(row, Mapping) and bool(row.get("variations"))


def _whole(credentials: Credentials, row: Any, look: _Look) -> list[Entity | Unreadable]:
    """A product and, where they come on their own, its variations. One that will not be read spoils no other."""
    found: list[Entity | Unreadable] = [_read(read_product, row, look)]
    if not _is_varied(row):
        return found
    try:
        for page in pages(credentials, f"products/{row['id']}/variations"):
            found += [_read(lambda body: read_variation(body, str(row["id"])), one, look) for one in page]
    except RefusedError as error:
        return [Unreadable(str(row["id"]), error.code)]
    return found


def _itself(credentials: Credentials, entity_type: str, external_id: str, path: str) -> Absent | None:
    """What something that is not listed says itself; None when nobody can tell."""
    try:
        row, look = _asked(credentials, path)
    except (RefusedError, DeniedError) as error:
        return Absent(entity_type, external_id) if error.status == _MISSING else None
    found = _read(_READERS[entity_type], row, look)
    return None if isinstance(found, Unreadable) else Absent(entity_type, external_id, found)


def _asked(credentials: Credentials, path: str, params: Mapping[str, Any] | None = None) -> tuple[Any, _Look]:
    """Ask for a list or one of it; once more where a second is not over in which something of it was changed."""
    read_at = now()
    answer = call(credentials, "GET", path, params=params)
    as_of, rows = begun(answer), answer.body if isinstance(answer.body, list) else [answer.body]
    changed = [moment(row.get("date_modified_gmt")) for row in rows if isinstance(row, Mapping)]
    if as_of is not None and any(at is not None and as_of < at + _SECOND <= as_of + 2 * _SECOND for at in changed):
        sleep(1.1)
        read_at = now()
        answer = call(credentials, "GET", path, params=params)
        as_of = begun(answer)
    if params is not None:
        _list(answer)
    return answer.body, _Look(answer, read_at, as_of)


def _list(answer: Answer) -> list[Any]:
    """A list's rows. Raises UnreachableError for what is none: a cache's answer, or a firewall's."""
    if not isinstance(answer.body, list):
        raise UnreachableError("not_a_list", "The shop answered something that is no list.", status=answer.status)
    return answer.body


def _read(reader: Any, row: Any, look: _Look) -> Any:
    try:
        return _dated(reader(row), look)
    except UnreadableError as error:
        return Unreadable(str(row.get("id") if isinstance(row, dict) else ""), error.reason)


def _dated(entity: Any, look: _Look) -> Any:
    """What was asked for after the second of its last change was over is newer than all that is told of it."""
    is_over = look.as_of is not None and (entity.updated_at is None or look.as_of >= entity.updated_at + _SECOND)
    rank = (READ, int(look.read_at.timestamp() * 1_000_000)) if is_over else entity.rank
    return replace(entity, read_at=look.read_at, rank=rank)
