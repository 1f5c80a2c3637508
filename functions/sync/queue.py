"""Rows of the queue: taken for a while, and done, or tried again later.

Taking is committed before the work begins, so that a worker that dies leaves a row whose lease runs out; being done is
committed together with what the work has done, so that nothing is done twice.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, select, text

from shared.models import ExternalPlatformIntegration, Store, SyncQueue, SyncRun
from shared.models.base import now
from shared.models.enums import SyncDirection, SyncQueueStatus, SyncRunStatus
from shared.tenancy import storeless_session, tenant_session
from shared.tenant_session import TenantSession

LEASE = timedelta(minutes=2)
"""How long a row is one worker's: longer than its function may run."""
_UNDONE = (SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING)
RUNS_UNDONE = (SyncRunStatus.QUEUED, SyncRunStatus.RUNNING)
_MOST_WAITING = 500
WAITING = (
    *("waiting_for_order", "not_enough_stock", "already_taken", "sku_taken", "code_taken", "email_taken"),
    "linked_to_another",
)
"""Reasons that may pass by themselves, when something else comes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that this worker has; `attempt` tells it from a later worker's."""

    store_id: str
    row_id: str
    attempt: int
    direction: SyncDirection


def due(limit: int) -> list[tuple[str, str]]:
    """Stores and rows that should be worked on by now, in turn by store."""
    rows: Any = SyncQueue.__table__.c
    found = text("SELECT store_id, sync_queue_id FROM app.due_syncs(:limit)")
    return _due(found, (rows.status.in_(_UNDONE), rows.available_at <= now()), rows.available_at, limit)


def due_runs(limit: int) -> list[tuple[str, str]]:
    """Stores and runs that somebody should take up."""
    runs: Any = SyncRun.__table__.c
    found = text("SELECT store_id, sync_run_id FROM app.due_sync_runs(:limit)")
    return _due(found, (runs.status.in_(RUNS_UNDONE), runs.resume_at <= now()), runs.resume_at, limit)


def _due(found: TextClause, is_due: tuple[Any, ...], since: Any, limit: int) -> list[tuple[str, str]]:
    """What PostgreSQL's function finds past the walls of stores; SQLite has none, and is asked itself."""
    one = since.table.c
    with storeless_session() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            rows: Any = connection.execute(found, {"limit": limit})
        else:
            shops, stores = ExternalPlatformIntegration.__table__.c, Store.__table__.c
            rows = connection.execute(
                select(one.store_id, one.id)
                .where(*is_due)
                .where(shops.id == one.integration_id, shops.is_active, shops.disconnected_at.is_(None))
                .where(stores.id == one.store_id, stores.deleted_at.is_(None))
                .order_by(since, one.id)
                .limit(limit)
            )
        return [(str(store_id), str(row_id)) for store_id, row_id in rows]


def take(store_id: str, row_id: str) -> Taken | None:
    """Take a row, unless it is done, somebody else's, paused, or not due yet. Raises NoSuchStoreError."""
    with tenant_session(store_id) as session:
        active = select(ExternalPlatformIntegration.id).where(
            ExternalPlatformIntegration.is_active, ExternalPlatformIntegration.disconnected_at.is_(None)
        )
        row = session.scalar(
            select(SyncQueue)
            .where(SyncQueue.id == row_id, SyncQueue.status.in_(_UNDONE), SyncQueue.available_at <= now())
            .where(SyncQueue.integration_id.in_(active))
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        row.status, row.available_at = SyncQueueStatus.PROCESSING, now() + LEASE
        row.retry_count += 1
        return Taken(store_id, row_id, row.retry_count, row.direction)


def held(session: TenantSession, taken: Taken) -> SyncQueue | None:
    """The row of a worker, locked, if it is still its own."""
    query = select(SyncQueue).where(
        SyncQueue.id == taken.row_id,
        SyncQueue.status == SyncQueueStatus.PROCESSING,
        SyncQueue.retry_count == taken.attempt,
    )
    return session.scalar(query.with_for_update())


def done(row: SyncQueue, reason: str | None, message: str | None) -> None:
    """It was applied, or there was nothing to do; the reason says why nothing."""
    row.status, row.processed_at = SyncQueueStatus.COMPLETED, now()
    row.reason, row.error_message = reason, message
    row.available_at = None


def set_aside(row: SyncQueue, reason: str | None, message: str | None, waits_for: tuple[str, ...]) -> None:
    """Somebody should look at it, or what it waits for should come."""
    row.status, row.reason, row.error_message = SyncQueueStatus.CONFLICT, reason or "conflict", message
    row.available_at = None
    data = {name: value for name, value in row.data.items() if name != "waits_for"}
    row.data = data | ({"waits_for": list(waits_for)} if waits_for else {})


def failed(taken: Taken, reason: str, error: str) -> None:
    """It is tried again in 2, 4, 8 ... minutes, until it has been tried often enough."""
    with tenant_session(taken.store_id) as session:
        row = held(session, taken)
        if row is None:
            return
        row.error_message, row.reason = error[:1000], reason
        if row.retry_count >= max(row.max_retries, 1):
            row.status, row.available_at = SyncQueueStatus.FAILED, None
        else:
            row.status, row.available_at = SyncQueueStatus.PENDING, later(row.retry_count)


def later(attempts: int) -> datetime:
    """When something is tried again that was tried so often."""
    return now() + timedelta(minutes=min(2**attempts, 24 * 60))


def woken(session: TenantSession, integration_id: str, arrived: set[str]) -> list[str]:
    """Let those try again who were set aside until something came, oldest first. Returns their ids."""
    if not arrived:
        return []
    aside = select(SyncQueue).where(
        SyncQueue.integration_id == integration_id,
        SyncQueue.status == SyncQueueStatus.CONFLICT,
        SyncQueue.reason.in_(WAITING),
    )
    rows = session.scalars(aside.order_by(SyncQueue.created_at, SyncQueue.id).limit(_MOST_WAITING)).all()
    ready = [row for row in rows if arrived & set(row.data.get("waits_for", ()))]
    for row in ready:
        row.status, row.available_at, row.retry_count = SyncQueueStatus.PENDING, now(), 0
        row.data = {name: value for name, value in row.data.items() if name != "waits_for"}
    return [row.id for row in ready]
