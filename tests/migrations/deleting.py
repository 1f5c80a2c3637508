"""Deleting and restoring in the two ways that must agree: raw SQL, and `shared.soft_delete` in a store's session."""

from typing import Any, Literal

from sqlalchemy import select, text

from shared.models import Base, SoftDeletes
from shared.soft_delete import restore, soft_delete
from shared.tenancy import platform_session, tenant_session
from tests.conftest import Database
from tests.migrations.filling import inside
from tests.migrations.walls import models, tenant_tables

Way = Literal["raw", "orm"]
FIRST, SECOND = "2026-02-01 00:00:00.000000", "2026-03-01 00:00:00.000000"
SOFT = sorted(table for table in tenant_tables() - {"stores"} if issubclass(models()[table], SoftDeletes))

Deletions = dict[str, dict[str, str | None]]


def delete(database: Database, way: Way, store_id: str, table: str, row_id: str, *, at: str = FIRST) -> None:
    """Soft-delete a row of a store."""
    if way == "raw":
        _set_deleted_at(database, store_id, table, row_id, at)
        return
    with tenant_session(store_id) as session:
        model: Any = models()[table]
        soft_delete(session, session.scalars(select(model).where(model.id == row_id)).one())


def bring_back(database: Database, way: Way, store_id: str, table: str, row_id: str) -> None:
    """Restore a row of a store; a store itself can be entered only by the platform."""
    if way == "raw":
        _set_deleted_at(database, store_id, table, row_id, None)
        return
    with platform_session(reason="test", actor="tests") if table == "stores" else tenant_session(store_id) as session:
        restore(session, models()[table], row_id)


def _set_deleted_at(database: Database, store_id: str, table: str, row_id: str, at: str | None) -> None:
    statement = text(f"UPDATE {table} SET deleted_at = :at WHERE id = :id")
    if table == "stores" and at is None:
        with database.engine("PLATFORM_DATABASE_URL").begin() as connection:
            assert connection.execute(statement, {"at": at, "id": row_id}).rowcount == 1
        return
    with inside(database, store_id) as connection:
        assert connection.execute(statement, {"at": at, "id": row_id}).rowcount == 1
        connection.commit()


def deletions(database: Database, store_id: str) -> Deletions:
    """The deletion that each soft-deletable row of a store is hidden by, or None, by table and id."""
    found: Deletions = {}
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        for table in ["stores", *SOFT]:
            owner = "id" if table == "stores" else "store_id"
            query = f"SELECT id, deleted_at, deletion_id FROM {table} WHERE {owner} = :store"
            rows = connection.execute(text(query), {"store": store_id}).all()
            assert all((row.deleted_at is None) == (row.deletion_id is None) for row in rows)
            found[table] = {row.id: row.deletion_id for row in rows}
    return found


def add(store_id: str, *rows: Base) -> None:
    """Write rows into a store."""
    with tenant_session(store_id) as session:
        session.add_all(rows)
