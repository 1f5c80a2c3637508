"""The session of one store: it filters every statement, stamps every new row, and refuses what it cannot filter."""

from typing import Any, cast

from sqlalchemy import ColumnClause, Delete, Engine, Insert, Select, Table, Update, event, inspect, literal, or_
from sqlalchemy.orm import FromStatement, ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import ExecutableOption
from sqlalchemy.sql.selectable import Alias, Join

from shared.errors import TenancyError
from shared.models import Base, SoftDeletes, Store, TenantScoped

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


def _scoped_tables() -> dict[Any, type[Any]]:
    classes: list[Any] = [mapper.class_ for mapper in Base.registry.mappers]
    return {cls.__table__: cls for cls in classes if issubclass(cls, TenantScoped | Store)}


_SCOPED = _scoped_tables()


@event.listens_for(TenantSession, "do_orm_execute")
def _isolate(state: ORMExecuteState) -> None:
    session, statement = cast(TenantSession, state.session), state.statement
    if not isinstance(statement, Select | Insert | Update | Delete) and not state.is_select:
        raise TenancyError("this session runs only statements built from models, which it can filter")
    if isinstance(statement, FromStatement):
        raise TenancyError("text cannot be filtered; build the statement from models")
    touched = _touched(statement)
    if touched and not session.every_store and not (state.is_column_load or state.is_relationship_load):
        _refuse_bare_tables(statement)
    if touched and session.store_id is None and not session.every_store:
        raise TenancyError(f"no store has been entered, so {', '.join(sorted(touched))} cannot be read or written")
    if isinstance(statement, Insert):
        state.statement = _insert(session, statement, state.parameters)
    elif isinstance(statement, Delete) and issubclass(_class_of(statement), SoftDeletes) and not session.every_store:
        raise TenancyError("rows that can be restored are not deleted: use shared.soft_delete")
    else:
        state.statement = _filtered(session, state)


def _touched(statement: Any) -> set[str]:
    """The tenant-scoped tables that a statement names."""
    tables = (_table_of(element) for element in visitors.iterate(statement))
    return {table.name for table in tables if table in _SCOPED}


def _refuse_bare_tables(statement: Any) -> None:
    """Raise TenancyError where a statement reads a tenant-scoped table past its model, which would not be filtered."""
    for element in visitors.iterate(statement):
        named = [element] if isinstance(element, ColumnClause) else _sources(element)
        for source in named:
            table = _table_of(source)
            if table in _SCOPED and "parententity" not in source._annotations:
                raise TenancyError(f"use {_SCOPED[table].__name__}, not its table: only models are filtered")


def _sources(element: Any) -> list[Any]:
    if not isinstance(element, Select):
        return []
    joined = [join[0] for join in element._setup_joins]
    return [leaf for source in (*element._raw_columns, *element._from_obj, *joined) for leaf in _leaves(source)]


def _table_of(element: Any) -> Any:
    """The mapped table behind a column, an alias or the table itself; None for anything else."""
    source = element.table if isinstance(element, ColumnClause) else element
    while isinstance(source, Alias):
        source = source.element
    return Base.metadata.tables.get(source.name) if isinstance(source, Table) else None


def _class_of(statement: Insert | Update | Delete) -> type[Any]:
    return _SCOPED.get(_table_of(statement.table), object)


def _filtered(session: TenantSession, state: ORMExecuteState) -> Any:
    statement: Any = state.statement
    if state.is_column_load:
        # Refreshing takes no loader criteria: name the store outright.
        cls = state.bind_mapper.class_ if state.bind_mapper else None
        if session.store_id is not None and cls is not None and _SCOPED.get(cls.__table__):
            statement = statement.where(_store_column(cls) == session.store_id)
        return statement
    if not state.execution_options.get(INCLUDE_DELETED, False):
        statement = statement.options(_LIVE)
    return statement if session.every_store else statement.options(*_criteria(session))


def _store_column(cls: Any) -> Any:
    return cls.id if cls is Store else cls.store_id


_LIVE: ExecutableOption = with_loader_criteria(SoftDeletes, lambda cls: cls.deleted_at.is_(None), include_aliases=True)


def _criteria(session: TenantSession) -> tuple[ExecutableOption, ...]:
    made: tuple[ExecutableOption, ...] | None = session.info.get("criteria")
    if made is None:
        store_id = session.store_id  # None matches no row
        made = session.info["criteria"] = (
            with_loader_criteria(TenantScoped, lambda cls: cls.store_id == store_id, include_aliases=True),
            with_loader_criteria(Store, lambda cls: cls.id == store_id, include_aliases=True),
        )
    return made


def _insert(session: TenantSession, statement: Insert, parameters: Any) -> Insert:
    cls = _class_of(statement)
    if session.store_id is None or not issubclass(cls, TenantScoped):
        if session.store_id is not None and cls is Store:
            raise TenancyError("a store is not made from inside another")
        return statement
    if statement.select is not None:
        return _insert_from_select(session.store_id, statement)
    if statement._multi_values:
        raise TenancyError("pass the rows of an insert as parameters, so that each can be stamped")
    rows = [parameters] if isinstance(parameters, dict) else list(parameters or [])
    given = [row["store_id"] for row in rows if "store_id" in row]
    values: dict[Any, Any] = dict(statement._values or {})
    given += [getattr(value, "value", value) for column, value in values.items() if column.key == "store_id"]
    if any(store_id != session.store_id for store_id in given):
        raise TenancyError("this row names another store than the session's")
    for row in rows:
        row["store_id"] = session.store_id
    return statement if rows else statement.values(store_id=session.store_id)


def _insert_from_select(store_id: str, statement: Insert) -> Insert:
    """The same insert, reading this store's live rows only and writing to this store only."""
    source: Any = visitors.cloned_traverse(statement.select, {}, {"select": lambda found: _narrow(store_id, found)})
    names = [str(name) for name in statement._select_names or []]
    rows = source.subquery()
    columns = [column for name, column in zip(names, rows.c, strict=True) if name != "store_id"]
    kept = [name for name in names if name != "store_id"]
    return statement.from_select([*kept, "store_id"], Select(*columns, literal(store_id).label("stamped_store_id")))


def _narrow(store_id: str, found: Any) -> None:
    for source in found.get_final_froms():
        for table in _leaves(source):
            cls = _SCOPED.get(_table_of(table))
            if cls is None:
                continue
            owner = table.c.id if cls is Store else table.c.store_id
            # NULL is the missing side of an outer join.
            found._where_criteria += (or_(owner == store_id, owner.is_(None)),)
            if issubclass(cls, SoftDeletes):
                found._where_criteria += (table.c.deleted_at.is_(None),)


def _leaves(source: Any) -> list[Any]:
    if isinstance(source, Join):
        return _leaves(source.left) + _leaves(source.right)
    return [source] if isinstance(source, Table | Alias) else []


@event.listens_for(TenantSession, "before_flush")
def _stamp(session: TenantSession, _context: Any, _instances: Any) -> None:
    for row in session.new:
        _own(session, row)
    for row in session.dirty:
        _keep(session, row)
    for row in session.deleted:
        _keep(session, row)
        if isinstance(row, SoftDeletes) and not session.every_store:
            raise TenancyError("rows that can be restored are not deleted: use shared.soft_delete")


def _own(session: TenantSession, row: Any) -> None:
    if session.every_store or not isinstance(row, TenantScoped | Store):
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
    if session.every_store or not isinstance(row, TenantScoped | Store):
        return
    owner = row.id if isinstance(row, Store) else row.store_id
    moved = isinstance(row, TenantScoped) and inspect(row).attrs["store_id"].history.has_changes()
    if owner != session.store_id or moved:
        raise TenancyError(f"this {type(row).__name__} belongs to another store")
