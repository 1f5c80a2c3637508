"""The objects in S3 of what is purged: written down with the deletion of their rows, and deleted after it.

A row of `file_deletions` goes once its object has: cut off between the two, the next run deletes what is not there any
more, which S3 does not mind.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, delete, insert, select, update

from functions.purge.kinds import among, table_of
from shared.files import s3, thumbnail_key
from shared.job_runs import Run
from shared.models import FileDeletion
from shared.models.base import new_id, now
from shared.settings import settings
from shared.tenancy import scheduled_session

log = logging.getLogger(__name__)

BUCKETS = {
    "media": "media",
    "media_uploads": "media",
    "product_transfers": "files",
    "order_exports": "files",
    "privacy_requests": "files",
}
"""The bucket that the keys of a table are in."""
_AT_ONCE = 200
_LATER = timedelta(hours=1)


def columns_of_files(table: Table) -> list[Column[Any]]:
    """What `remember_files` has to know of rows of a table with objects."""
    return [table.c[name] for name in ("id", "storage_key", "size") if name in table.c]


def remember_files(connection: Connection, store_id: str, table: Table, rows: Sequence[Row[Any]]) -> int:
    """Write down the objects of rows that were just deleted. Returns the bytes that the store's plan had counted."""
    found = [row for row in rows if row.storage_key]
    keys = [row.storage_key for row in found]
    if table.name == "media":
        keys += [thumbnail_key(store_id, row.id) for row in found]
    if keys:
        facts = {"bucket": BUCKETS[table.name], "available_at": now()}
        # So many rows a statement that it stays under 16 KB.
        new = insert(table_of(FileDeletion)).execution_options(insertmanyvalues_page_size=50)
        connection.execute(new, [facts | {"id": new_id(), "storage_key": key} for key in keys])
    return sum(row.size for row in found) if table.name == "media" else 0


def delete_files(run: Run) -> None:
    """Delete the objects whose rows are gone, and then what says so. No lock is held while S3 is asked."""
    while run.has_time():
        found = _take()
        if not found:
            return
        gone = [key for bucket in ("media", "files") for key in _deleted(bucket, found)]
        with scheduled_session() as session:
            files = table_of(FileDeletion)
            session.connection().execute(delete(files).where(among(session.connection(), files.c.id, gone)))
        run.counts["files"] += len(gone)


def _take() -> list[Row[Any]]:
    """Some that are due, for a while nobody else's; whoever is cut off leaves them to the next run."""
    files, moment = table_of(FileDeletion), now()
    due = select(files.c.id).where(files.c.available_at <= moment).order_by(files.c.available_at, files.c.id)
    with scheduled_session() as session:
        ids = list(session.connection().scalars(due.limit(_AT_ONCE).with_for_update(skip_locked=True)))
        taken = update(files).where(among(session.connection(), files.c.id, ids))
        taken = taken.values(available_at=moment + _LATER, attempts=files.c.attempts + 1)
        return list(session.connection().execute(taken.returning(files.c.id, files.c.bucket, files.c.storage_key)))


def _deleted(bucket: str, found: list[Row[Any]]) -> list[str]:
    """The ids of those whose objects are gone from a bucket; a failure is logged, and tried again later."""
    mine = {row.storage_key: row.id for row in found if row.bucket == bucket}
    if not mine:
        return []
    name = settings().media_bucket if bucket == "media" else settings().files_bucket
    try:
        objects: Any = {"Objects": [{"Key": key} for key in mine], "Quiet": True}
        failed = {error.get("Key") for error in s3().delete_objects(Bucket=name, Delete=objects).get("Errors", ())}
    except Exception:
        log.exception("objects could not be deleted", extra={"bucket": bucket})
        return []
    if failed:
        log.error("objects could not be deleted", extra={"bucket": bucket, "number": len(failed)})
    return [row_id for key, row_id in mine.items() if key not in failed]
