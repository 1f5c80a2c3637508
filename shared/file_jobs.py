"""Work on files, for workers: one holds a job for a while at a time, so that another takes over after a crash.

A queue's message says that there is work; a schedule finds what a lost message or a crash has left behind.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, select, text

from shared.models import FileJob
from shared.models.base import now
from shared.models.enums import TransferStatus
from shared.queues import send
from shared.tenancy import storeless_session, tenant_session
from shared.tenant_session import TenantSession
from shared.time_left import time_left

log = logging.getLogger(__name__)

J = TypeVar("J", bound=FileJob)
Named = tuple[str, str]
"""The ids of a store and a job."""
HasTime = Callable[[], bool]

HELD = timedelta(minutes=2)
"""How long a job is one worker's; each step begins it anew."""
GRACE = timedelta(minutes=1)
"""How long a message has before the schedule sends another."""
TRIES = 5
_AGAIN = timedelta(seconds=30)
_TOLD_AGAIN = timedelta(minutes=10)
_BATCH = 50
_RESERVE = 30.0
"""Seconds before the end of its time at which a worker lets go, to be sure that it can."""


@dataclass(frozen=True, slots=True)
class Jobs(Generic[J]):
    """A kind of job: its rows, the SQL function that finds the due ones in every store, and its queue's URL."""

    model: type[J]
    due_function: str
    queue_url: Callable[[], str]


def take(jobs: Jobs[J], named: Named, refusal: Callable[[TenantSession, J], str | None]) -> J | None:
    """Take a job for a while; None when it is over or another's. With a refusal it fails. Raises NoSuchStoreError."""
    store_id, job_id = named
    with tenant_session(store_id) as session:
        row = session.scalar(_of(jobs, job_id).with_for_update(skip_locked=True))
        moment = now()
        if row is None or row.status not in (TransferStatus.QUEUED, TransferStatus.RUNNING):
            return None
        if row.status is TransferStatus.RUNNING and row.resume_at > moment:
            return None
        if row.attempts >= TRIES:
            fail(row, f"It came no further in {TRIES} attempts. Try it again, or ask the platform's support.")
            return None
        if why := refusal(session, row):
            fail(row, why)
            return None
        row.status, row.resume_at, row.attempts = TransferStatus.RUNNING, moment + HELD, row.attempts + 1
        row.started_at = row.started_at or moment
        return row


def locked(jobs: Jobs[J], session: TenantSession, job_id: str, position: int) -> J | None:
    """The job's row, to commit a step with; None when it was cancelled or somebody else is further."""
    row = held(jobs, session, job_id)
    if row is None or row.position != position:
        return None
    row.resume_at, row.attempts = now() + HELD, 0
    return row


def held(jobs: Jobs[J], session: TenantSession, job_id: str) -> J | None:
    """The job's row, locked; None when it is over."""
    row = session.scalar(_of(jobs, job_id).with_for_update())
    return row if row is not None and row.status is TransferStatus.RUNNING else None


def fail(row: FileJob, why: str) -> None:
    """Give up, and say why."""
    row.status, row.error, row.finished_at = TransferStatus.FAILED, why[:1000], now()


def let_go(jobs: Jobs[J], named: Named, *, at_once: bool) -> None:
    """Let another take a job up: at once, with a message, or after a fault a little later."""
    with tenant_session(named[0]) as session:
        row = held(jobs, session, named[1])
        if row is not None:
            row.resume_at = now() if at_once else now() + _AGAIN * row.attempts
    if at_once:
        tell(jobs, named)


def tell(jobs: Jobs[Any], named: Named) -> None:
    """Send the worker a message; without a queue, its schedule finds the work."""
    store_id, job_id = named
    # Fair: a store with many jobs does not delay the others.
    send(jobs.queue_url(), {"store_id": store_id, "transfer_id": job_id}, group=store_id)


def percent(row: FileJob) -> int:
    """How much of a job is done."""
    if row.status is TransferStatus.COMPLETED:
        return 100
    return min(99, row.position * 100 // row.total) if row.total else 0


def sweep(jobs: Jobs[J]) -> list[Named]:
    """Send messages for what is due. Without a queue it returns what is to be done instead."""
    found = _due(jobs)
    if not jobs.queue_url():
        return found
    for named in found:
        with tenant_session(named[0]) as session:
            row = session.scalar(_of(jobs, named[1]).with_for_update(skip_locked=True))
            if row is not None and row.status is TransferStatus.QUEUED:
                # It may wait for its turn in the queue for long.
                row.resume_at = now() + _TOLD_AGAIN
        tell(jobs, named)
    return []


def work(event: dict[str, Any], context: Any, jobs: Jobs[Any], run: Callable[[Named, HasTime], None]) -> dict[str, Any]:
    """Answer an event of the queue, or of the schedule: let `run` go on with what it names. Says what has failed."""
    has_time = _clock(context)
    if "Records" not in event:
        return {"done": sum(_tried(named, run, has_time) for named in sweep(jobs))}
    failed = [one["messageId"] for one in event["Records"] if not _tried(_named(one["body"]), run, has_time)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _of(jobs: Jobs[J], job_id: str) -> Select[J]:
    return select(jobs.model).where(jobs.model.id == job_id)


def _due(jobs: Jobs[J]) -> list[Named]:
    with storeless_session() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            # Its name is the code's own.
            rows = connection.execute(text(f"SELECT * FROM {jobs.due_function}(:most)"), {"most": _BATCH})  # noqa: S608
        else:
            rows = connection.execute(_due_on_sqlite(jobs))
        return [(row.store_id, row.transfer_id) for row in rows]


def _due_on_sqlite(jobs: Jobs[J]) -> Select[Any]:
    columns = jobs.model.__table__.c
    unfinished = columns.status.in_([TransferStatus.QUEUED, TransferStatus.RUNNING])
    query = select(columns.store_id, columns.id.label("transfer_id")).where(unfinished, columns.resume_at <= now())
    return query.order_by(columns.resume_at).limit(_BATCH)


def _named(body: str) -> Named | None:
    """The store and the job that a message is about, or None for a message of something else."""
    try:
        found = json.loads(body)
        named = found["store_id"], found["transfer_id"]
    except (ValueError, TypeError, KeyError):
        return None
    return named if all(isinstance(part, str) for part in named) else None


def _tried(named: Named | None, run: Callable[[Named, HasTime], None], has_time: HasTime) -> bool:
    if named is None:
        log.error("a message names no job")
        return False
    try:
        run(named, has_time)
    except Exception:
        log.exception("a job could not go on", extra={"store_id": named[0], "job_id": named[1]})
        return False
    return True


def _clock(context: Any) -> HasTime:
    """Whether there is time for another step."""
    left = time_left(context)
    return lambda: left() > _RESERVE
