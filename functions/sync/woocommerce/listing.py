"""Pages of what a WooCommerce shop has: all of it by id, or what has changed by the time of its change.

The cursor of all is how far it is and the last id that was seen: what is deleted meanwhile moves the others up, so that
each page begins with what the one before ended with, or earlier. The cursor of what changed is the last time that was
seen: what changes while it is read comes later. A second is read twice, since times are no finer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from functions.sync.coercing import identity
from functions.sync.entities import COUPON, CUSTOMER, ORDER, PRODUCT, Entity, UnreadableError
from functions.sync.runs.pages import Missing, Page, Read, Unreadable
from functions.sync.woocommerce.orders import read_order
from functions.sync.woocommerce.reading import read_coupon, read_customer, read_product, read_variation
from shared.models.enums import SyncRunKind
from shared.platforms.errors import RefusedError
from shared.platforms.http import Answer, Credentials
from shared.platforms.woocommerce import PAGE, call, pages, total_of

KEPT: Sequence[str] = ()
"""Of products alone a comparison looks whether they are still there."""
_MOST_CALLS = 20
"""Products of a page whose variations are read, each with a call: a page is read and applied within one invocation."""
_FEW = 25
"""What is applied one by one, in a transaction."""


@dataclass(frozen=True, slots=True)
class _Window:
    """What a list holds at a cursor, and the cursor after so many of it; None at the end."""

    rows: Sequence[Any]
    following: Callable[[int], str | None]
    total: int | None


def reads(kind: SyncRunKind) -> Mapping[str, Read]:
    """An import reads products, customers and coupons; a comparison what changed, orders too.

    Orders placed before the shops were connected stay there. WooCommerce does not say which customers have changed.
    """
    if kind is SyncRunKind.IMPORT:
        return {PRODUCT: _products, CUSTOMER: _customers, COUPON: _coupons}
    return {PRODUCT: _products, COUPON: _coupons, ORDER: _orders}


def missing(credentials: Credentials, skus: Mapping[str, Sequence[str]]) -> list[Missing]:
    """Which of these products are gone: neither there nor in the trash."""
    there = _ids(credentials, {"include": ",".join(skus), "status": "any"})
    there |= _ids(credentials, {"include": ",".join(skus), "status": "trash"})
    return [Missing(one, _by_sku(credentials, skus[one])) for one in skus if one not in there]


def gone(_credentials: Credentials, _entity_type: str, _ids: Sequence[str]) -> list[str]:
    """None: no type beside products is kept."""
    return []


def one(credentials: Credentials, external_id: str) -> list[Entity | Unreadable]:
    """A product with its variations as it is now."""
    return _whole(credentials, call(credentials, "GET", f"products/{external_id}").body)


def _products(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    """As many as can be read with their variations in a few calls."""
    window = _listed(credentials, "products", cursor, since, PAGE)
    entities: list[Entity | Unreadable] = []
    calls = done = 0
    for row in window.rows:
        if calls >= _MOST_CALLS or len(entities) >= PAGE:
            break
        calls += _is_varied(row)
        entities += _whole(credentials, row)
        done += 1
    return Page(entities, window.following(done), window.total)


def _customers(credentials: Credentials, cursor: str | None, _since: datetime | None) -> Page:
    return _read_all(read_customer, _numbered(credentials, "customers", cursor, _FEW, {"role": "all"}))


def _coupons(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    return _read_all(read_coupon, _listed(credentials, "coupons", cursor, since, _FEW))


def _orders(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    return _read_all(read_order, _listed(credentials, "orders", cursor, since, _FEW))


def _read_all(reader: Any, window: _Window) -> Page:
    return Page([_read(reader, row) for row in window.rows], window.following(len(window.rows)), window.total)


def _listed(credentials: Credentials, path: str, cursor: str | None, since: datetime | None, size: int) -> _Window:
    if since is None:
        return _numbered(credentials, path, cursor, size, {})
    begin = since.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    after, _, skipped = (cursor or f"{begin}|0").partition("|")
    before = (datetime.fromisoformat(after) - timedelta(seconds=1)).isoformat()
    given = {"modified_after": before, "dates_are_gmt": True, "orderby": "modified", "order": "asc"}
    answer = call(credentials, "GET", path, params={**given, "per_page": size, "offset": int(skipped)})
    rows: list[Any] = answer.body

    def following(done: int) -> str | None:
        if done == len(rows) and _is_last(answer, int(skipped), size):
            return None
        last = str(rows[done - 1].get("date_modified_gmt") or "") if done else ""
        return f"{last}|0" if last > after else f"{after}|{int(skipped) + done}"

    return _Window(rows, following, total_of(answer) if cursor is None else None)


def _numbered(credentials: Credentials, path: str, cursor: str | None, size: int, given: Mapping[str, Any]) -> _Window:
    far, _, seen = (cursor or "0|0").partition("|")
    begin, last = max(int(far) - 1, 0), int(seen or 0)
    while True:
        ordered = {**given, "orderby": "id", "order": "asc", "per_page": size, "offset": begin}
        answer = call(credentials, "GET", path, params=ordered)
        rows: list[Any] = answer.body
        if begin == 0 or (rows and 0 < _number(rows[0]) <= last):
            break
        # More is gone than one: back to where it was seen.
        begin = max(begin - size, 0)
    skipped = len(list(takewhile(lambda row: 0 < _number(row) <= last, rows)))

    def following(done: int) -> str | None:
        if skipped + done == len(rows) and _is_last(answer, begin, size):
            return None
        return f"{begin + skipped + done}|{max([last, *map(_number, rows[: skipped + done])])}"

    return _Window(rows[skipped:], following, total_of(answer))


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


def _whole(credentials: Credentials, row: Any) -> list[Entity | Unreadable]:
    """A product and, where they come on their own, its variations. One that will not be read spoils no other."""
    found: list[Entity | Unreadable] = [_read(read_product, row)]
    if not _is_varied(row):
        return found
    try:
        for page in pages(credentials, f"products/{row['id']}/variations"):
            found += [_read(lambda body: read_variation(body, str(row["id"])), variation) for variation in page]
    except RefusedError as error:
        return [Unreadable(str(row["id"]), error.code)]
    return found


def _ids(credentials: Credentials, given: Mapping[str, Any]) -> set[str]:
    answer = call(credentials, "GET", "products", params={**given, "per_page": PAGE, "_fields": "id"})
    return {str(row["id"]) for row in answer.body}


def _by_sku(credentials: Credentials, skus: Sequence[str]) -> str | None:
    for sku in skus:
        for row in call(credentials, "GET", "products", params={"sku": sku}).body:
            return str(row.get("parent_id") or row["id"])
    return None


def _read(reader: Any, row: Any) -> Any:
    try:
        return reader(row)
    except UnreadableError as error:
        return Unreadable(str(row.get("id") if isinstance(row, dict) else ""), error.reason)
