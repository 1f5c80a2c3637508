"""The day that a moment falls on where a store is, in SQL of both databases."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _LocalDay(FunctionElement[str]):
    inherit_cache = True
    type = Text()


def local_day(moment: Any, zone: str) -> ColumnElement[str]:
    """The day of a moment in a time zone, as `2026-11-26`.

    Group by it in a query around the one that has it: PostgreSQL takes a zone that is bound twice for two.
    """
    return _LocalDay(moment, zone)


@compiles(_LocalDay, "postgresql")
def _local_day_postgresql(element: _LocalDay, compiler: SQLCompiler, **kw: Any) -> str:
    moment, zone = [compiler.process(clause, **kw) for clause in element.clauses]
    return f"to_char(timezone({zone}, {moment}), 'YYYY-MM-DD')"


@compiles(_LocalDay, "sqlite")
def _local_day_sqlite(element: _LocalDay, compiler: SQLCompiler, **kw: Any) -> str:
    # SQLite knows no zones; shared/database.py lends it this function.
    return f"local_day({compiler.process(element.clauses, **kw)})"


def day_of(moment: str | None, zone: str) -> str | None:
    """What SQLite calls `local_day`: a moment as SQLAlchemy writes it there, in UTC."""
    if moment is None:
        return None
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d")
