"""Pages of what a WooCommerce shop has: all of it by id, or what has changed by the time of its change.

The cursor of what changed is the last time that was seen: what changes while it is read comes later, and nothing is
skipped as it would be by numbers of pages. A second is read twice, since times are no finer.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.sync.entities import COUPON, CUSTOMER, ORDER, PRODUCT, Entity, UnreadableError
from functions.sync.runs.pages import Missing, Page, Read, Unreadable
from functions.sync.woocommerce.orders import read_order
from functions.sync.woocommerce.reading import read_coupon, read_customer, read_product, read_variation
from shared.models.enums import SyncRunKind
from shared.platforms.http import Credentials
from shared.platforms.woocommerce import PAGE, call, pages, pages_of, total_of


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


def one(credentials: Credentials, external_id: str) -> list[Entity | Unreadable]:
    """A product with its variations as it is now."""
    return _whole(credentials, call(credentials, "GET", f"products/{external_id}").body)


def _products(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    rows, page = _listed(credentials, "products", cursor, since)
    return Page([entity for row in rows for entity in _whole(credentials, row)], page.following, page.total)


def _customers(credentials: Credentials, cursor: str | None, _since: datetime | None) -> Page:
    rows, page = _numbered(credentials, "customers", cursor, {"role": "all"})
    return Page([_read(read_customer, row) for row in rows], page.following, page.total)


def _coupons(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    rows, page = _listed(credentials, "coupons", cursor, since)
    return Page([_read(read_coupon, row) for row in rows], page.following, page.total)


def _orders(credentials: Credentials, cursor: str | None, since: datetime | None) -> Page:
    rows, page = _listed(credentials, "orders", cursor, since)
    return Page([_read(read_order, row) for row in rows], page.following, page.total)


def _listed(credentials: Credentials, path: str, cursor: str | None, since: datetime | None) -> tuple[list[Any], Page]:
    if since is None:
        return _numbered(credentials, path, cursor, {})
    after, _, number = (
        cursor or f"{since.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}|1"
    ).partition("|")
    before = (datetime.fromisoformat(after) - timedelta(seconds=1)).isoformat()
    given = {"modified_after": before, "dates_are_gmt": True, "orderby": "modified", "order": "asc"}
    answer = call(credentials, "GET", path, params={**given, "per_page": PAGE, "page": number})
    rows = answer.body
    last = str(rows[-1].get("date_modified_gmt") or "") if rows else ""
    following = None if len(rows) < PAGE else f"{last}|1" if last > after else f"{after}|{int(number) + 1}"
    return rows, Page([], following, total_of(answer) if cursor is None else None)


def _numbered(
    credentials: Credentials, path: str, cursor: str | None, given: Mapping[str, Any]
) -> tuple[list[Any], Page]:
    number = int(cursor or 1)
    ordered = {**given, "orderby": "id", "order": "asc", "per_page": PAGE, "page": number}
    answer = call(credentials, "GET", path, params=ordered)
    following = str(number + 1) if number < pages_of(answer) else None
    return answer.body, Page([], following, total_of(answer))


def _whole(credentials: Credentials, row: Any) -> list[Entity | Unreadable]:
    """A product and, where they come on their own, its variations."""
    found: list[Entity | Unreadable] = [_read(read_product, row)]
    if isinstance(row, dict) and row.get("variations"):
        for page in pages(credentials, f"products/{row['id']}/variations"):
            found += [_read(lambda body: read_variation(body, str(row["id"])), variation) for variation in page]
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
