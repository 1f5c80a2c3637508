"""How migrations run: readable offline, once, one run at a time, and never long in the way of traffic."""

import contextlib
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from local.postgres import Server
from migrations import commands
from shared.database import sqlstate
from shared.models import Base
from tests.conftest import Database
from tests.factories import make_store
from tests.migrations.filling import inside
from tests.migrations.waiting import PATIENCE, until_asked
from tests.migrations.walls import tenant_tables

OWNER = "MIGRATION_DATABASE_URL"
KEY = 7241960153
"""Migrators of every version must agree on the advisory lock."""
VERSION = "SELECT version_num FROM alembic_version"
LOCKED = f"""
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid::bigint << 32) + objid::bigint = {KEY}
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
OBJECTS = """
    SELECT 'relation', oid::text, relfilenode::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'function', oid::text, xmin::text FROM pg_proc WHERE pronamespace = 'app'::regnamespace
    UNION ALL SELECT 'trigger', oid::text, xmin::text FROM pg_trigger
    UNION ALL SELECT 'policy', oid::text, xmin::text FROM pg_policy
    UNION ALL SELECT 'constraint', oid::text, xmin::text FROM pg_constraint
    UNION ALL SELECT 'column', attrelid || '.' || attnum, xmin::text FROM pg_attribute
    UNION ALL SELECT 'version', version_num, xmin::text FROM alembic_version
"""


def _head() -> str:
    head = ScriptDirectory.from_config(commands.config()).get_current_head()
    assert head is not None
    return head


def _sql(url: str) -> str:
    made, printed = commands.config(url), io.StringIO()
    made.output_buffer = printed
    with contextlib.redirect_stdout(printed):
        command.upgrade(made, "head", sql=True)
    return printed.getvalue()


def _version(database: Database) -> str:
    with database.engine(OWNER).connect() as connection:
        return str(connection.scalar(text(VERSION)))


def test_the_sql_of_all_migrations_can_be_read_without_a_database() -> None:
    sql = _sql("postgresql+pg8000://")

    assert [name for name in Base.metadata.tables if f"CREATE TABLE IF NOT EXISTS {name} (" not in sql] == []
    assert [name for name in tenant_tables() if f"CREATE POLICY tenant ON {name} TO stormcom_function" not in sql] == []
    assert "CREATE OR REPLACE FUNCTION app.enter_store(p_store_id text)" in sql
    assert f"UPDATE alembic_version SET version_num='{_head()}'" in sql
    assert sql.count("BEGIN;") == sql.count("COMMIT;") > 1, "each migration in its own transaction"


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    with database.engine(OWNER).connect() as connection:
        before = set(connection.execute(text(OBJECTS)).all())
    commands.upgrade(database.urls[OWNER])
    with database.engine(OWNER).connect() as connection:
        after = set(connection.execute(text(OBJECTS)).all())

    assert len(before) > 1000
    assert after == before
    assert _version(database) == _head()


def test_upgrading_sqlite_twice_changes_nothing(sqlite: Database) -> None:
    query = text("SELECT name, rootpage, sql FROM sqlite_master")
    with sqlite.engine().connect() as connection:
        before = connection.execute(query).all()
    commands.upgrade(sqlite.urls[OWNER])
    with sqlite.engine().connect() as connection:
        assert connection.execute(query).all() == before
    assert _version(sqlite) == _head()


def test_one_run_waits_for_another(database: Database, server: Server) -> None:
    url = database.urls[OWNER]
    commands.downgrade(url, "-1")
    before = _version(database)
    with ThreadPoolExecutor(1) as pool, database.engine(OWNER).connect() as other_run:
        other_run.execute(text(f"SELECT pg_advisory_lock({KEY})"))
        other_run.commit()
        upgrade = pool.submit(commands.upgrade, url)
        until_asked(server, database, upgrade)
        assert other_run.scalar(text(f"{LOCKED} AND NOT granted")) == 0, "whoever waits in a statement is in the way"
        assert _version(database) == before != _head()

        other_run.execute(text(f"SELECT pg_advisory_unlock({KEY})"))
        upgrade.result(PATIENCE)

        assert _version(database) == _head()
        assert other_run.scalar(text(LOCKED)) == 0


def test_a_migration_gives_way_to_traffic_and_goes_on_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Migration 1918 drops a trigger of products, which a reader holds."""
    monkeypatch.setenv("MIGRATION_LOCK_TIMEOUT", "200ms")
    monkeypatch.setenv("MIGRATION_STATEMENT_TIMEOUT", "20s")
    url, store_id = database.urls[OWNER], make_store()
    commands.downgrade(url, "20261122_1918")
    with inside(database, store_id) as reader:
        reader.execute(text("SELECT count(*) FROM products"))
        with pytest.raises(DBAPIError) as raised:
            commands.downgrade(url, "20261122_1916")

        assert sqlstate(raised.value) == "55P03", "lock_not_available"
        assert _version(database) == "20261122_1918"
        assert reader.scalar(text("SELECT count(search_vector) FROM products")) == 0
        assert reader.scalar(text(LOCKED)) == 0

    commands.downgrade(url, "20261122_1916")
    commands.upgrade(url)
    assert _version(database) == _head()
