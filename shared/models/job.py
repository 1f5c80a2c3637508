"""What runs on a clock."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.models.base import Base, TenantScoped
from shared.models.columns import flag, json_object, one_of
from shared.models.enums import JobStatus

_RUNNING = text("status = 'RUNNING'")


class JobRun(Base):
    """One run of a job, of no store: what it did, and meanwhile the lease that keeps a second one out.

    A run that says nothing more is over at `lease_until`, when another may begin.
    """

    __tablename__ = "job_runs"
    __table_args__ = (
        Index(None, "name", "started_at"),
        Index(None, "started_at"),
        Index("uq_job_runs_running", "name", unique=True, postgresql_where=_RUNNING, sqlite_where=_RUNNING),
    )

    name: Mapped[str]
    moment: Mapped[datetime]
    """The time for which it acts: its start, unless another was given."""
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime]
    status: Mapped[JobStatus] = one_of(JobStatus.RUNNING)
    counts: Mapped[dict[str, Any]] = json_object()
    """How many of what."""
    error: Mapped[str | None]
    """Kinds of errors and ids of stores; what they say is in the log."""
    more_to_do: Mapped[bool] = flag(False)
    position: Mapped[str | None] = mapped_column()
    """Where the next run goes on, if it matters."""


class JobMark(TenantScoped, Base):
    """What a job did last in a store, such as the day of a digest, so that it is done once."""

    __tablename__ = "job_marks"
    __table_args__ = (UniqueConstraint("store_id", "name"),)

    name: Mapped[str]
    mark: Mapped[str]
