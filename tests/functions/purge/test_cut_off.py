"""A purge that is killed, or meets another, or shoppers: nothing is lost or done twice, and nothing live is touched."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.pool import NullPool

from functions.purge import service
from local import postgres
from local.database import ROOT
from local.deleted_crowd import write_deleted_crowd
from shared.job_runs import Run
from shared.models import AuditLog, Base, FileDeletion, StoreSubscription
from shared.models.base import now
from shared.tenancy import scheduled_session
from tests.calls import call
from tests.conftest import Database
from tests.functions.purge.purging import orphans
from tests.functions.stores.threads import together

ROWS, STORES = 1500, 3
CHILD = """
import sys
from functions.purge import files, service
from shared.job_runs import Run
from shared.models.base import now

service.ROOTS, service.ROWS, service._LEAST_SHARE = 5, 60, 1.0
files._deleted = lambda bucket, found: [row.id for row in found if row.bucket == bucket]
sys.stdout.write("begun\\n"); sys.stdout.flush()
service.purge(Run("purge", now(), lambda: 1000.0))
"""
KILLED = int(os.environ.get("PURGE_KILLS", "3"))
"""How often it is killed; 20 by hand: `PURGE_KILLS=20`."""


@pytest.fixture
def crowd(database: Database, server: postgres.Server) -> Database:
    """Some shops with a few hundred deleted things each, beside live ones."""
    with create_engine(server.superuser_url(database.name), poolclass=NullPool).connect() as connection:
        assert len(list(write_deleted_crowd(connection, STORES, ROWS))) > 5
    return database


def _purge(moment: Any = None) -> Counter[str]:
    run = Run("purge", moment or now(), lambda: 1000.0)
    service.purge(run)
    assert run.errors == []
    return run.counts


def _live() -> dict[str, tuple[int, Any]]:
    """How many live rows each table has, and when any was changed last."""
    found = {}
    with scheduled_session() as session:
        for name, table in Base.metadata.tables.items():
            if "deleted_at" in table.c and "store_id" in table.c:
                live = select(func.count(), func.max(table.c.updated_at)).where(table.c.deleted_at.is_(None))
                found[name] = tuple(session.connection().execute(live).one())
    return found  # type: ignore[return-value]


def _left() -> dict[str, int]:
    """How many deleted rows of each table the purge has not been at."""
    found = {}
    with scheduled_session() as session:
        for name, table in Base.metadata.tables.items():
            if "purged_at" in table.c:
                old = (table.c.deleted_at.is_not(None), table.c.purged_at.is_(None))
                found[name] = session.connection().scalar(select(func.count()).select_from(table).where(*old)) or 0
    return {name: number for name, number in found.items() if number}


def _emptied(name: str) -> int:
    """How many rows of a table stay without what they were."""
    table = Base.metadata.tables[name]
    with scheduled_session() as session:
        found = select(func.count()).select_from(table).where(table.c.purged_at.is_not(None))
        return session.connection().scalar(found) or 0


def _check(database: Database, before: dict[str, tuple[int, Any]]) -> None:
    assert _left() == {}
    assert _live() == before
    assert orphans(database) == []


def test_killed_at_any_point_the_next_runs_finish_and_everything_is_counted_once(crowd: Database) -> None:
    before, expected = _live(), _left()
    killed = 0
    for _ in range(KILLED):
        child = subprocess.Popen([sys.executable, "-c", CHILD], cwd=ROOT, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(random.uniform(0.02, 0.5))  # noqa: S311 - any point will do
        child.send_signal(signal.SIGKILL)
        child.communicate()
        killed += child.returncode == -signal.SIGKILL
        assert orphans(crowd) == []
        assert _live() == before
    _wait_for_the_dead(crowd)

    _purge()

    _check(crowd, before)
    told: Counter[str] = Counter()
    with scheduled_session() as session:
        for row in session.scalars(select(AuditLog).where(AuditLog.action == "purge.done")):
            told.update(row.after_snapshot or {})
        files = session.scalars(select(FileDeletion)).all()
        freed = session.scalars(select(StoreSubscription.storage_bytes)).all()
    assert told["customers"] == expected["customers"]
    assert told["products"] + _emptied("products") == expected["products"]
    assert told["orders"] + _emptied("orders") == expected["orders"]
    # What a killed run has taken is another's an hour later.
    assert all(row.attempts == 1 for row in files)
    assert sum(1_000_000_000 - one for one in freed) == _bytes_gone()
    assert killed


def _bytes_gone() -> int:
    # Of each shop's deleted products every twentieth has an object, of 1,000 bytes.
    numbers = range(21, ROWS // STORES * 2 // 10 + 21)
    return STORES * 1000 * sum(number % 20 == 0 for number in numbers)


def _wait_for_the_dead(database: Database) -> None:
    """Until the server has noticed that whom it worked for is gone."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'")
    with database.engine("MIGRATION_DATABASE_URL").connect() as connection:
        for _ in range(100):
            if connection.scalar(query) == 1:
                return
            connection.rollback()
            time.sleep(0.05)


def test_two_purges_at_once_do_everything_once(crowd: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "ROOTS", 7)
    monkeypatch.setattr(service, "ROWS", 100)
    monkeypatch.setattr(service, "_LEAST_SHARE", 1.0)
    before, expected = _live(), _left()

    counts: Counter[str] = sum(together(_purge, _purge), Counter())
    counts += _purge()

    _check(crowd, before)
    assert counts["customers"] == expected["customers"]
    assert counts["products"] + _emptied("products") == expected["products"]
    assert counts["orders"] + _emptied("orders") == expected["orders"]


def test_shoppers_notice_nothing_and_a_second_run_of_the_job_waits_for_its_turn(crowd: Database) -> None:
    from functions.purge.handler import handler  # noqa: PLC0415 - beside what it is compared with
    from functions.storefront.handler import handler as storefront  # noqa: PLC0415 - as above
    from tests.functions.purge.purging import Time  # noqa: PLC0415 - as above

    def shop() -> set[int]:
        slugs = [f"deleted-{number % STORES + 1}" for number in range(30)]
        return {call(storefront, "/v1/storefront/products", store=slug).status for slug in slugs}

    def purge() -> set[int]:
        outcome = handler({"job": "purge"}, Time())
        assert outcome["status"] in {"COMPLETED", "SKIPPED"}
        return {200}

    assert together(shop, purge, purge) == [{200}] * 3
    assert _left() == {}
