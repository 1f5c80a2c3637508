"""What holds of each job: done at its moment and not before, once, however often and by how many it is run."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from shared.models import Base
from shared.schedules import NAMES
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.jobs.clockwork import NOON, Time, changed, counts, everything, run, run_together, runs
from tests.functions.jobs.due import DAY, DUE, before, open_store

ALL = sorted(DUE)
OTHERS = {"check_ledger", "sweep_outbox", "sweep_syncs", "finish", "purge"}
"""Those that change nothing of their own, and the purge: see test_other_jobs.py."""

WALKING = ("cancel_unpaid_orders", "sessions_and_tokens", "archive_audit_log", "low_stock_digest")
"""One of each way of going through the stores."""


def test_every_job_is_tried_here() -> None:
    assert set(DUE) | OTHERS == NAMES


@pytest.mark.parametrize("job", ALL)
def test_it_is_done_at_its_moment_once(mailbox: Mailbox, either: Database, job: str) -> None:
    store_id, early = open_store(), before(job)
    DUE[job].make(store_id)
    start = everything(either)

    if early is not None:
        assert counts(job, early) == {}
    rehearsed = counts(job, dry_run=True)
    assert rehearsed == {
        what: n for what, n in DUE[job].counts.items() if job != "archive_audit_log" or what != "files"
    }
    # With no time left for a step it leaves everything for the next run.
    assert run(job, time=Time(asks=1))["more_to_do"] is True
    assert changed(start, everything(either)) == []

    assert counts(job) == DUE[job].counts
    done = everything(either)
    assert changed(start, done) != []
    assert [counts(job) for _ in range(4)] == [{}] * 4
    assert changed(done, everything(either)) == []


@pytest.mark.parametrize("job", ALL)
def test_two_at_once_do_it_once_after_a_day_off(mailbox: Mailbox, database: Database, job: str) -> None:
    stores = [open_store() for _ in range(2)]
    for store_id in stores:
        DUE[job].make(store_id)

    outcomes = run_together(job, times=3)

    assert {one["status"] for one in outcomes} <= {"COMPLETED", "SKIPPED"}
    total = sum((Counter(one["counts"]) for one in outcomes), Counter())
    assert total == {what: count * len(stores) for what, count in DUE[job].counts.items()}


@pytest.mark.parametrize("job", ALL)
def test_after_a_day_without_a_run_it_catches_up_at_once(mailbox: Mailbox, either: Database, job: str) -> None:
    store_id = open_store()
    DUE[job].make(store_id)

    # What began at noon is over a day later: a sale of a day is not started first.
    late = {"ended": 2} if job == "flash_sales" else DUE[job].counts
    assert counts(job, NOON + DAY) == late
    assert counts(job, NOON + DAY) == {}


@contextmanager
def _broken(database: Database, store_id: str) -> Iterator[None]:
    """Let every write to a store's rows fail meanwhile."""
    tables = [table.name for table in Base.metadata.tables.values() if "store_id" in table.c]
    with database.engine("MIGRATION_DATABASE_URL").begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION break_store() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "IF coalesce(NEW.store_id, OLD.store_id) = TG_ARGV[0] THEN RAISE EXCEPTION 'broken'; END IF; "
                "RETURN coalesce(NEW, OLD); END $$"
            )
        )
        for table in tables:
            trigger = f"CREATE TRIGGER broken BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW"
            connection.execute(text(f"{trigger} EXECUTE FUNCTION break_store('{store_id}')"))
    try:
        yield
    finally:
        with database.engine("MIGRATION_DATABASE_URL").begin() as connection:
            connection.execute(text("DROP FUNCTION break_store() CASCADE"))


@pytest.mark.parametrize("job", WALKING)
def test_what_fails_in_one_store_is_left_and_the_rest_goes_on(mailbox: Mailbox, database: Database, job: str) -> None:
    stores = [open_store() for _ in range(3)]
    for store_id in stores:
        DUE[job].make(store_id)

    with _broken(database, stores[1]):
        outcome = run(job)

    assert outcome["status"] == "FAILED"
    assert outcome["counts"]["failed"] >= 1
    assert stores[1] in str(runs(job)[0].error)
    for what, count in DUE[job].counts.items():
        # What is of no store is done for all three.
        assert outcome["counts"][what] in {2 * count, 3 * count}
    again = counts(job)
    assert again
    assert counts(job) == {}
