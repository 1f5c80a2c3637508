"""What a purge has done in a store: counted in the transaction that does it, and told to the audit log once."""

from collections import Counter
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from functions.purge.kinds import table_of
from functions.purge.removing import Batch
from shared.audit import Actor, record
from shared.models import PurgeTally
from shared.models.base import new_id, now
from shared.plan_limits import give_back_storage
from shared.tenancy import scheduled_session
from shared.tenant_session import TenantSession

ACTOR = Actor(None, "purge")


def tally(session: TenantSession, batch: Batch) -> None:
    """Count what a batch has done. These rows are locked last, and by name: no two purges hold each other up."""
    if batch.freed:
        give_back_storage(session, batch.store_id, batch.freed)
    if not batch.counts:
        return
    table = table_of(PurgeTally)
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    facts = {"store_id": batch.store_id, "created_at": now(), "updated_at": now()}
    rows = [facts | {"id": new_id(), "counted": what, "number": batch.counts[what]} for what in sorted(batch.counts)]
    new = dialect.insert(table)
    session.connection().execute(
        new.on_conflict_do_update(
            index_elements=["store_id", "counted"], set_={"number": table.c.number + new.excluded.number}
        ),
        rows,
    )


def tell() -> None:
    """Write what was done in each store into its audit log, that of runs which were cut off too."""
    table = table_of(PurgeTally)
    with scheduled_session() as session:
        stores = list(session.connection().scalars(select(table.c.store_id).distinct().order_by(table.c.store_id)))
    for store_id in stores:
        with scheduled_session() as session:
            counts = taken(session, store_id)
            if counts:
                record(session, "purge.done", "store", store_id, after=counts, store_id=store_id, actor=ACTOR)


def taken(session: TenantSession, store_id: str) -> dict[str, int]:
    """What was counted of a store and not told yet; it counts as told from now on."""
    table = table_of(PurgeTally)
    gone = delete(table).where(table.c.store_id == store_id).returning(table.c.counted, table.c.number)
    counts: Counter[str] = Counter()
    for row in session.connection().execute(gone):
        counts[row.counted] += row.number
    return dict(sorted(counts.items()))
