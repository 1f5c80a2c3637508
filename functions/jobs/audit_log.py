"""The audit log is kept for a year in the database, and after that as files: a folder a store and month.

A file is written before its rows go. A crash between the two writes the same file again: its name is that of the first
row in it, and what is that old does not change.
"""

import gzip
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import delete, func, select, text, tuple_

from shared.files import s3
from shared.job_runs import Run
from shared.models import AuditLog
from shared.settings import settings
from shared.tenancy import scheduled_session
from shared.tenant_session import TenantSession

_BATCH = 1000
_KEPT = relativedelta(years=1)
PLATFORM = "platform"
"""The folder of what is of no store."""


def archive_audit_log(run: Run) -> None:
    """Move to the archive what is older than a year, whole months at a time."""
    begun = run.moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = begun - _KEPT
    with scheduled_session() as session:
        old = select(AuditLog.store_id, func.count()).where(AuditLog.created_at < before).group_by(AuditLog.store_id)
        found: dict[str | None, int] = {store_id: count for store_id, count in session.execute(old)}  # noqa: C416
    if run.is_rehearsal:
        run.counts["entries"] += sum(found.values())
        return
    if found and not settings().archive_bucket:
        raise RuntimeError("ARCHIVE_BUCKET is not set: there is nowhere to keep the old audit log")
    for store_id in sorted(found, key=str):
        try:
            _archive_store(run, store_id, before)
        except Exception as error:
            run.failed(f"store {store_id or PLATFORM}", error)


def _archive_store(run: Run, store_id: str | None, before: datetime) -> None:
    while run.has_time():
        # Read and deleted in one transaction, with the file written in between: who is killed has deleted nothing.
        with scheduled_session() as session:
            rows = _oldest(session, store_id, before)
            if not rows:
                return
            key = _keep(store_id, rows)
            _remove(session, store_id, rows)
        run.counts["entries"] += len(rows)
        run.counts["files"] += 1 if key else 0


def _oldest(session: TenantSession, store_id: str | None, before: datetime) -> list[AuditLog]:
    """The oldest entries of a store, of one month."""
    query = select(AuditLog).where(AuditLog.store_id == store_id, AuditLog.created_at < before)
    rows = session.scalars(query.order_by(AuditLog.created_at, AuditLog.id).limit(_BATCH)).all()
    return [row for row in rows if _month(row) == _month(rows[0])]


def _keep(store_id: str | None, rows: list[AuditLog]) -> str:
    first = rows[0]
    key = f"audit/{store_id or PLATFORM}/{_month(first)}/{first.created_at:%Y%m%dT%H%M%S%fZ}-{first.id}.jsonl.gz"
    lines = "".join(f"{json.dumps(_entry(row), ensure_ascii=False)}\n" for row in rows)
    # Without the time of day two files of the same rows are the same.
    content = gzip.compress(lines.encode(), mtime=0)
    s3().put_object(Bucket=settings().archive_bucket, Key=key, Body=content, ContentType="application/jsonl+gzip")
    return key


def _remove(session: TenantSession, store_id: str | None, rows: list[AuditLog]) -> None:
    """Delete just what was kept, by the way that the trigger lets through."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT app.begin_audit_retention()"))
    place = tuple_(AuditLog.created_at, AuditLog.id)
    first, last = ((row.created_at, row.id) for row in (rows[0], rows[-1]))
    gone = delete(AuditLog).where(AuditLog.store_id == store_id, place >= first, place <= last)
    count: int = session.execute(gone.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
    if count != len(rows):
        raise RuntimeError(f"{count} entries would go, and {len(rows)} were kept")


def _month(row: AuditLog) -> str:
    return f"{row.created_at:%Y-%m}"


def _entry(row: AuditLog) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in _columns()}


def _columns() -> Iterable[str]:
    return AuditLog.__table__.c.keys()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
