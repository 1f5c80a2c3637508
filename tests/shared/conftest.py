"""Databases that the tests of a module share: making one for each test would take most of the time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local import postgres
from tests.databases import MIGRATED, Database, copied, copied_file, using
from tests.shared.two_stores import TwoStores, fill


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def each(request: pytest.FixtureRequest, server: postgres.Server, migrated_file: Path) -> Iterator[Database]:
    """A migrated database for tests that do not mind each other's rows: on PostgreSQL, then on SQLite."""
    if request.param == "postgresql":
        with copied(server, MIGRATED) as made, using(made) as found:
            yield found
    else:
        with copied_file(migrated_file) as made, using(made) as found:
            yield found


@pytest.fixture(scope="module")
def one(server: postgres.Server) -> Iterator[Database]:
    """As `each`, on PostgreSQL alone."""
    with copied(server, MIGRATED) as made, using(made) as found:
        yield found


@pytest.fixture(scope="module")
def stores(each: Database) -> TwoStores:
    """The look-alike shops A and B, for tests that roll back what they write."""
    fill()
    return TwoStores(each.is_postgresql)
