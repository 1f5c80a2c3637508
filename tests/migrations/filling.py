"""A row in every table of a store, whatever its columns, and statements that may be refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Executable, Integer, LargeBinary, Table, insert, text
from sqlalchemy.exc import DBAPIError

from shared.column_types import EnumText, Measure, Money, Rate, UtcDateTime
from shared.database import sqlstate
from shared.models import Base
from shared.models.base import new_id
from tests.conftest import Database
from tests.factories import PUBLISHED

NAMED = {"country": "DE", "currency": "EUR"}


def fill(database: Database, store_id: str) -> dict[str, str]:
    """Write one row into each table of a store, as the platform. Returns their ids by table."""
    ids = {"stores": store_id}
    with database.engine("PLATFORM_DATABASE_URL").begin() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in ids:
                ids[table.name] = new_id()
                connection.execute(insert(table), values_of(table, ids))
    return ids


def values_of(table: Table, ids: dict[str, str]) -> dict[str, Any]:
    """What a row must have, with the keys that `ids` gives for it and for the rows it belongs to."""
    values = {column.name: _value(place, column, ids) for place, column in enumerate(table.c) if _matters(column)}
    return values | {"id": ids[table.name]} | ({"store_id": ids["stores"]} if "store_id" in table.c else {})


def _matters(column: Column[Any]) -> bool:
    if column.foreign_keys:
        return all(key.column.table is not column.table for key in column.foreign_keys)
    return not column.nullable and column.default is None and column.server_default is None


def _value(place: int, column: Column[Any], ids: dict[str, str]) -> Any:
    parents = [key.column.table.name for key in column.foreign_keys if key.column.name == "id"]
    if parents:
        return ids[parents[0]]
    kind = column.type
    if isinstance(kind, EnumText):
        return next(iter(kind.enum.__members__.values()))
    values: dict[tuple[type[Any], ...], Any] = {
        (Money, Rate, Measure): Decimal(1),
        (UtcDateTime,): PUBLISHED + timedelta(days=place),  # an end stands after its start
        (LargeBinary,): b"",
        (JSON,): {},
        (Integer, Boolean): 1,
    }
    found = [value for kinds, value in values.items() if isinstance(kind, kinds)]
    return found[0] if found else NAMED.get(column.name) or new_id()


@contextmanager
def inside(database: Database, store_id: str | None) -> Iterator[Connection]:
    """A connection of the function role in a transaction that has entered a store; SQLite knows no such thing."""
    with database.engine().connect() as connection:
        if store_id is not None and database.is_postgresql:
            enter(connection, store_id)
        yield connection


def enter(connection: Connection, store_id: str) -> str | None:
    """Enter a store as functions do. Returns its id, or None when there is no such live store."""
    found = connection.scalar(text("SELECT id FROM app.enter_store(:id)"), {"id": store_id})
    return None if found is None else str(found)


def refusal(connection: Connection, statement: str | Executable, **values: Any) -> str | None:
    """The code with which the database refuses a statement, or None. The statement leaves nothing behind."""
    runnable = text(statement) if isinstance(statement, str) else statement
    savepoint = connection.begin_nested()
    try:
        connection.execute(runnable, values)
    except DBAPIError as error:
        return sqlstate(error) or str(error.orig)
    finally:
        savepoint.rollback()
    return None
