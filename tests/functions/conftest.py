"""Databases that tests of functions share, for a copy each would cost more than the tests themselves.

Tests here see committed rows through the function's own engine, so what one wrote is deleted after it.
"""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from local import postgres
from tests.conftest import MIGRATED, SEEDED, Database, copied, using


@pytest.fixture
def database(server: postgres.Server, shared_empty: Database) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database."""
    with using(shared_empty) as found:
        yield found
    _empty(server, shared_empty)


@pytest.fixture
def shops(shared_shops: Database) -> Iterator[Database]:
    """A PostgreSQL database with the two demo shops, to read only."""
    with using(shared_shops) as found:
        yield found


@pytest.fixture
def own_shops(server: postgres.Server) -> Iterator[Database]:
    """A PostgreSQL database with the two demo shops, for one test to change as it likes."""
    with copied(server, SEEDED) as made, using(made) as found:
        yield found


@pytest.fixture(scope="session")
def shared_empty(server: postgres.Server) -> Iterator[Database]:
    """What `database` lends to one test after the other."""
    with copied(server, MIGRATED) as made:
        yield made


@pytest.fixture(scope="session")
def shared_shops(server: postgres.Server) -> Iterator[Database]:
    """What `shops` lends; the server refuses every write to it."""
    with copied(server, SEEDED) as made:
        _run(server, "postgres", f"ALTER DATABASE {made.name} SET default_transaction_read_only = on")
        yield made


def _empty(server: postgres.Server, database: Database) -> None:
    """Delete every row, past triggers and foreign keys: a TRUNCATE of every table would take far longer."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    _run(
        server,
        database.name,
        f"""
        DO $$ DECLARE name text; BEGIN
            SET LOCAL session_replication_role = replica;
            SET LOCAL lock_timeout = '10s';
            FOR name IN {query} LOOP EXECUTE format('DELETE FROM public.%I', name); END LOOP;
        END $$
        """,
    )


def _run(server: postgres.Server, database: str, statement: str) -> None:
    engine = create_engine(server.superuser_url(database), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement))
