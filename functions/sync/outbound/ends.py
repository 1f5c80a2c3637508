"""How a push ends in the queue: done, given back, tried again, or set aside with the reason."""

from datetime import datetime, timedelta

from functions.sync import queue
from functions.sync.inbound.links import Integration
from functions.sync.outbound.tasks import Task
from functions.sync.outbound.turns import answered, unanswered
from functions.sync.queue import Taken
from shared.integrations import note_error
from shared.models import SyncQueue
from shared.models.base import now
from shared.models.enums import SyncQueueStatus
from shared.platforms.errors import PlatformError
from shared.tenancy import tenant_session

PATIENCE = timedelta(days=3)
"""How long a change waits for a shop that does not answer, or not our keys."""
_FIRST, _LONGEST = timedelta(seconds=10), timedelta(minutes=15)


def done(taken: Taken, reason: str) -> None:
    """There was nothing to do."""
    with tenant_session(taken.store_id) as session:
        if row := queue.held(session, taken):
            queue.done(row, reason, None)


def give_back(taken: Taken, at: datetime, reason: str) -> None:
    """Let somebody try later, without counting this as a try."""
    with tenant_session(taken.store_id) as session:
        if row := queue.held(session, taken):
            row.retry_count -= 1
            wait(row, at, reason, None)


def set_aside(taken: Taken, reason: str, message: str, *, answered_by: Integration | None = None) -> None:
    """Somebody should look at it."""
    with tenant_session(taken.store_id) as session:
        if row := queue.held(session, taken):
            queue.set_aside(row, reason, message, ())
        if answered_by is not None:
            answered(session, answered_by)


def failed(task: Task, error: PlatformError) -> None:
    """Try again later, for days: what is wrong is the shop or its keys, not the change."""
    with tenant_session(task.taken.store_id) as session:
        closed_until = unanswered(session, task.integration)
        note_error(session, task.integration.id, f"{error.code}: {error.message}")
        row = queue.held(session, task.taken)
        if row is None:
            return
        if row.created_at + PATIENCE < now():
            row.status, row.available_at, row.reason = SyncQueueStatus.FAILED, None, error.code
            row.error_message = error.message
            return
        again = now() + min(_FIRST * 2 ** min(row.retry_count, 10), _LONGEST)
        asked = getattr(error, "retry_after", None)
        if asked:
            again = max(again, now() + timedelta(seconds=asked))
        wait(row, max(again, closed_until or again), error.code, error.message)


def wait(row: SyncQueue, at: datetime, reason: str, message: str | None) -> None:
    """Let it be tried again from then on."""
    row.status, row.available_at, row.reason, row.error_message = SyncQueueStatus.PENDING, at, reason, message
    row.data = {name: value for name, value in row.data.items() if name != "pushing"}
