"""SQL that builds and reads JSON, for both databases, so that a page with all its parts is one statement.

Amounts travel inside JSON as text, since a JSON number would be read as a float.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, ColumnElement, Select, Text, bindparam, literal_column, select, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias

from shared.column_types import Money


class _JsonObject(FunctionElement[Any]):
    inherit_cache = True
    type = JSON()


class _JsonRows(FunctionElement[Any]):
    inherit_cache = True
    type = JSON()


class _JsonValue(FunctionElement[Any]):
    inherit_cache = True
    type = JSON()


class _MoneyText(FunctionElement[str]):
    inherit_cache = True
    type = Text()


class _EachValue(FunctionElement[str]):
    inherit_cache = True
    type = Text()


class _EachRow(FunctionElement[Any]):
    inherit_cache = True
    type = JSON()


class _TextIn(FunctionElement[str]):
    inherit_cache = True
    type = Text()


class _MoneyIn(FunctionElement[Decimal]):
    inherit_cache = True
    type = Money()


class _HasAny(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()


def json_object(**members: ColumnElement[Any] | Any) -> ColumnElement[Any]:
    """A JSON object of columns by name."""
    parts: list[Any] = []
    for name, value in members.items():
        parts += [literal_column(f"'{name}'"), value]
    return _JsonObject(*parts)


def json_rows(query: Select[Any]) -> ColumnElement[list[dict[str, Any]]]:
    """The one JSON column of an ordered, correlated query as an array; empty when there are no rows."""
    rows = query.subquery()
    return type_coerce(select(_JsonRows(*rows.c)).scalar_subquery(), JSON())


def json_row(query: Select[Any]) -> ColumnElement[dict[str, Any] | None]:
    """The one JSON column of a correlated query's one row, or None."""
    return type_coerce(query.scalar_subquery(), JSON())


def json_value(column: Any) -> ColumnElement[Any]:
    """A JSON column as a member of a JSON object."""
    return _JsonValue(column)


def money_text(column: Any) -> ColumnElement[str]:
    """An amount as text with three decimals."""
    return _MoneyText(column)


def each_value(column: Any) -> TableValuedAlias:
    """The strings of a JSON array as rows, to be joined to the row that has it; its one column is `value`."""
    return _EachValue(column).table_valued("value", name="each_value")


def each_row(column: Any) -> TableValuedAlias:
    """The objects of a JSON array as rows, to be joined to the row that has it; its one column is `value`."""
    return _EachRow(column).table_valued("value", name="each_row")


def text_in(value: Any, name: str) -> ColumnElement[str]:
    """A member of an object from `each_row`, as text."""
    return _TextIn(value, literal_column(f"'{name}'"))


def money_in(value: Any, name: str) -> ColumnElement[Decimal]:
    """A member of an object from `each_row` that is an amount as text, as an amount to reckon with."""
    return _MoneyIn(value, literal_column(f"'{name}'"))


def has_any(column: Any, values: Sequence[str]) -> ColumnElement[bool]:
    """Whether a JSON array of strings holds one of the values."""
    return _HasAny(column, *(bindparam(None, value, Text()) for value in values))


@compiles(_JsonObject, "postgresql")
def _json_object_postgresql(element: _JsonObject, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_build_object({compiler.process(element.clauses, **kw)})"


@compiles(_JsonObject, "sqlite")
def _json_object_sqlite(element: _JsonObject, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_object({compiler.process(element.clauses, **kw)})"


@compiles(_JsonRows, "postgresql")
def _json_rows_postgresql(element: _JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"coalesce(json_agg({compiler.process(element.clauses, **kw)}), '[]'::json)"


@compiles(_JsonRows, "sqlite")
def _json_rows_sqlite(element: _JsonRows, compiler: SQLCompiler, **kw: Any) -> str:
    # A subquery hands its JSON over as text; json() makes it JSON again.
    return f"json_group_array(json({compiler.process(element.clauses, **kw)}))"


@compiles(_JsonValue, "postgresql")
def _json_value_postgresql(element: _JsonValue, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(_JsonValue, "sqlite")
def _json_value_sqlite(element: _JsonValue, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json({compiler.process(element.clauses, **kw)})"


@compiles(_MoneyText, "postgresql")
def _money_text_postgresql(element: _MoneyText, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)})::text"


@compiles(_MoneyText, "sqlite")
def _money_text_sqlite(element: _MoneyText, compiler: SQLCompiler, **kw: Any) -> str:
    units = f"({compiler.process(element.clauses, **kw)})"
    text = f"printf('%s%d.%03d', iif({units} < 0, '-', ''), abs({units}) / 1000, abs({units}) % 1000)"
    return f"iif({units} IS NULL, NULL, {text})"


@compiles(_EachValue, "postgresql")
def _each_value_postgresql(element: _EachValue, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_array_elements_text({compiler.process(element.clauses, **kw)})"


@compiles(_EachValue, "sqlite")
def _each_value_sqlite(element: _EachValue, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_EachRow, "postgresql")
def _each_row_postgresql(element: _EachRow, compiler: SQLCompiler, **kw: Any) -> str:
    return f"jsonb_array_elements({compiler.process(element.clauses, **kw)})"


@compiles(_EachRow, "sqlite")
def _each_row_sqlite(element: _EachRow, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(_TextIn)
def _text_in(element: _TextIn, compiler: SQLCompiler, **kw: Any) -> str:
    value, name = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"({value} ->> {name})"


@compiles(_MoneyIn, "postgresql")
def _money_in_postgresql(element: _MoneyIn, compiler: SQLCompiler, **kw: Any) -> str:
    value, name = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"({value} ->> {name})::numeric"


@compiles(_MoneyIn, "sqlite")
def _money_in_sqlite(element: _MoneyIn, compiler: SQLCompiler, **kw: Any) -> str:
    value, name = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"CAST(round(({value} ->> {name}) * 1000) AS INTEGER)"


@compiles(_HasAny, "postgresql")
def _has_any_postgresql(element: _HasAny, compiler: SQLCompiler, **kw: Any) -> str:
    column, *values = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"jsonb_exists_any({column}, ARRAY[{', '.join(f'{value}::text' for value in values)}])"


@compiles(_HasAny, "sqlite")
def _has_any_sqlite(element: _HasAny, compiler: SQLCompiler, **kw: Any) -> str:
    column, *values = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value IN ({', '.join(values)}))"  # noqa: S608 - all bound
