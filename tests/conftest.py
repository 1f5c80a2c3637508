"""A real PostgreSQL for the tests, entered as the roles of functions, and databases that are lent to tests."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from local import postgres
from local.database import OWNER, ensure_owner
from local.seeding import seed
from migrations import commands
from tests import pinning
from tests.aws import Mailbox, aws
from tests.databases import MIGRATED, SEEDED, Database, close, copied, database_at, using
from tests.lending import Lent, lent, lent_file

__all__ = ["Database"]

SOCKET_DIR = "STORMCOM_TEST_SOCKET_DIR"


def pytest_configure(config: pytest.Config) -> None:
    """Start the server once, in the process that the workers of xdist share."""
    if hasattr(config, "workerinput"):
        return
    # A cluster of this run's own: another run beside it, or one that was killed, cannot disturb it.
    folder = tempfile.TemporaryDirectory(prefix="stormcom-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(folder.cleanup)
    server = postgres.start(Path(folder.name, "data"), durable=False)
    config.add_cleanup(server.stop)
    os.environ[SOCKET_DIR] = str(server.socket_dir)
    ensure_owner(server)
    postgres.ensure_database(server, MIGRATED, OWNER)
    commands.upgrade(server.url(MIGRATED, OWNER))
    postgres.create_from_template(server, SEEDED, MIGRATED, OWNER)
    seeded = database_at(server, SEEDED)
    with using(seeded):
        seed()
    close(seeded)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest to set up comes first: one worker has the whole of it, and nobody waits for it at the end."""
    items.sort(key=lambda item: not item.path.name.startswith("test_scale"))


@pytest.fixture(autouse=True)
def no_statement_pins() -> Iterator[None]:
    """Whatever a test lets functions send, RDS Proxy must be able to hand the connection on."""
    pinning.seen.clear()
    yield
    assert pinning.seen == [], "this would pin a session of RDS Proxy"


@pytest.fixture(scope="session")
def server() -> postgres.Server:
    """The running PostgreSQL."""
    socket_dir = Path(os.environ[SOCKET_DIR])
    return postgres.Server(socket_dir, socket_dir)


@pytest.fixture(scope="session")
def lent_database(server: postgres.Server) -> Iterator[Lent]:
    """What `database` lends."""
    with lent(server, MIGRATED) as found:
        yield found


@pytest.fixture
def database(lent_database: Lent) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database; what a test writes is taken back after it."""
    with using(lent_database.database) as found:
        yield found
    lent_database.restore()


@pytest.fixture
def own_database(server: postgres.Server) -> Iterator[Database]:
    """As `database`, for a test that changes more than rows."""
    with copied(server, MIGRATED) as made, using(made) as found:
        yield found


@pytest.fixture(scope="session")
def lent_shops(server: postgres.Server) -> Iterator[Database]:
    """What `shops` lends; the server refuses every write to it."""
    with copied(server, SEEDED) as made:
        with made.engine("MIGRATION_DATABASE_URL").begin() as connection:
            connection.execute(text(f"ALTER DATABASE {made.name} SET default_transaction_read_only = on"))
        yield made


@pytest.fixture
def shops(lent_shops: Database) -> Iterator[Database]:
    """A PostgreSQL database with the two demo shops, to read only."""
    with using(lent_shops) as found:
        yield found


@pytest.fixture(scope="session")
def lent_own_shops(server: postgres.Server) -> Iterator[Lent]:
    """What `own_shops` lends."""
    with lent(server, SEEDED) as found:
        yield found


@pytest.fixture
def own_shops(lent_own_shops: Lent) -> Iterator[Database]:
    """As `shops`, for a test that writes; it is taken back after it."""
    with using(lent_own_shops.database) as found:
        yield found
    lent_own_shops.restore()


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """AWS by moto, and the mails that were sent."""
    with aws(monkeypatch) as found:
        yield found


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    commands.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def lent_sqlite(migrated_file: Path) -> Iterator[Lent]:
    """What `sqlite` lends."""
    with lent_file(migrated_file) as found:
        yield found


@pytest.fixture
def sqlite(lent_sqlite: Lent) -> Iterator[Database]:
    """A migrated, empty SQLite database."""
    with using(lent_sqlite.database) as found:
        yield found
    lent_sqlite.restore()


@pytest.fixture(params=["database", "sqlite"])
def either(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database: the test runs on PostgreSQL and on SQLite."""
    found: Database = request.getfixturevalue(request.param)
    return found
