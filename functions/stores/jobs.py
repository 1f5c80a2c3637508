"""What runs on a clock, to those who run the platform."""

from sqlalchemy import select, tuple_

from functions.stores.schemas import JobRead, JobRunRead, JobsRead
from shared.errors import NotFoundError
from shared.job_runs import last_runs, seconds_of
from shared.models import JobRun
from shared.pagination import Page, encode_cursor, place_of_newest
from shared.schedules import NAMES, SCHEDULES, Scheduled
from shared.tenancy import scheduled_session


def list_jobs() -> JobsRead:
    """Every job, with its last run."""
    # These rows are of no store, so nobody's data is looked at.
    with scheduled_session() as session:
        runs = last_runs(session)
    return JobsRead(items=[_job(one, runs.get(one.name)) for one in SCHEDULES])


def list_runs(name: str, limit: int, cursor: str | None) -> Page[JobRunRead]:
    """The runs of a job, newest first. Raises NotFoundError, and MalformedError for a broken cursor."""
    if name not in NAMES:
        raise NotFoundError("job_not_found", "There is no such job; GET /v1/jobs lists them.")
    query = select(JobRun).where(JobRun.name == name).order_by(JobRun.started_at.desc(), JobRun.id.desc())
    if cursor is not None:
        query = query.where(tuple_(JobRun.started_at, JobRun.id) < place_of_newest(cursor))
    with scheduled_session() as session:
        rows = session.scalars(query.limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    further = encode_cursor("newest", [last.started_at.isoformat(), last.id]) if last else None
    return Page(items=[_run(row) for row in rows[:limit]], next_cursor=further)


def _job(job: Scheduled, run: JobRun | None) -> JobRead:
    facts = {"name": job.name, "does": job.does, "schedule": job.schedule, "timezone": job.timezone}
    return JobRead(**facts, last_run=None if run is None else _run(run))


def _run(run: JobRun) -> JobRunRead:
    plain = JobRunRead.model_fields.keys() - {"seconds"}
    return JobRunRead(**{name: getattr(run, name) for name in plain}, seconds=seconds_of(run))
