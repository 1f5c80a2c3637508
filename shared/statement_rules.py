"""What a statement must be for a session of one store to run it: built from models, so that each can be filtered.

SQLAlchemy adds loader criteria to the models of a SELECT, and to nothing else. So text, bare tables and what hides them
are refused here, outright, before the filter is added. On SQLite no other wall stands behind this one.
"""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnClause, Delete, Insert, Select, Table, TextClause, TextualSelect, Update
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.selectable import Alias, Join, SelectBase, TableClause, TableSample

from shared.errors import TenancyError
from shared.models import Base, SoftDeletes, Store, TenantScoped

MODELS: dict[str, Any] = {mapper.local_table.name: mapper.class_ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]
SCOPED = {name: model for name, model in MODELS.items() if issubclass(model, TenantScoped | Store)}

_HARMLESS = re.compile(r"'[^']*'|\*|\d+")


def check(state: ORMExecuteState) -> frozenset[str]:
    """The tenant-scoped tables that a statement names. Raises TenancyError for one that could escape the filter."""
    statement = state.statement
    if not isinstance(statement, SelectBase | Insert | Update | Delete):
        raise TenancyError("this session runs only statements built from models, which it can filter")
    if isinstance(statement, Update | Delete) and isinstance(state.parameters, list):
        raise TenancyError("an update by key is not filtered; load the rows and change them")
    if not isinstance(statement, Insert):
        _refuse_foreign_parameters(state)
    key = statement._generate_cache_key()
    found = _seen.get(key.key) if key is not None else None
    if found is None:
        found = _checked(statement)
        if key is not None and len(_seen) < _MOST_SEEN:
            _seen[key.key] = found
    return found


# Statements of one shape, whatever their values, get one verdict, and functions have few shapes.
_seen: dict[Any, frozenset[str]] = {}
_MOST_SEEN = 2000


def _checked(statement: Any) -> frozenset[str]:
    source = statement.select if isinstance(statement, Insert) else None
    by_hand = {id(element) for element in visitors.iterate(source)} if source is not None else set()
    touched: set[str] = set()
    for element in visitors.iterate(statement):
        _refuse_text(element)
        if isinstance(element, UpdateBase) and element is not statement:
            raise TenancyError("write in a statement of its own, where it can be filtered")
        if isinstance(element, Select):
            _check_select(element, filtered_by_hand=id(element) in by_hand)
        if (name := _table_name(element)) and name in SCOPED:
            touched.add(name)
    if isinstance(statement, Update | Delete):
        _check_write(statement)
    return frozenset(touched)


def model_of(statement: Insert | Update | Delete) -> Any:
    """The model that a statement writes to. Raises TenancyError when it names a tenant-scoped table bare."""
    name = _table_name(statement.table)
    if name in SCOPED and "parententity" not in statement.table._annotations:
        raise TenancyError(f"use {SCOPED[name].__name__}, not its table: only models are filtered")
    return MODELS.get(str(name), object)


def leaves(source: Any) -> list[Any]:
    """The tables and aliases of tables in a FROM clause."""
    if isinstance(source, Join):
        return leaves(source.left) + leaves(source.right)
    return [source] if isinstance(source, Table | Alias) else []


def scoped_model(source: Any) -> Any:
    """The tenant-scoped model whose table or alias this is, or None."""
    return SCOPED.get(str(_table_name(source)))


def _table_name(element: Any) -> str | None:
    source = element.table if isinstance(element, ColumnClause) else element
    while isinstance(source, Alias):
        source = source.element
    return str(source.name) if isinstance(source, Table) else None


def _refuse_text(element: Any) -> None:
    if isinstance(element, TextClause | TextualSelect | TableSample) or (
        isinstance(element, TableClause) and not isinstance(element, Table)
    ):
        raise TenancyError("text and made-up tables cannot be filtered; build the statement from models")
    if isinstance(element, ColumnClause) and element.is_literal and not _HARMLESS.fullmatch(element.name):
        raise TenancyError("a literal column may read past the filter; use a model's column or a bound value")
    if isinstance(element, Join) and element.full:
        raise TenancyError("a full join shows the rows that the filter leaves out; use two outer joins")


def _check_select(select: Select[Any], *, filtered_by_hand: bool) -> None:
    """A SELECT of a tenant-scoped table must be the ORM's, and each of its sources a model."""
    joins = select._setup_joins
    if any(join[3].get("full") for join in joins):
        raise TenancyError("a full join shows the rows that the filter leaves out; use two outer joins")
    if filtered_by_hand and any(join[3].get("isouter") for join in joins):
        raise TenancyError("an outer join cannot be narrowed to one store inside an insert; read first, then insert")
    models, bare = _sources(select)
    between = _secondary(joins)
    if unfiltered := [name for source, name in bare.items() if source not in models and name not in between]:
        raise TenancyError(f"use {SCOPED[unfiltered[0]].__name__}, not its table: only models are filtered")
    if models and not filtered_by_hand and select._propagate_attrs.get("compile_state_plugin") != "orm":
        raise TenancyError("SQLAlchemy does not see a model in this SELECT; select a model or one of its columns first")


def _sources(select: Select[Any]) -> tuple[set[str], dict[str, str]]:
    """The names of a SELECT's tenant-scoped sources: those that are models, and those that are bare tables."""
    models: set[str] = set()
    bare: dict[str, str] = {}
    named: list[Any] = [*select._raw_columns, *select._from_obj, *(join[0] for join in select._setup_joins)]
    for element in [*(leaf for source in named for leaf in leaves(source)), *_own(select)]:
        name = _table_name(element)
        if name is None or name not in SCOPED:
            continue
        source: Any = element.table if isinstance(element, ColumnClause) else element
        if "parententity" in element._annotations or "parententity" in source._annotations:
            models.add(source.name)
        else:
            bare[source.name] = name
    return models, bare


def _secondary(joins: Any) -> set[str]:
    """The tables between two models that a join along a many-to-many relationship brings in, keyed by the store."""
    properties = [getattr(part, "property", None) for join in joins for part in join[:2]]
    tables = [getattr(found, "secondary", None) for found in properties]
    return {table.name for table in tables if table is not None}


def _own(root: Any) -> Iterator[Any]:
    """What belongs to a statement itself, not to the queries nested in it."""
    stack = list(root.get_children())
    while stack:
        element = stack.pop()
        if isinstance(element, SelectBase | UpdateBase):
            continue
        yield element
        if not isinstance(element, Alias):
            stack.extend(element.get_children())


def _check_write(statement: Update | Delete) -> None:
    model = model_of(statement)
    if isinstance(statement, Delete) and issubclass(model, SoftDeletes):
        raise TenancyError("rows that can be restored are not deleted: use shared.soft_delete")
    target = _table_name(statement.table)
    if any(_table_name(element) not in (None, target) for element in _own(statement)):
        raise TenancyError("name other tables in a subquery of the WHERE clause, where they are filtered")
    if any(_is_bare(element) for condition in statement._where_criteria for element in visitors.iterate(condition)):
        raise TenancyError("write conditions with the model's columns, not its table's")
    owner = "id" if model is Store else "store_id"
    if isinstance(statement, Update) and issubclass(model, TenantScoped | Store) and owner in _written(statement):
        raise TenancyError("a row does not change stores")


def _is_bare(element: Any) -> bool:
    named = isinstance(element, ColumnClause) and _table_name(element) in SCOPED
    return named and "parententity" not in element._annotations


def _written(statement: Update) -> set[str]:
    return {str(getattr(column, "key", column)) for column in statement._values or ()}


def _refuse_foreign_parameters(state: ORMExecuteState) -> None:
    """A parameter by the name of one of the filter's own would replace it."""
    given: Any = state.parameters if isinstance(state.parameters, list) else [state.parameters or {}]
    names = {str(key) for row in given for key in row}
    if not names:
        return
    statement: Any = state.statement
    own = {element.key for element in visitors.iterate(statement) if isinstance(element, BindParameter)}
    if names - own:
        raise TenancyError(f"the statement has no parameter named {', '.join(sorted(names - own))}")
