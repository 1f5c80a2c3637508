"""The watch on statements that pin sees those that do, and lets the others pass."""

import pytest
from sqlalchemy import text

from shared.database import make_engine
from tests.conftest import Database
from tests.pinning import pins, seen


@pytest.mark.parametrize(
    "statement",
    [
        "SET search_path = public",
        "  set local statement_timeout = 1",
        "SELECT set_config('app.store_id', $1, true)",
        "PREPARE x AS SELECT 1",
        "DECLARE c CURSOR FOR SELECT 1",
        "CREATE TEMPORARY TABLE t (a int)",
        "SELECT nextval('orders_seq')",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock(1)",
        "LISTEN jobs",
        f"SELECT 1 WHERE 1 IN ({', '.join(['1'] * 6000)})",
    ],
    ids=lambda statement: statement[:30],
)
def test_what_pins(statement: str) -> None:
    assert pins(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT app.enter_store($1)",
        "UPDATE products SET name = 'SET x' WHERE id = $1",
        "SELECT pg_advisory_xact_lock($1)",
        "INSERT INTO audit_logs (note) VALUES ('nextval(1)')",
        "SELECT offset_x FROM settings",
    ],
)
def test_what_does_not(statement: str) -> None:
    assert not pins(statement)


def test_what_a_function_sends_is_looked_at(database: Database) -> None:
    engine = make_engine(database.urls["DATABASE_URL"])
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        assert seen == []
        connection.execute(text("SET LOCAL statement_timeout = 1000"))
    engine.dispose()

    assert seen == ["SET LOCAL statement_timeout = 1000"]
    seen.clear()
