"""What a crash between a commit and its message has left behind: the messages are sent again.

Whoever gets one takes its row for a while, so that a second message about it does nothing.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from shared.job_runs import Run
from shared.models import ExternalPlatformIntegration, OutboxEvent, Store, SyncQueue, SyncRun
from shared.models.enums import SyncQueueStatus, SyncRunStatus
from shared.outbox import TRIES, queue_of
from shared.queues import send
from shared.settings import settings
from shared.tenancy import scheduled_session

_PATIENCE = timedelta(minutes=2)
"""How long a message may be on its way before another is sent."""
_MOST = 500
"""Messages a run: what waits longer is still there a minute later."""


def sweep_outbox(run: Run) -> None:
    """Send messages for events that should have left a while ago; those of mails, for example."""
    waiting = (OutboxEvent.sent_at.is_(None), OutboxEvent.attempts < TRIES)
    overdue = select(OutboxEvent.store_id, OutboxEvent.id, OutboxEvent.topic).where(
        *waiting, OutboxEvent.available_at <= run.moment - _PATIENCE, _is_live(OutboxEvent)
    )
    found = _found(run, overdue.order_by(OutboxEvent.available_at, OutboxEvent.id))
    for store_id, event_id, topic in found:
        _tell(run, "outbox_events", queue_of(topic), {"store_id": store_id, "outbox_event_id": event_id})


def sweep_syncs(run: Run) -> None:
    """Send messages for changes and runs that wait for the worker that syncs, in turns of the stores."""
    unfinished = SyncQueue.status.in_([SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING])
    turn = func.row_number().over(partition_by=SyncQueue.store_id, order_by=(SyncQueue.available_at, SyncQueue.id))
    changes = select(SyncQueue.store_id, SyncQueue.id).where(
        unfinished,
        SyncQueue.available_at <= run.moment,
        # What is new is on its way.
        SyncQueue.created_at <= run.moment - _PATIENCE,
        *_is_connected(SyncQueue),
    )
    for store_id, row_id in _found(run, changes.order_by(turn, SyncQueue.available_at)):
        _tell(run, "changes", settings().sync_queue_url, {"store_id": store_id, "sync_queue_id": row_id})
    begun = SyncRun.status.in_([SyncRunStatus.QUEUED, SyncRunStatus.RUNNING])
    runs = select(SyncRun.store_id, SyncRun.id).where(begun, SyncRun.resume_at <= run.moment, *_is_connected(SyncRun))
    for store_id, row_id in _found(run, runs.order_by(SyncRun.resume_at, SyncRun.id)):
        _tell(run, "sync_runs", settings().sync_queue_url, {"store_id": store_id, "sync_run_id": row_id})


def _found(run: Run, query: Any) -> list[Any]:
    with scheduled_session() as session:
        rows = list(session.execute(query.limit(_MOST)))
    run.more_to_do |= len(rows) == _MOST
    return rows


def _tell(run: Run, what: str, queue_url: str, message: dict[str, str]) -> None:
    """Without a queue nobody is told: the receiver's own schedule finds the row."""
    if not queue_url or not run.has_time():
        return
    if not run.is_rehearsal:
        send(queue_url, message, group=message["store_id"])
    run.counts[what] += 1


def _is_live(model: Any) -> ColumnElement[bool]:
    return select(Store.id).where(Store.id == model.store_id).exists()


def _is_connected(model: Any) -> tuple[ColumnElement[bool], ...]:
    """A paused connection's work waits."""
    to = ExternalPlatformIntegration
    live = and_(to.id == model.integration_id, to.store_id == model.store_id)
    return _is_live(model), select(to.id).where(live, to.is_active, to.disconnected_at.is_(None)).exists()
