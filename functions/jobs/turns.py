"""Work that is done store by store, in turns: a batch of one store, then of the next, each in its own transaction.

A store with a mountain of work delays the others by one batch a round; one whose work fails is logged and left for the
next run, which begins with whichever store chance will have it.
"""

import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy import exc as sa_exc

from shared.audit import Actor, act_as
from shared.database import is_retryable
from shared.errors import NoSuchStoreError
from shared.job_runs import Run
from shared.models import Store
from shared.tenancy import scheduled_session, tenant_session
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)

BATCH = 200
"""Rows a transaction. More ids would make a statement of over 16 KB, which pins the proxy."""
_TRIES = 3
Batch = Callable[[TenantSession], int]
"""Does some of a store's work in the session's transaction and returns how many rows; 0 when nothing is left."""


def in_turns(run: Run, what: str, due: Select[str], batch: Batch) -> None:
    """Do what is due in every live store; `due` selects the `store_id` of each row that is.

    What is found at the beginning is all that is done: what becomes due meanwhile is for the next run. `what` is the
    name of the rows in the run's counts.
    """
    found = _due(due)
    if run.is_rehearsal:
        run.counts[what] += sum(found.values())
        return
    tries: Counter[str] = Counter()
    turns = deque(random.sample(sorted(found), len(found)))
    while turns and run.has_time():
        store_id = turns.popleft()
        done = _try(run, store_id, batch, tries)
        run.counts[what] += done
        found[store_id] -= done
        if found[store_id] > 0 and done:
            turns.append(store_id)


def store_by_store(run: Run, visit: Callable[[TenantSession], None], *where: ColumnElement[bool]) -> None:
    """Visit every live store (that a condition names), by id, from where the last run ended for want of time."""
    for store_id in _stores_after(run.position, *where):
        if not run.has_time():
            return
        with going_on(run, store_id), job_session(run, store_id) as session:
            visit(session)
        run.position = store_id
    run.position = None


@contextmanager
def job_session(run: Run, store_id: str) -> Iterator[TenantSession]:
    """A session inside a store in which a job acts, for the audit log."""
    with tenant_session(store_id) as session:
        act_as(session, Actor(None, f"job {run.name}"))
        yield session


@contextmanager
def going_on(run: Run, store_id: str) -> Iterator[None]:
    """Note what goes wrong in a store, and go on; a store that is gone by now is no fault."""
    try:
        yield
    except NoSuchStoreError:
        pass
    except Exception as error:
        run.failed(f"store {store_id}", error)


def _try(run: Run, store_id: str, batch: Batch, tries: Counter[str]) -> int:
    """How many rows were done; none when it failed. A transaction that met another's is begun again."""
    with going_on(run, store_id):
        while True:
            tries[store_id] += 1
            try:
                with job_session(run, store_id) as session:
                    return batch(session)
            except sa_exc.DBAPIError as error:
                if tries[store_id] >= _TRIES or not is_retryable(error):
                    raise
    return 0


def _due(due: Select[str]) -> Counter[str]:
    rows = due.subquery()
    live = select(Store.id).where(Store.id == rows.c.store_id).exists()
    query = select(rows.c.store_id, func.count().label("due")).where(live).group_by(rows.c.store_id)
    with scheduled_session() as session:
        return Counter({row.store_id: int(row.due) for row in session.execute(query)})


def _stores_after(position: str | None, *where: ColumnElement[bool]) -> list[str]:
    query = select(Store.id).where(*where).order_by(Store.id)
    with scheduled_session() as session:
        return list(session.scalars(query.where(Store.id > position) if position else query))
