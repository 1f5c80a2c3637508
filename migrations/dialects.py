"""What the two databases spell differently in DDL. A migration that has run is history: add here, never change."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def on_postgresql() -> bool:
    """Whether this run is for PostgreSQL; otherwise it is for SQLite."""
    return op.get_context().dialect.name == "postgresql"


def json_type() -> sa.JSON[Any]:
    """JSONB, or text that SQLite checks as JSON."""
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def now() -> sa.TextClause:
    """A default of the current time; on SQLite with microseconds, as the driver writes them."""
    if on_postgresql():
        return sa.text("CURRENT_TIMESTAMP")
    return sa.text("(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')")


def set_null(column: str) -> str | None:
    """ON DELETE SET NULL for one column of a composite key; SQLite has no such form and gets a trigger instead."""
    return f"SET NULL ({column})" if on_postgresql() else None


def percentage_at_most_100() -> str:
    """The CHECK of a discount; SQLite stores amounts in thousandths."""
    most = 100 if on_postgresql() else 100_000
    return f"discount_type <> 'PERCENTAGE' OR discount_value <= {most}"


def run(statement: str) -> None:
    """Execute SQL as it stands: colons are not parameters."""
    op.execute(sa.text(statement.replace(":", "\\:")))


def tenant_key(table: str, column: str, *, to: str, on_delete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    """The composite key `(store_id, column) -> to (store_id, id)`, which cannot leave the store."""
    action = set_null(column) if on_delete == "SET NULL" else on_delete
    name = f"fk_{table}_store_id_{column}"
    return sa.ForeignKeyConstraint(["store_id", column], [f"{to}.store_id", f"{to}.id"], name=name, ondelete=action)


def index(name: str, table: str, *columns: str, unique: bool = False, where: str | None = None) -> None:
    """Create an index unless it is there; for new tables only, since it locks out writers while it builds."""
    partial = sa.text(where) if where else None
    op.create_index(
        name,
        table,
        list(columns),
        unique=unique,
        postgresql_where=partial,
        sqlite_where=partial,
        if_not_exists=True,
    )


def protect(table: str, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Guard a new tenant-scoped table with row-level security: functions see their store's rows, the platform all."""
    if not on_postgresql():
        return
    own = "store_id = (SELECT app.current_store())"
    run(f"GRANT {rights} ON {table} TO stormcom_function")
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO stormcom_platform")
    run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    run(f"DROP POLICY IF EXISTS tenant ON {table}")
    run(f"CREATE POLICY tenant ON {table} TO stormcom_function USING ({own}) WITH CHECK ({own})")
    run(f"DROP POLICY IF EXISTS platform ON {table}")
    run(f"CREATE POLICY platform ON {table} TO stormcom_platform USING (true) WITH CHECK (true)")


def concurrent_index(name: str, definition: str, *, unique: bool = False) -> None:
    """Build an index of a table in use, `table (columns) WHERE ...`, without locking out writers. PostgreSQL alone.

    One that an interrupted run left unfinished is built anew. However long it takes: it is in nobody's way.
    """
    with _outside_a_transaction():
        unfinished = f"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid"
        if not op.get_context().as_sql and op.get_bind().scalar(sa.text(unfinished)):
            run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        run("SET statement_timeout = 0")
        run(f"CREATE {'UNIQUE ' if unique else ''}INDEX CONCURRENTLY IF NOT EXISTS {name} ON {definition}")
        run("RESET statement_timeout")


def index_in_use(name: str, table: str, columns: str, *, where: str | None = None) -> None:
    """Create an index of a table in use, on PostgreSQL without locking out writers."""
    partial = f" WHERE {where}" if where else ""
    if on_postgresql():
        concurrent_index(name, f"{table} ({columns}){partial}")
    else:
        run(f"CREATE INDEX IF NOT EXISTS {name} ON {table} ({columns}){partial}")


def drop_index_in_use(name: str) -> None:
    """Drop an index of a table in use."""
    if on_postgresql():
        drop_concurrent_index(name)
    else:
        run(f"DROP INDEX IF EXISTS {name}")


@contextmanager
def _outside_a_transaction() -> Iterator[None]:
    with op.get_context().autocommit_block():
        if not op.get_context().as_sql:
            # Asking for the level that it will go back to, Alembic has begun one.
            raw = op.get_bind().connection.dbapi_connection
            if raw is not None:
                raw.rollback()
        yield


def drop_concurrent_index(name: str) -> None:
    """Drop an index of a table in use. PostgreSQL alone."""
    with _outside_a_transaction():
        run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


def add_column(table: str, column: sa.Column[Any]) -> None:
    """Add a column unless it is there. It is nullable or has a default: the code before it does not name it."""
    if on_postgresql():
        op.add_column(table, column, if_not_exists=True)
    elif column.name not in _columns(table):
        op.add_column(table, column)


def drop_column(table: str, column: str) -> None:
    """Drop a column unless it is gone."""
    if on_postgresql():
        op.drop_column(table, column, if_exists=True)
    elif column in _columns(table):
        op.drop_column(table, column)


def _columns(table: str) -> set[str]:
    return {found["name"] for found in sa.inspect(op.get_bind()).get_columns(table)}
