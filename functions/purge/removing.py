"""Deleting rows for good with all that hangs on them, children first, so many in a transaction and no more.

Nothing here trusts a cascade of the database to be small: a product with a million lines in its stock's ledger goes in
as many transactions as it takes. A row whose children are going is marked first, so that nobody brings back half of it.
"""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, literal, select, update

from functions.purge.coupons import limits_of, retire_coupons
from functions.purge.due import BEGUN, is_unfinished, stays
from functions.purge.files import columns_of_files, remember_files
from functions.purge.kinds import Link, among, is_soft, links_to
from shared.models import Base
from shared.privacy.holdings import HOLDINGS, erased_address

AT_ONCE = 400
"""Ids a statement: more would make one of over 16 KB, which pins the proxy."""
LATE = 0.4
"""Seconds after which a batch begins with no more children, so that it lets go of what it has locked."""
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
    begun: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether the rest is for another transaction."""
        return self.room <= 0 or self.is_late

    @property
    def is_late(self) -> bool:
        """Whether it has held its locks long enough. Before it has removed anything it goes on, or it never would."""
        return bool(self.counts) and time.monotonic() - self.begun > LATE

    def among(self, column: ColumnElement[Any], ids: Sequence[str]) -> ColumnElement[bool]:
        """Whether a column is one of many ids."""
        return among(self.connection, column, ids)

    def took(self, what: str, number: int) -> None:
        """Count rows."""
        if number > 0:
            self.counts[what] += number
            self.room -= number


def clear(batch: Batch, table: Table, found: Mapping[str, bool]) -> None:
    """Purge locked rows, given by id with whether they have to stay: those lose all but what they stay for, others go.

    A batch that gets full or late before leaves them marked, for the next one to go on with.
    """
    for ids in _parts(list(found)):
        going = [one for one in ids if not found[one]]
        if not _let_children_go(batch, table, ids, going):
            _mark(batch, table, ids, purged_at=func.coalesce(table.c.purged_at, BEGUN))
            continue
        if going:
            gone = batch.connection.execute(delete(table).where(batch.among(table.c.id, going)))
            batch.took(table.name, gone.rowcount)
        if len(going) < len(ids):
            _strip(batch, table, [one for one in ids if found[one]])


def remove_children(batch: Batch, link: Link, ids: Sequence[str]) -> bool:
    """Delete (or let go of) the rows that point at others by one key. Returns whether none is left."""
    if link.child.name in batch.empty:
        return True
    for some in _parts(ids):
        if batch.is_late:
            return False
        mine = _mine(batch, link, some)
        if link.on_delete == "SET NULL":
            done = _let_go(batch, link, mine)
        elif not links_to(link.child):
            done = _delete_plain(batch, link.child, mine)
        else:
            done = _delete_whole(batch, link.child, mine)
        if not done:
            return False
    return True


def _let_children_go(batch: Batch, table: Table, ids: Sequence[str], going: Sequence[str]) -> bool:
    """Remove what hangs on rows, less of those that stay. Returns whether nothing is left; else the batch is over."""
    if limits_of(table.name) not in batch.empty:
        retire_coupons(batch.connection, batch.store_id, table.name, ids)
    for link in links_to(table):
        theirs = going if _keeps(table, link) else ids
        if theirs and link.on_delete != "RESTRICT" and not remove_children(batch, link, theirs):
            return False
    return True


def _keeps(table: Table, link: Link) -> bool:
    """Whether rows that stay keep such children: orders keep all, and the customer that is nobody by now."""
    return table.name == "orders" or (table.name == "customers" and link.child.name in {"orders", "coupon_redemptions"})


def _mine(batch: Batch, link: Link, ids: Sequence[str]) -> list[ColumnElement[bool]]:
    mine: list[ColumnElement[bool]] = [batch.among(link.child.c[link.column], ids)]
    if link.in_store:
        mine.append(link.child.c.store_id == batch.store_id)
    if is_soft(link.child) and link.on_delete == "CASCADE":
        # What stays of it has been seen to.
        mine.append(is_unfinished(link.child, batch.moment))
    if link.child.name == "product_reviews" and link.column == "customer_id":
        # What others read is not the customer's alone.
        mine.append(link.child.c.deleted_at.is_not(None))
    return mine


def _some(batch: Batch, table: Table, mine: list[ColumnElement[bool]]) -> dict[str, bool]:
    """Ids of such rows, with whether they have to stay; one more than there is room for when there are so many."""
    query = select(table.c.id, stays(table, batch.moment)).where(*mine).order_by(table.c.id).limit(_room(batch) + 1)
    return {row[0]: bool(row[1]) for row in batch.connection.execute(query.with_for_update(of=table))}


def _room(batch: Batch) -> int:
    return max(0, batch.room)


def _first(batch: Batch, table: Table, mine: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether a row is one of the first of such rows: one more than there is room for when there are so many."""
    some = select(table.c.id).where(*mine).order_by(table.c.id).limit(_room(batch) + 1)
    return table.c.id.in_(some.scalar_subquery())


def _delete_plain(batch: Batch, table: Table, mine: list[ColumnElement[bool]]) -> bool:
    room, gone = _room(batch), delete(table).where(_first(batch, table, mine))
    if "storage_key" in table.c:
        rows = batch.connection.execute(gone.returning(*columns_of_files(table))).all()
        batch.freed += remember_files(batch.connection, batch.store_id, table, rows)
        number = len(rows)
    else:
        number = batch.connection.execute(gone).rowcount
    batch.took(table.name, number)
    return number <= room


def _let_go(batch: Batch, link: Link, mine: list[ColumnElement[bool]]) -> bool:
    room, facts = _room(batch), _as_it_was(link.child) | {link.column: None}
    number = batch.connection.execute(update(link.child).where(_first(batch, link.child, mine)).values(facts)).rowcount
    batch.room -= number
    return number <= room


def _delete_whole(batch: Batch, table: Table, mine: list[ColumnElement[bool]]) -> bool:
    """Delete rows that others hang on."""
    room = _room(batch)
    found = _some(batch, table, mine)
    return remove_some(batch, table, dict(list(found.items())[:room])) and len(found) <= room


def remove_some(batch: Batch, table: Table, found: Mapping[str, bool]) -> bool:
    """Delete rows, given by id with whether they have to stay, with what hangs on them. Returns whether all is done."""
    for ids in _parts(list(found)):
        if is_soft(table):
            clear(batch, table, {one: found[one] for one in ids})
            # What has to stay of a child lets its parent stay, too.
            left = exists().where(batch.among(table.c.id, ids), is_unfinished(table, batch.moment))
            if batch.is_over and batch.connection.scalar(left.select()):
                return False
        elif not _remove_plainly(batch, table, ids):
            return False
    return True


def _remove_plainly(batch: Batch, table: Table, ids: Sequence[str]) -> bool:
    for link in links_to(table):
        if not remove_children(batch, link, ids):
            return False
    return _delete_plain(batch, table, [batch.among(table.c.id, ids)])


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
        if holding.through == "orders" and holding.blanks and name not in batch.empty:
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
    facts = _as_it_was(table) | {"purged_at": batch.moment} | values
    batch.connection.execute(update(table).where(batch.among(table.c.id, ids)).values(facts))


def _as_it_was(table: Table) -> dict[str, Any]:
    """Keeps an update from saying that somebody has changed the row."""
    return {"updated_at": table.c.updated_at}


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))
