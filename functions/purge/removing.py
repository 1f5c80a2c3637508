"""Deleting rows for good with all that hangs on them, children first, so many in a transaction and no more.

Nothing here trusts a cascade of the database to be small: a product with a million lines in its stock's ledger goes in
as many transactions as it takes. A row whose children are going is marked first, so that nobody brings back half of it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, literal, or_, select, update

from functions.purge.coupons import retire_coupons
from functions.purge.due import stays
from functions.purge.files import remember_files
from functions.purge.kinds import Link, among, is_soft, links_to
from shared.models import Base
from shared.privacy.holdings import HOLDINGS, erased_address

AT_ONCE = 200
"""Ids a statement: more would make one of over 16 KB, which pins the proxy."""
_T = Base.metadata.tables


@dataclass(slots=True)
class Batch:
    """A transaction of the purge in one store: how many rows it may still touch, and what it has done."""

    connection: Connection
    store_id: str
    moment: datetime
    room: int
    empty: frozenset[str] = frozenset()
    """Tables without a row of the store: what comes into one meanwhile goes by the database's own keys."""
    counts: Counter[str] = field(default_factory=Counter)
    freed: int = 0
    """Bytes of storage that are the store's again."""

    @property
    def is_full(self) -> bool:
        """Whether the rest is for another transaction."""
        return self.room <= 0

    def among(self, column: ColumnElement[Any], ids: Sequence[str]) -> ColumnElement[bool]:
        """Whether a column is one of many ids."""
        return among(self.connection, column, ids)

    def took(self, what: str, number: int) -> None:
        """Count rows."""
        if number > 0:
            self.counts[what] += number
            self.room -= number


def clear(batch: Batch, table: Table, ids: Sequence[str]) -> None:
    """Purge locked rows: those that have to stay lose all but what they stay for, the others go.

    A batch that gets full before leaves them marked, for the next one to go on with.
    """
    staying = set(
        batch.connection.scalars(select(table.c.id).where(batch.among(table.c.id, ids), stays(table, batch.moment)))
    )
    gone = _without_children(batch, table, [one for one in ids if one not in staying], spare=False)
    stripped = _without_children(batch, table, [one for one in ids if one in staying], spare=True)
    if gone:
        batch.took(
            table.name,
            batch.connection.execute(delete(table).where(batch.among(table.c.id, gone))).rowcount,
        )
    if stripped:
        _strip(batch, table, stripped)
    _mark(batch, table, [one for one in ids if one not in {*gone, *stripped}])


def remove_children(batch: Batch, link: Link, ids: Sequence[str]) -> bool:
    """Delete (or let go of) the rows that point at others by one key. Returns whether none is left."""
    if link.child.name in batch.empty:
        return True
    for some in _parts(ids):
        mine = _mine(batch, link, some)
        if link.on_delete == "SET NULL":
            done = _let_go(batch, link, mine)
        elif _is_plain(link.child):
            done = _delete_plain(batch, link.child, mine)
        else:
            done = _delete_whole(batch, link.child, mine)
        if not done:
            return False
    return True


def _without_children(batch: Batch, table: Table, ids: Sequence[str], *, spare: bool) -> list[str]:
    """The rows that nothing to be removed hangs on any more: all of them, or none when the batch got full."""
    if not ids or (spare and table.name == "orders"):
        return list(ids)
    retire_coupons(batch.connection, batch.store_id, table.name, ids)
    for link in links_to(table):
        if link.on_delete == "RESTRICT" or (spare and _keeps(table, link)):
            continue
        if not remove_children(batch, link, ids):
            return []
    return list(ids)


def _keeps(table: Table, link: Link) -> bool:
    # Orders keep the customer that is nobody by now, and lose them with the row.
    return table.name == "customers" and link.child.name in {"orders", "coupon_redemptions"}


def _mine(batch: Batch, link: Link, ids: Sequence[str]) -> list[ColumnElement[bool]]:
    mine: list[ColumnElement[bool]] = [batch.among(link.child.c[link.column], ids)]
    if link.in_store:
        mine.append(link.child.c.store_id == batch.store_id)
    if is_soft(link.child) and link.on_delete == "CASCADE":
        # What stays of it has been seen to.
        mine.append(or_(link.child.c.purged_at.is_(None), ~stays(link.child, batch.moment)))
    if link.child.name == "product_reviews" and link.column == "customer_id":
        # What others read is not the customer's alone.
        mine.append(link.child.c.deleted_at.is_not(None))
    return mine


def _is_plain(table: Table) -> bool:
    return not links_to(table) and "storage_key" not in table.c


def _some(batch: Batch, table: Table, mine: list[ColumnElement[bool]]) -> list[str]:
    """Ids of such rows, one more than there is room for when there are so many."""
    query = select(table.c.id).where(*mine).order_by(table.c.id).limit(max(0, batch.room) + 1)
    return list(batch.connection.scalars(query.with_for_update()))


def _delete_plain(batch: Batch, table: Table, mine: list[ColumnElement[bool]]) -> bool:
    room = max(0, batch.room)
    some = select(table.c.id).where(*mine).order_by(table.c.id).limit(room + 1)
    number = batch.connection.execute(delete(table).where(table.c.id.in_(some.scalar_subquery()))).rowcount
    batch.took(table.name, number)
    return number <= room


def _let_go(batch: Batch, link: Link, mine: list[ColumnElement[bool]]) -> bool:
    found = _some(batch, link.child, mine)
    room = max(0, batch.room)
    for some in _parts(found[:room]):
        free = (
            update(link.child)
            .where(batch.among(link.child.c.id, some))
            .values(_as_it_was(link.child) | {link.column: None})
        )
        batch.connection.execute(free)
    batch.room -= len(found)
    return len(found) <= room


def _delete_whole(batch: Batch, table: Table, mine: list[ColumnElement[bool]]) -> bool:
    """Delete rows that others hang on, or that objects belong to."""
    room = max(0, batch.room)
    found = _some(batch, table, mine)
    for some in _parts(found[:room]):
        if not remove_some(batch, table, some):
            return False
    return len(found) <= room


def remove_some(batch: Batch, table: Table, ids: Sequence[str]) -> bool:
    """Delete rows, as many as a statement takes, with what hangs on them. Returns whether that is all of them."""
    if is_soft(table):
        clear(batch, table, ids)
        unfinished = select(func.count()).select_from(table).where(batch.among(table.c.id, ids))
        # What has to stay of a child lets its parent stay, too.
        return not batch.is_full or not batch.connection.scalar(unfinished.where(~stays(table, batch.moment)))
    for link in links_to(table):
        if not remove_children(batch, link, ids):
            return False
    batch.freed += remember_files(batch.connection, batch.store_id, table, ids)
    batch.took(table.name, batch.connection.execute(delete(table).where(batch.among(table.c.id, ids))).rowcount)
    return True


def _strip(batch: Batch, table: Table, ids: Sequence[str]) -> None:
    """Leave of rows what they stay for."""
    blanks: dict[str, Any] = {"products": _OF_PRODUCTS}.get(table.name, {})
    if table.name in {"customers", "orders"}:
        blanks = dict(HOLDINGS[table.name].blanks)
    if table.name == "orders":
        _strip_orders(batch, ids)
        blanks |= {"customer_id": None}
    if table.name == "customers":
        # As `erased_mail` has it.
        blanks |= {"email": literal("erased-") + table.c.id + "@erased.invalid"}
    _mark(batch, table, ids, **blanks)
    batch.took(
        f"{table.name} anonymised" if table.name in {"customers", "orders"} else f"{table.name} emptied", len(ids)
    )


_OF_PRODUCTS = {
    "description": None,
    "short_description": None,
    "meta_title": None,
    "meta_description": None,
    "meta_keywords": None,
}


def _strip_orders(batch: Batch, ids: Sequence[str]) -> None:
    """Take the person out of orders and what hangs on them; figures, lines and taxes stay."""
    for name, holding in HOLDINGS.items():
        if holding.through == "orders" and holding.blanks:
            child = _T[name]
            mine = (child.c.store_id == batch.store_id, batch.among(child.c[str(holding.by)], ids))
            batch.connection.execute(update(child).where(*mine).values(_as_it_was(child) | dict(holding.blanks)))
    orders = _T["orders"]
    places: dict[tuple[str, str], tuple[dict[str, Any], dict[str, Any], list[str]]] = {}
    query = select(orders.c.id, orders.c.shipping_address, orders.c.billing_address).where(
        batch.among(orders.c.id, ids)
    )
    for row in batch.connection.execute(query):
        pair = erased_address(row.shipping_address), erased_address(row.billing_address)
        places.setdefault((str(pair[0]), str(pair[1])), (*pair, []))[2].append(row.id)
    for shipping, billing, those in places.values():
        facts = _as_it_was(orders) | {"shipping_address": shipping, "billing_address": billing}
        batch.connection.execute(update(orders).where(batch.among(orders.c.id, those)).values(facts))


def _mark(batch: Batch, table: Table, ids: Sequence[str], **values: Any) -> None:
    if ids:
        facts = _as_it_was(table) | values | {"purged_at": func.coalesce(table.c.purged_at, batch.moment)}
        batch.connection.execute(update(table).where(batch.among(table.c.id, ids)).values(facts))


def _as_it_was(table: Table) -> dict[str, Any]:
    """Keeps an update from saying that somebody has changed the row."""
    return {"updated_at": table.c.updated_at}


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
