"""A real PostgreSQL for the tests, entered as the roles of functions, and a database of its own for each test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from local import postgres
from local.database import OWNER, ROLES, ensure_owner
from local.seeding import seed
from migrations import commands
from shared import database as engines
from shared.settings import settings
from tests import pinning
from tests.aws import Mailbox, aws

SOCKET_DIR = "STORMCOM_TEST_SOCKET_DIR"
MIGRATED, SEEDED = "template_migrated", "template_seeded"


@dataclass(frozen=True)
class Database:
    """A database and the URLs that enter it."""

    name: str
    urls: dict[str, str]

    @property
    def is_postgresql(self) -> bool:
        """Whether walls of PostgreSQL alone stand here."""
        return self.urls["DATABASE_URL"].startswith("postgresql")

    def engine(self, role: str = "DATABASE_URL") -> Engine:
        """An engine of the test's own, past the session and its filter."""
        return create_engine(self.urls[role], poolclass=NullPool)


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
    with using(_database(server, SEEDED)):
        seed()


@pytest.fixture(autouse=True)
def no_statement_pins() -> Iterator[None]:
    """Whatever a test lets functions send, RDS Proxy must be able to hand the connection on."""
    pinning.seen.clear()
    yield
    assert not pinning.seen, "this would pin a session of RDS Proxy"


@pytest.fixture(scope="session")
def server() -> postgres.Server:
    """The running PostgreSQL."""
    socket_dir = Path(os.environ[SOCKET_DIR])
    return postgres.Server(socket_dir, socket_dir)


@pytest.fixture
def database(server: postgres.Server) -> Iterator[Database]:
    """A migrated, empty PostgreSQL database for one test."""
    with copied(server, MIGRATED) as made, using(made) as found:
        yield found


@pytest.fixture
def shops(server: postgres.Server) -> Iterator[Database]:
    """A PostgreSQL database with the two demo shops, for one test to change as it likes."""
    with copied(server, SEEDED) as made, using(made) as found:
        yield found


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


@pytest.fixture
def sqlite(migrated_file: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database for one test."""
    with copied_file(migrated_file) as found:
        yield found


@pytest.fixture(params=["database", "sqlite"])
def either(request: pytest.FixtureRequest) -> Database:
    """A migrated, empty database: the test runs on PostgreSQL and on SQLite."""
    found: Database = request.getfixturevalue(request.param)
    return found


@contextmanager
def copied(server: postgres.Server, template: str) -> Iterator[Database]:
    """A copy of a template, dropped at the end."""
    name = f"test_{uuid4().hex[:12]}"
    postgres.create_from_template(server, name, template, OWNER)
    try:
        yield _database(server, name)
    finally:
        postgres.drop_database(server, name)


@contextmanager
def copied_file(migrated: Path) -> Iterator[Database]:
    """A copy of a SQLite database, deleted at the end."""
    path = migrated.with_name(f"{uuid4().hex[:12]}.db")
    shutil.copy(migrated, path)
    with using(Database("sqlite", dict.fromkeys(ROLES, f"sqlite:///{path}"))) as found:
        yield found
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()


def _database(server: postgres.Server, name: str) -> Database:
    return Database(name, {variable: server.url(name, role) for variable, role in ROLES.items()})


@contextmanager
def using(database: Database) -> Iterator[Database]:
    """Point settings and engines at a database, as the environment of a function does."""
    before = {variable: os.environ.get(variable) for variable in ROLES}
    os.environ.update(database.urls)
    _forget()
    try:
        yield database
    finally:
        for variable, value in before.items():
            os.environ.pop(variable) if value is None else os.environ.__setitem__(variable, value)
        _forget()


def _forget() -> None:
    """Drop what was read from the environment, and close what was opened by it."""
    for engine in (engines.function_engine, engines.platform_engine, engines.identity_engine):
        if engine.cache_info().currsize:
            engine().dispose()
        engine.cache_clear()
    settings.cache_clear()
