"""Runs of what is on a clock: one of a name at a time, each with a row that says what it did.

The row is the lock, too: a lease that lasts as long as the function has time. Whoever is killed leaves it behind, and
the next one begins when it has run out. Jobs find what is due anew each time, so that nothing else needs mending.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.models import JobRun
from shared.models.base import new_id, now
from shared.models.enums import JobStatus
from shared.schedules import NAMES
from shared.tenancy import scheduled_session
from shared.tenant_session import TenantSession
from shared.time_left import Left

log = logging.getLogger(__name__)

RESERVE = 20.0
"""Seconds before the end of its time at which a run begins nothing more: a statement may take ten."""
_AFTER_THE_END = timedelta(seconds=10)
_MOST_ERRORS = 20


@dataclass(slots=True)
class Run:
    """A run under way. It acts for `moment` (UTC); whoever is at work counts in `counts` what was done.

    `position` is where the last run stopped, and then where this one does.
    """

    name: str
    moment: datetime
    left: Left
    is_rehearsal: bool = False
    """Look for what is due, count it, and change nothing."""
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    more_to_do: bool = False
    position: str | None = None

    def has_time(self) -> bool:
        """Whether to begin another step; if not, there is more to do."""
        if self.left() > RESERVE:
            return True
        self.more_to_do = True
        return False

    def failed(self, what: str, error: Exception) -> None:
        """Note that a part failed, of a store for example, while the rest goes on. To be called in `except`."""
        log.exception("part of a job has failed", extra={"job": self.name, "part": what})
        self.counts["failed"] += 1
        # What an error says may be personal data.
        self.errors.append(f"{what}: {type(error).__name__}")


def run_job(
    name: str, act: Callable[[Run], None], *, left: Left, moment: datetime | None = None, rehearse: bool = False
) -> dict[str, Any]:
    """Run a job unless a run of it is under way. Returns what became of it: `job`, `status`, `counts`, `more_to_do`.

    `status` is that of the row, or SKIPPED, or REHEARSED for one that only looks and leaves no row. Raises what `act`
    raises, once that is noted.
    """
    run = Run(name, moment or now(), left, rehearse)
    if rehearse:
        act(run)
        return _told(run, "REHEARSED")
    run_id = _begin(run)
    if run_id is None:
        return _told(run, "SKIPPED")
    try:
        act(run)
    except Exception as error:
        run.errors.append(type(error).__name__)
        run.more_to_do = True
        _end(run_id, run)
        raise
    return _told(run, _end(run_id, run))


def last_runs(session: TenantSession) -> dict[str, JobRun]:
    """The newest run of each job, in a session of the platform."""
    newest = [
        select(JobRun.id)
        .where(JobRun.name == name)
        .order_by(JobRun.started_at.desc(), JobRun.id.desc())
        .limit(1)
        .correlate(None)
        .scalar_subquery()
        for name in sorted(NAMES)
    ]
    return {run.name: run for run in session.scalars(select(JobRun).where(JobRun.id.in_(newest)))}


def seconds_of(run: JobRun) -> float | None:
    """How long a run took; None while it goes on."""
    return None if run.finished_at is None else (run.finished_at - run.started_at).total_seconds()


def moment_of(given: str | None) -> datetime | None:
    """The time for which to act, RFC 3339; None for now. Raises ValueError."""
    if given is None:
        return None
    moment = datetime.fromisoformat(given)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _begin(run: Run) -> str | None:
    """The id of a new row with the lease; None while somebody else has it."""
    started, run_id = now(), new_id()
    with scheduled_session() as session:
        ours = (JobRun.name == run.name, JobRun.status == JobStatus.RUNNING)
        given_up = {"status": JobStatus.CUT_OFF, "finished_at": JobRun.lease_until, "more_to_do": True}
        session.execute(
            update(JobRun)
            .where(*ours, JobRun.lease_until <= started)
            .values(given_up)
            .execution_options(synchronize_session=False)
        )
        before = select(JobRun.position).where(JobRun.name == run.name, JobRun.status != JobStatus.RUNNING)
        run.position = session.scalar(before.order_by(JobRun.started_at.desc(), JobRun.id.desc()).limit(1))
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        facts = {"name": run.name, "moment": run.moment, "position": run.position}
        lease = {"started_at": started, "lease_until": started + timedelta(seconds=run.left()) + _AFTER_THE_END}
        new = dialect.insert(JobRun).values(id=run_id, **facts, **lease).on_conflict_do_nothing()
        return run_id if session.scalar(new.returning(JobRun.id)) else None


def _end(run_id: str, run: Run) -> JobStatus:
    status = JobStatus.FAILED if run.errors else JobStatus.COMPLETED
    shown = run.errors[:_MOST_ERRORS]
    hidden = len(run.errors) - len(shown)
    error = "; ".join(shown + [f"and {hidden} more"] * bool(hidden)) or None
    facts = {"status": status, "finished_at": now(), "counts": dict(run.counts), "error": error}
    with scheduled_session() as session:
        session.execute(
            update(JobRun)
            .where(JobRun.id == run_id)
            .values(**facts, more_to_do=run.more_to_do, position=run.position)
            .execution_options(synchronize_session=False)
        )
    return status


def _told(run: Run, status: str) -> dict[str, Any]:
    return {"job": run.name, "status": str(status), "counts": dict(run.counts), "more_to_do": run.more_to_do}
