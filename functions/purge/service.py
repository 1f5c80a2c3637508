"""The purge: what was deleted long enough ago goes for good, a batch of one store, then of the next, until time is up.

Each batch is a transaction of its own that locks what it takes and skips what others have locked. Nothing says where a
purge has stopped but what is still there, so that whoever comes next goes on, after a crash or beside another.
"""

import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Table, exists, func, select, tuple_
from sqlalchemy import exc as sa_exc

from functions.purge.due import is_due, is_unfinished, stays
from functions.purge.files import delete_files
from functions.purge.kinds import empty_tables, soft_tables, table_of
from functions.purge.people import purge_users
from functions.purge.removing import Batch, clear
from functions.purge.retention import LEAST, Kept, kept_of
from functions.purge.stores import claim, remove_rest
from functions.purge.tallies import ACTOR, tally, tell
from shared.audit import record
from shared.database import is_retryable
from shared.job_runs import Run
from shared.models import Base, Store
from shared.privacy.holds import held_customers, stores_under_hold
from shared.tenancy import scheduled_session
from shared.tenant_session import TenantSession

ROOTS, ROWS = 400, 4000
"""What a whole batch takes: so many rows by themselves, and about so many with what hangs on them."""
_TARGET = 0.3
"""Seconds that a batch should take, as it locks what it takes: far below one, even where others are busy."""
_LEAST_SHARE = 0.1
"""A batch has to be worth its transaction: half of it would take nearly as long."""
_TRIES = 3
_Place = tuple[datetime, str] | None
Counts = dict[str, Counter[str]]


@dataclass(slots=True)
class _Turn:
    """A store that waits for its turn: the tables that are left, and how far it has come in the first of them."""

    kept: Kept
    tables: deque[Table]
    goes: bool
    is_claimed: bool = False
    empty: frozenset[str] | None = None
    place: _Place = None
    tries: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Pace:
    """How much of a whole batch of a table is taken at a time: less where the database is slow or busy."""

    share: float = 0.2

    def of(self, whole: int) -> int:
        """As many as are taken now."""
        return max(1, int(whole * self.share))

    def took(self, seconds: float) -> None:
        """Take less after a batch that was slow, and more after one that was not."""
        factor = min(1.5, max(0.2, _TARGET / max(seconds, 0.001)))
        self.share = min(1.0, max(_LEAST_SHARE, self.share * factor))


def purge(run: Run) -> None:
    """Purge what is due at the run's moment, or in a rehearsal count it: the rows by table that a run begins with."""
    if run.is_rehearsal:
        for counts in due_counts(run.moment).values():
            run.counts.update(counts)
        return
    turns, paces = deque(_turns(run.moment)), defaultdict[str, _Pace](_Pace)
    while turns and run.has_time():
        turn = turns.popleft()
        if _step(run, turn, paces):
            turns.append(turn)
    purge_users(run)
    delete_files(run)
    tell()
    _tell_the_platform(run)


def due_counts(moment: datetime, store_id: str | None = None) -> Counts:
    """How many rows are due at a moment, by store and table. What goes with them is not counted."""
    found: Counts = {}
    with scheduled_session() as session:
        for kept, tables in _stores_with_work(session, moment, store_id).items():
            held = held_customers(session, kept.store_id, moment)
            for name in tables:
                table = Base.metadata.tables[name]
                query = select(func.count()).select_from(table).where(is_due(table, kept, held, moment))
                if number := session.connection().scalar(query):
                    found.setdefault(kept.store_id, Counter())[name] = number
            if kept.goes(moment) and kept.purged_at is None:
                found.setdefault(kept.store_id, Counter())["stores"] = 1
    return found


def _turns(moment: datetime) -> list[_Turn]:
    """The stores with something due, in an order of chance: none is first every night."""
    with scheduled_session() as session:
        found = _stores_with_work(session, moment)
    turns = [
        _Turn(kept, deque(table for table in soft_tables() if table.name in tables), kept.goes(moment))
        for kept, tables in found.items()
    ]
    return random.sample(turns, len(turns))


def _stores_with_work(session: TenantSession, moment: datetime, store_id: str | None = None) -> dict[Kept, set[str]]:
    """The stores that may have something due, with the tables that may; a store that goes has all of them."""
    found: dict[str, set[str]] = {}
    connection, stores = session.connection(), table_of(Store).c
    every = select(stores.id) if store_id is None else select(stores.id).where(stores.id == store_id)
    for table in soft_tables():
        old = table.c.deleted_at < Kept("", None, None, None, {table.name: LEAST}).cut_off(table.name, moment)
        # A look at a store's first such row, by an index, where DISTINCT would read all of them.
        first = exists().where(table.c.store_id == stores.id, old, is_unfinished(table, moment))
        for one in connection.scalars(every.where(first)):
            found.setdefault(one, set()).add(table.name)
    for one in connection.scalars(every.where(stores.deleted_at.is_not(None))):
        found.setdefault(one, set())
    held = stores_under_hold(session, moment)
    kept = [one for some in _parts(sorted(found.keys() - held)) for one in kept_of(session, some)]
    whole = {table.name for table in soft_tables()}
    work = {one: whole if one.goes(moment) else found[one.store_id] for one in kept}
    return {one: tables for one, tables in work.items() if tables}


def _step(run: Run, turn: _Turn, paces: Mapping[str, _Pace]) -> bool:
    """A batch of a store. Returns whether the store has more to do."""
    while run.has_time():
        act: Callable[[TenantSession, Batch], int]
        if turn.goes and not turn.is_claimed:
            claimed = _transaction(run, turn, paces["claim"], "claim", lambda _, batch: claim(batch, turn.kept))
            turn.is_claimed = bool(claimed)
            if not turn.is_claimed:
                return False
        if turn.tables:
            what, act = turn.tables[0].name, lambda session, batch: _batch(session, batch, turn, paces)
        elif turn.goes:
            what, act = "stores", lambda session, batch: remove_rest(session, batch, turn.kept)
        else:
            return False
        done = _transaction(run, turn, paces[what], what, act)
        if done:
            return True
        if turn.tables:
            turn.tables.popleft()
            turn.place = None
        else:
            turn.goes = False
    return True


def _transaction(run: Run, turn: _Turn, pace: _Pace, what: str, act: Callable[[TenantSession, Batch], int]) -> int:
    """How many rows were worked on; none when there are none, or it failed, which is noted."""
    store_id = turn.kept.store_id
    try:
        while True:
            turn.tries[what] += 1
            begun = time.monotonic()
            try:
                with scheduled_session() as session:
                    if turn.empty is None:
                        turn.empty = empty_tables(session.connection(), store_id)
                    batch = Batch(session.connection(), store_id, run.moment, pace.of(ROWS), turn.empty)
                    done = act(session, batch)
                    tally(session, batch)
                turn.empty = batch.empty
                if done > 1:
                    pace.took(time.monotonic() - begun)
                break
            except sa_exc.DBAPIError as error:
                if turn.tries[what] >= _TRIES or not is_retryable(error):
                    raise
    except Exception as error:
        run.failed(f"store {store_id}, {what}", error)
        return 0
    turn.tries[what] = 0
    run.counts.update(batch.counts)
    return done


def _batch(session: TenantSession, batch: Batch, turn: _Turn, paces: Mapping[str, _Pace]) -> int:
    table = turn.tables[0]
    held = held_customers(session, batch.store_id, batch.moment)
    columns = (table.c.id, table.c.deleted_at, stays(table, batch.moment).label("stays"))
    query = select(*columns).where(is_due(table, turn.kept, held, batch.moment))
    if turn.place is not None:
        # Inclusive: what the last batch got full with is gone on with.
        query = query.where(tuple_(table.c.deleted_at, table.c.id) >= turn.place)
    query = (
        query.order_by(table.c.deleted_at, table.c.id)
        .limit(paces[table.name].of(ROOTS))
        .with_for_update(skip_locked=True, of=table)
    )
    found = session.connection().execute(query).all()
    if found:
        clear(batch, table, {row.id: bool(row.stays) for row in found})
        turn.place = (found[0].deleted_at, found[0].id) if batch.is_over else (found[-1].deleted_at, found[-1].id)
    return len(found)


def _tell_the_platform(run: Run) -> None:
    counts = {what: number for what, number in sorted(run.counts.items()) if number}
    if counts:
        with scheduled_session() as session:
            record(session, "platform.purge", "purge", None, after=counts | {"more_to_do": run.more_to_do}, actor=ACTOR)


def _parts(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + 200] for start in range(0, len(ids), 200)]
