"""A store that goes: all that is in it, and then itself; while its orders' figures have to stay, what is left of it."""

from typing import Any

from sqlalchemy import delete, select, text, update

from functions.purge.kinds import is_soft, kept_with_orders, table_of, tenant_tables
from functions.purge.removing import AT_ONCE, Batch, remove_some
from functions.purge.retention import Kept
from functions.purge.tallies import ACTOR, taken
from shared.audit import record
from shared.models import Base, LegalHold, Store
from shared.privacy.holds import in_force
from shared.tenant_session import TenantSession

_BLANKS: dict[str, Any] = {
    "name": "Deleted store",
    "domain": None,
    "pending_domain": None,
    "domain_token": None,
    "email": "erased@erased.invalid",
    "phone": None,
    "address": None,
    "tax_id": None,
    "logo_url": None,
    "favicon_url": None,
    "settings": {},
}


def remove_rest(session: TenantSession, batch: Batch, kept: Kept) -> int:
    """Delete a part of what a store has beside what can be restored; returns 0 once nothing is left to be done."""
    connection, holds = batch.connection, table_of(LegalHold).c
    held = select(holds.id).where(holds.store_id == kept.store_id, *in_force(batch.moment, holds))
    if connection.scalar(held.limit(1)) is not None or not claim(batch, kept):
        return 0
    orders = Base.metadata.tables["orders"]
    has_orders = connection.scalar(select(orders.c.id).where(orders.c.store_id == kept.store_id).limit(1)) is not None
    stays = kept_with_orders() if has_orders else frozenset({"audit_logs", "purge_tallies"})
    for table in tenant_tables():
        if table.name in stays or (is_soft(table) and has_orders) or table.name in batch.empty:
            continue
        query = select(table.c.id).where(table.c.store_id == kept.store_id).limit(AT_ONCE)
        ids = list(connection.scalars(query.with_for_update(skip_locked=True)))
        if ids:
            remove_some(batch, table, dict.fromkeys(ids, False))
            return len(ids)
        # The next batch need not look again.
        batch.empty |= {table.name}
    if has_orders:
        return _leave(batch, kept)
    return _forget_log(session, batch, kept) or _remove(session, batch, kept)


def claim(batch: Batch, kept: Kept) -> int:
    """See to it that nobody brings a store back from here on. Returns 0 when somebody has, or another is at it."""
    stores = table_of(Store)
    still = select(stores.c.id).where(stores.c.id == kept.store_id, stores.c.deleted_at.is_not(None))
    if batch.connection.scalar(still.with_for_update(skip_locked=True)) is None:
        return 0
    values = {"purged_at": batch.moment, "updated_at": stores.c.updated_at}
    first = update(stores).where(stores.c.id == kept.store_id, stores.c.purged_at.is_(None))
    batch.connection.execute(first.values(values))
    return 1


def _leave(batch: Batch, kept: Kept) -> int:
    stores = table_of(Store)
    named = stores.c.name != _BLANKS["name"]
    values = {**_BLANKS, "slug": kept.store_id, "updated_at": stores.c.updated_at}
    changed = batch.connection.execute(update(stores).where(stores.c.id == kept.store_id, named).values(values))
    batch.took("stores emptied", changed.rowcount)
    return 0


def _forget_log(session: TenantSession, batch: Batch, kept: Kept) -> int:
    """A store that is gone has no log: what the platform has to know of it is in the platform's own."""
    log = Base.metadata.tables["audit_logs"]
    if session.get_bind().dialect.name == "postgresql":
        batch.connection.execute(text("SELECT app.begin_audit_retention()"))
    old = select(log.c.id).where(log.c.store_id == kept.store_id).limit(AT_ONCE)
    ids = list(batch.connection.scalars(old))
    if ids:
        batch.took("audit_logs", batch.connection.execute(delete(log).where(log.c.id.in_(ids))).rowcount)
    return len(ids)


def _remove(session: TenantSession, batch: Batch, kept: Kept) -> int:
    counts = taken(session, kept.store_id)
    stores = table_of(Store)
    if batch.connection.execute(delete(stores).where(stores.c.id == kept.store_id)).rowcount:
        record(session, "platform.store.purged", "store", kept.store_id, after=counts, actor=ACTOR)
    # Its tallies are gone with it.
    batch.counts.clear()
    return 0
