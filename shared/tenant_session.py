"""The session of one store: it filters every statement, stamps every new row, and refuses what it cannot filter."""

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Engine, Insert, Select, event, inspect, literal
from sqlalchemy.orm import FromStatement, ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.selectable import SelectBase

from shared.errors import TenancyError
from shared.models import SoftDeletes, Store, TenantScoped
from shared.statement_rules import check, leaves, model_of, scoped_model

INCLUDE_DELETED = "include_deleted"
"""Execution option that lets a statement see soft-deleted rows too."""


class TenantSession(Session):
    """A session that sees one store. Without a store it refuses tenant-scoped models, unless it is the platform's."""

    def __init__(self, engine: Engine, *, store_id: str | None, every_store: bool = False) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.store_id = store_id
        self.every_store = every_store

    def bulk_save_objects(self, *_: Any, **__: Any) -> None:
        """Refused: the legacy bulk methods flush past the stamp. Use `execute(insert(Model), rows)`."""
        raise TenancyError("the legacy bulk methods are not stamped; use session.execute(insert(Model), rows)")

    bulk_insert_mappings = bulk_update_mappings = bulk_save_objects


@event.listens_for(TenantSession, "do_orm_execute")
def _isolate(state: ORMExecuteState) -> None:
    session = cast(TenantSession, state.session)
    if session.every_store:
        if not isinstance(state.statement, Insert | FromStatement) and not state.is_column_load:
            state.statement = _live(state)
        return
    # What SQLAlchemy itself builds to load an attribute names mapped tables as it sees fit.
    touched = frozenset() if state.is_relationship_load or state.is_column_load else check(state)
    if touched and session.store_id is None:
        raise TenancyError(f"no store has been entered, so {', '.join(sorted(touched))} cannot be read or written")
    if isinstance(state.statement, Insert):
        _stamp_insert(session, state)
    elif state.is_column_load:
        state.statement = _own_row(session, state)
    else:
        state.statement = _live(state).options(*_criteria(session.store_id))


_LIVE: ExecutableOption = with_loader_criteria(SoftDeletes, lambda cls: cls.deleted_at.is_(None), include_aliases=True)


def _live(state: ORMExecuteState) -> Any:
    statement: Any = state.statement
    return statement if state.execution_options.get(INCLUDE_DELETED, False) else statement.options(_LIVE)


def _own_row(session: TenantSession, state: ORMExecuteState) -> Any:
    """Refreshing takes no loader criteria: name the store outright."""
    statement: Any = state.statement
    model: Any = state.bind_mapper.class_ if state.bind_mapper else object
    if not issubclass(model, TenantScoped | Store):
        return statement
    return statement.where((model.id if model is Store else model.store_id) == session.store_id)


@lru_cache(maxsize=256)
def _criteria(store_id: str | None) -> tuple[ExecutableOption, ...]:
    """The filter of a store; that of None matches no row that has a store."""
    return (
        with_loader_criteria(TenantScoped, lambda cls: cls.store_id == store_id, include_aliases=True),
        with_loader_criteria(Store, lambda cls: cls.id == store_id, include_aliases=True),
    )


def _stamp_insert(session: TenantSession, state: ORMExecuteState) -> None:
    statement = cast(Insert, state.statement)
    model = model_of(statement)
    _refuse_reading(statement)
    if model is Store:
        raise TenancyError("a store is not made from inside another")
    scoped = issubclass(model, TenantScoped)
    if statement.select is not None:
        state.statement = _from_own_rows(session.store_id, statement, stamp=scoped)
    elif scoped:
        state.statement, state.parameters = _stamped(session.store_id, statement, state.parameters)


def _refuse_reading(statement: Insert) -> None:
    """Queries in VALUES or RETURNING take no loader criteria, and an upsert may meet another store's row."""
    source = {id(element) for element in visitors.iterate(statement.select)} if statement.select is not None else set()
    for element in visitors.iterate(statement):
        if isinstance(element, SelectBase) and id(element) not in source:
            raise TenancyError("read first and insert what was read: a query inside an insert is not filtered")
    clause: Any = statement._post_values_clause
    if clause is not None and hasattr(clause, "update_values_to_set"):
        target = [str(getattr(column, "key", column)) for column in clause.inferred_target_elements or []]
        written = {str(getattr(column, "key", column)) for column in clause.update_values_to_set}
        if "store_id" not in target or "store_id" in written:
            raise TenancyError("an upsert's conflict target begins with store_id, which it does not change")


def _stamped(store_id: str | None, statement: Insert, parameters: Any) -> tuple[Insert, Any]:
    if statement._multi_values:
        raise TenancyError("pass the rows of an insert as parameters, so that each can be stamped")
    rows = [parameters] if isinstance(parameters, dict) else list(parameters or [])
    values: dict[Any, Any] = dict(statement._values or {})
    given = [row["store_id"] for row in rows if "store_id" in row]
    given += [getattr(value, "value", value) for key, value in values.items() if getattr(key, "key", key) == "store_id"]
    if any(named != store_id for named in given):
        raise TenancyError("this row names another store than the session's")
    if not rows:
        return statement.values(store_id=store_id), parameters
    stamped = [row | {"store_id": store_id} for row in rows]
    return statement, stamped[0] if isinstance(parameters, dict) else stamped


def _from_own_rows(store_id: str | None, statement: Insert, *, stamp: bool) -> Insert:
    """The same insert, reading this store's live rows only and writing to this store only."""
    source: Any = visitors.cloned_traverse(statement.select, {}, {"select": lambda found: _narrow(store_id, found)})
    names, rows = [str(name) for name in statement._select_names or []], source.subquery()
    pairs = [(name, column) for name, column in zip(names, rows.c, strict=True) if not (stamp and name == "store_id")]
    if stamp:
        pairs.append(("store_id", literal(store_id).label("stamped_store_id")))
    return statement.from_select([name for name, _ in pairs], Select(*(column for _, column in pairs)))


def _narrow(store_id: str | None, found: Any) -> None:
    for table in [leaf for source in found.get_final_froms() for leaf in leaves(source)]:
        model = scoped_model(table)
        if model is None:
            continue
        owner = table.c.id if model is Store else table.c.store_id
        found._where_criteria += (owner == store_id,)
        if issubclass(model, SoftDeletes):
            found._where_criteria += (table.c.deleted_at.is_(None),)


@event.listens_for(TenantSession, "before_flush")
def _guard_flush(session: TenantSession, _context: Any, _instances: Any) -> None:
    if session.every_store:
        return
    for row in session.new:
        _own(session, row)
    for row in [*session.dirty, *session.deleted]:
        _keep(session, row)
    if any(isinstance(row, SoftDeletes) for row in session.deleted):
        raise TenancyError("rows that can be restored are not deleted: use shared.soft_delete")


def _own(session: TenantSession, row: Any) -> None:
    if not isinstance(row, TenantScoped | Store):
        return
    if session.store_id is None:
        raise TenancyError(f"no store has been entered, so {type(row).__name__} cannot be written")
    if isinstance(row, Store):
        raise TenancyError("a store is not made from inside another")
    if row.store_id is None:
        row.store_id = session.store_id
    elif row.store_id != session.store_id:
        raise TenancyError(f"this {type(row).__name__} belongs to another store")


def _keep(session: TenantSession, row: Any) -> None:
    if not isinstance(row, TenantScoped | Store):
        return
    owner = row.id if isinstance(row, Store) else row.store_id
    moved = isinstance(row, TenantScoped) and inspect(row).attrs["store_id"].history.has_changes()
    if owner != session.store_id or moved:
        raise TenancyError(f"this {type(row).__name__} belongs to another store")
