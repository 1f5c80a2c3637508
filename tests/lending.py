"""Databases that are lent to one test after the other: a copy for each would take half a second.

Functions commit, so what a test wrote is taken back after it. The engines stay: new ones would connect, and compile
every statement, anew.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pg8000.native import Connection, identifier

from local.postgres import SOCKET, SUPERUSER, Server
from tests.databases import Database, copied, copied_file

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


@dataclass(frozen=True)
class Lent:
    """A database, and what makes it as it was before the test."""

    database: Database
    restore: Callable[[], object]


@contextmanager
def lent(server: Server, template: str) -> Iterator[Lent]:
    """A copy of a PostgreSQL database."""
    socket = f"{server.socket_dir}/{SOCKET}"
    with (
        copied(server, template) as made,
        Connection(SUPERUSER, unix_sock=socket, database=made.name, ssl_context=False) as connection,
    ):
        restoring = _restoring(_keep(connection))
        # The connection stays open, for it knows every table by now.
        yield Lent(made, lambda: connection.run(restoring))


def _keep(connection: Connection) -> list[str]:
    """Set aside the rows that are there, and return the statements that bring them back."""
    connection.run("CREATE SCHEMA kept")
    statements = []
    for name in (identifier(name) for (name,) in connection.run(_TABLES)):
        if connection.run(f"SELECT EXISTS (SELECT FROM {name})")[0][0]:
            columns = connection.run(_COLUMNS, name=name)[0][0]
            connection.run(f"CREATE TABLE kept.{name} AS SELECT {columns} FROM {name}")
            statements.append(
                f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept.{name};"
            )
    return statements


def _restoring(inserts: list[str]) -> str:
    # One transaction. A DELETE of few rows is far faster than a TRUNCATE.
    return f"""
        DO $$ DECLARE emptied text; BEGIN
            SET LOCAL session_replication_role = replica;
            SET LOCAL lock_timeout = '10s';
            FOR emptied IN {_TABLES} LOOP EXECUTE format('DELETE FROM public.%I', emptied); END LOOP;
            {"".join(inserts)}
        END $$
    """


@contextmanager
def lent_file(migrated: Path) -> Iterator[Lent]:
    """A copy of a SQLite database."""
    with copied_file(migrated) as made:
        path = made.urls["DATABASE_URL"].removeprefix("sqlite:///")

        def restore() -> None:
            with closing(sqlite3.connect(migrated)) as source, closing(sqlite3.connect(path)) as target:
                source.backup(target)

        yield Lent(made, restore)
