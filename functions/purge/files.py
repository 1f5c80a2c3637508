"""The objects in S3 of what is purged: written down with the deletion of their rows, and deleted after it.

A row of `file_deletions` goes once its object has: cut off between the two, the next run deletes what is not there any
more, which S3 does not mind.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from functions.purge.kinds import table_of
from shared.files import s3, thumbnail_key
from shared.job_runs import Run
from shared.models import FileDeletion
from shared.models.base import new_id, now
from shared.settings import settings
from shared.tenancy import scheduled_session

log = logging.getLogger(__name__)

BUCKETS = {"media": "media", "media_uploads": "media", "product_transfers": "files", "privacy_requests": "files"}
"""The bucket that the keys of a table are in."""
_AT_ONCE = 500
_LATER = timedelta(hours=1)


def remember_files(connection: Connection, store_id: str, table: Table, ids: Sequence[str]) -> int:
    """Write down the objects of rows that are about to go. Returns the bytes that the store's plan had counted."""
    if table.name not in BUCKETS:
        return 0
    size = table.c.size if table.name == "media" else None
    columns = [table.c.id, table.c.storage_key] + ([size] if size is not None else [])
    query = select(*columns).where(table.c.id.in_(ids), table.c.storage_key.is_not(None))
    found = connection.execute(query).all()
    keys = [row.storage_key for row in found]
    if table.name == "media":
        keys += [thumbnail_key(store_id, row.id) for row in found]
    if keys:
        facts = {"bucket": BUCKETS[table.name], "available_at": now()}
        connection.execute(
            insert(table_of(FileDeletion)), [facts | {"id": new_id(), "storage_key": key} for key in keys]
        )
    return sum(row.size for row in found) if size is not None else 0


def delete_files(run: Run) -> None:
    """Delete the objects whose rows are gone, and then what says so."""
    while run.has_time():
        with scheduled_session() as session:
            connection, files = session.connection(), table_of(FileDeletion)
            query = select(files).where(files.c.available_at <= now()).order_by(files.c.available_at, files.c.id)
            found = connection.execute(query.limit(_AT_ONCE).with_for_update(skip_locked=True)).all()
            gone = [row.id for row in found if _is_gone(row)]
            failed = [row.id for row in found if row.id not in gone]
            for some in (gone[start : start + 200] for start in range(0, len(gone), 200)):
                connection.execute(delete(files).where(files.c.id.in_(some)))
            _try_later(connection, failed, now())
        run.counts["files"] += len(gone)
        if len(found) < _AT_ONCE:
            return


def _is_gone(row: Any) -> bool:
    bucket = settings().media_bucket if row.bucket == "media" else settings().files_bucket
    try:
        s3().delete_object(Bucket=bucket, Key=row.storage_key)
    except Exception:
        log.exception("an object could not be deleted", extra={"file_deletion_id": row.id})
        return False
    return True


def _try_later(connection: Connection, ids: list[str], moment: datetime) -> None:
    files = table_of(FileDeletion)
    for some in (ids[start : start + 200] for start in range(0, len(ids), 200)):
        values = {"available_at": moment + _LATER, "attempts": files.c.attempts + 1}
        connection.execute(update(files).where(files.c.id.in_(some)).values(values))
