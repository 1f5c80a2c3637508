"""A thousand stores with nothing to do cost a job a few statements, not a few each."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import text

from functions.purge.handler import handler as purge
from shared.database import function_engine, identity_engine, platform_engine
from shared.schedules import NAMES
from tests.aws import Mailbox
from tests.calls import counted
from tests.conftest import Database
from tests.functions.jobs.clockwork import NOON, Time, run
from tests.functions.jobs.due import DUE, open_store

STORES = 1000
MOST = 40
"""Statements of a run, with those that write down the run itself; the purge asks for each kind of row once."""
_MAKE = """
INSERT INTO stores (id, slug, name, email, status, currency)
SELECT 's' || n, 'many-' || n, 'Store ' || n, n || '@example.com', 'ACTIVE', 'USD' FROM generate_series(1, :number) n
"""


@contextmanager
def _sent() -> Iterator[list[str]]:
    """What is asked of the database meanwhile, by whichever role."""
    found: list[str] = []
    with ExitStack() as stack:
        lists = [stack.enter_context(counted(one())) for one in (function_engine, platform_engine, identity_engine)]
        yield found
        found += [statement for one in lists for statement in one]


@pytest.fixture
def many(database: Database) -> Database:
    """A database with a thousand stores."""
    with database.engine("PLATFORM_DATABASE_URL").begin() as connection:
        connection.execute(text(_MAKE), {"number": STORES})
    return database


@pytest.mark.parametrize("job", sorted(NAMES))
def test_stores_with_nothing_to_do_cost_nothing(mailbox: Mailbox, many: Database, job: str) -> None:
    with _sent() as sent:
        outcome = purge({"job": job, "at": NOON.isoformat()}, Time()) if job == "purge" else run(job)

    assert (outcome["status"], sum(outcome["counts"].values())) == ("COMPLETED", 0)
    assert len(sent) <= MOST


@pytest.mark.parametrize("job", sorted(DUE))
def test_one_store_among_them_costs_what_it_costs_alone(mailbox: Mailbox, many: Database, job: str) -> None:
    DUE[job].make(open_store())
    with _sent() as sent:
        outcome = run(job)

    assert {what: count for what, count in outcome["counts"].items() if count} == DUE[job].counts
    assert len(sent) <= 2 * MOST
