"""The database that tests of stores share: after each test all is emptied but the plans and roles of the migrations."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from local import postgres
from tests.conftest import MIGRATED, Database, copied, using

_KEPT = ("roles", "subscription_plans")


@pytest.fixture
def database(server: postgres.Server, migrated: Database) -> Iterator[Database]:
    """A migrated PostgreSQL database."""
    with using(migrated) as found:
        yield found
    _run(server, migrated, [_EMPTY, *(f"INSERT INTO public.{name} SELECT * FROM kept.{name}" for name in _KEPT)])


@pytest.fixture(scope="session")
def migrated(server: postgres.Server) -> Iterator[Database]:
    """What `database` lends to one test after the other."""
    with copied(server, MIGRATED) as made:
        copies = [f"CREATE TABLE kept.{name} AS TABLE public.{name}" for name in _KEPT]
        _run(server, made, ["CREATE SCHEMA kept", *copies])
        yield made


_EMPTY = """
DO $$ DECLARE name text; BEGIN
    SET LOCAL session_replication_role = replica;
    SET LOCAL lock_timeout = '10s';
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
    END LOOP;
END $$
"""


def _run(server: postgres.Server, database: Database, statements: list[str]) -> None:
    engine = create_engine(server.superuser_url(database.name), poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
