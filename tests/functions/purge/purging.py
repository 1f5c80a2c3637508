"""Purging at a moment of the test's own choice, and what must be true of a database afterwards."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text, update

from functions.purge.handler import handler
from local.orphans import orphans as dangling
from shared.models import Base
from shared.tenancy import scheduled_session
from tests.conftest import Database

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Time:
    """Lambda's context of a function whose time is nearly over after it has asked so often."""

    def __init__(self, asks: int = 1_000_000) -> None:
        self.asks = asks

    def get_remaining_time_in_millis(self) -> int:
        """What is left."""
        self.asks -= 1
        return 300_000 if self.asks >= 0 else 10_000


def run(at: datetime = NOON, *, asks: int = 1_000_000, dry_run: bool = False) -> dict[str, Any]:
    """Purge as EventBridge has it done. Returns what the handler answers."""
    return handler({"job": "purge", "at": at.isoformat(), "dry_run": dry_run}, Time(asks))


def purged(at: datetime = NOON, **given: Any) -> dict[str, int]:
    """What a purge that goes well has counted, zeros left out."""
    outcome = run(at, **given)
    assert outcome["status"] in {"COMPLETED", "REHEARSED"}
    return {what: number for what, number in outcome["counts"].items() if number}


def delete_at(table: str, row_id: str, moment: datetime) -> None:
    """Soft-delete a row as if at a moment."""
    rows = Base.metadata.tables[table]
    with scheduled_session() as session:
        session.connection().execute(update(rows).where(rows.c.id == row_id).values(deleted_at=moment))


def ids(database: Database, table: str) -> set[str]:
    """The ids of all rows of a table, deleted ones too."""
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        return set(connection.scalars(text(f"SELECT id FROM {table}")))


def values(database: Database, table: str, row_id: str) -> dict[str, Any]:
    """A row, deleted or not."""
    rows = Base.metadata.tables[table]
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        return dict(connection.execute(rows.select().where(rows.c.id == row_id)).mappings().one())


def orphans(database: Database) -> list[str]:
    """The foreign keys with a row whose parent is missing."""
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        if not database.is_postgresql:
            return [str(row) for row in connection.execute(text("PRAGMA foreign_key_check"))]
        return dangling(connection)
