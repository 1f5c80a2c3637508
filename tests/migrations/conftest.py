"""One migrated database for all tests that only read the catalogue, or change it in a transaction that is undone."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from local import postgres
from local.database import OWNER
from tests.databases import MIGRATED


@pytest.fixture(scope="session")
def catalogue_url(server: postgres.Server) -> Iterator[str]:
    """The owner's way into a migrated, empty PostgreSQL database."""
    name = f"test_{uuid4().hex[:12]}"
    postgres.create_from_template(server, name, MIGRATED, OWNER)
    yield server.url(name, OWNER)
    postgres.drop_database(server, name)


@pytest.fixture
def catalogue(catalogue_url: str) -> Iterator[Connection]:
    """A connection of the owner; what a test does there is undone."""
    with create_engine(catalogue_url, poolclass=NullPool).connect() as connection:
        yield connection
