"""Databases that the tests of a module share: making one for each test would take most of the time."""

from collections.abc import Iterator

import pytest

from local import postgres
from local.database import ROLES
from migrations import commands
from tests.conftest import MIGRATED, Database, copied, using
from tests.shared.two_stores import TwoStores, fill


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def each(
    request: pytest.FixtureRequest, server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A migrated database for tests that do not mind each other's rows: on PostgreSQL, then on SQLite."""
    if request.param == "postgresql":
        with copied(server, MIGRATED) as made, using(made) as found:
            yield found
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('each')}/test.db"
        commands.upgrade(url)
        with using(Database("sqlite", dict.fromkeys(ROLES, url))) as found:
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
