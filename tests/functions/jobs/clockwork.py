"""Running jobs as EventBridge does, at a moment of the test's own choice: once, again, or several times at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

from sqlalchemy import select

from functions.jobs.handler import handler
from shared.models import Base, JobRun
from shared.tenancy import scheduled_session
from tests.conftest import Database

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass
class Time:
    """Lambda's context of a function whose time is nearly over after it has asked so often; the lease asks first."""

    asks: int = 1_000_000

    def get_remaining_time_in_millis(self) -> int:
        """What is left."""
        self.asks -= 1
        return 300_000 if self.asks >= 0 else 10_000


def run(job: str, at: datetime | None = NOON, *, time: Time | None = None, dry_run: bool = False) -> dict[str, Any]:
    """Run a job for a moment. Returns what the handler answers."""
    event: dict[str, Any] = {"job": job, "dry_run": dry_run}
    if at is not None:
        event["at"] = at.isoformat()
    return handler(event, time or Time())


def counts(job: str, at: datetime | None = NOON, **given: Any) -> dict[str, int]:
    """What a run that goes well has counted, zeros left out."""
    outcome = run(job, at, **given)
    assert outcome["status"] in {"COMPLETED", "REHEARSED"}, runs(job)[-1].error
    return {name: count for name, count in outcome["counts"].items() if count}


def run_together(job: str, at: datetime | None = NOON, times: int = 2) -> list[dict[str, Any]]:
    """Run a job several times at once."""
    gate = Barrier(times)

    def start(_: int) -> dict[str, Any]:
        gate.wait()
        return run(job, at)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(start, range(times)))


def runs(job: str) -> list[JobRun]:
    """The rows of a job's runs, oldest first."""
    with scheduled_session() as session:
        query = select(JobRun).where(JobRun.name == job).order_by(JobRun.started_at)
        return list(session.scalars(query))


def everything(database: Database) -> dict[str, list[Any]]:
    """Every row of every table, but for the runs themselves."""
    found = {}
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        for name, table in Base.metadata.tables.items():
            if name != "job_runs":
                found[name] = [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
    return found


def changed(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> list[str]:
    """The tables in which something has changed between the two."""
    return [name for name in one if one[name] != other[name]]
