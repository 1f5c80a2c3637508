"""Watching PostgreSQL until one of two that run at once waits for the other."""

import time
from concurrent.futures import Future
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from local.postgres import Server
from tests.conftest import Database

PATIENCE = 60
"""Seconds after which a test that hangs fails."""

_WAITERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def until_asked(server: Server, database: Database, other: Future[Any]) -> None:
    """Return when a run of migrations, beside the one that has its turn, has been asking for a second."""
    engine = create_engine(server.superuser_url(database.name), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        while connection.scalar(text(_OTHERS)) < 2:
            assert not other.done(), "it did not ask"
    time.sleep(1)
    assert not other.done(), "it did not wait"


def until_waiting(server: Server, database: Database, other: Future[Any]) -> None:
    """Return as soon as somebody waits for a lock in the database; fail when `other` ends without."""
    engine = create_engine(server.superuser_url(database.name), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        while not connection.scalar(text(_WAITERS)):
            assert not other.done(), "it did not wait"
