"""Databases for tests: copies of one that is migrated, and what points functions at them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from local import postgres
from local.database import OWNER, ROLES
from shared.database import make_engine
from shared.settings import settings

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
        return create_engine(self.urls[role], poolclass=NullPool, connect_args=self._without_tls())

    def _without_tls(self) -> dict[str, bool]:
        # Reading the certificates of this machine takes longer than connecting.
        return {"ssl_context": False} if self.is_postgresql else {}


def database_at(server: postgres.Server, name: str) -> Database:
    """A database of the server, to be entered as each of the roles."""
    return Database(name, {variable: server.url(name, role) for variable, role in ROLES.items()})


@contextmanager
def copied(server: postgres.Server, template: str) -> Iterator[Database]:
    """A copy of a template, dropped at the end."""
    name = f"test_{uuid4().hex[:12]}"
    postgres.create_from_template(server, name, template, OWNER)
    made = database_at(server, name)
    try:
        yield made
    finally:
        close(made)
        postgres.drop_database(server, name)


@contextmanager
def copied_file(migrated: Path) -> Iterator[Database]:
    """A copy of a SQLite database, deleted at the end."""
    path = migrated.with_name(f"{uuid4().hex[:12]}.db")
    shutil.copy(migrated, path)
    made = Database("sqlite", dict.fromkeys(ROLES, f"sqlite:///{path}"))
    try:
        yield made
    finally:
        close(made)
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()


def close(database: Database) -> None:
    """Close what functions have opened to a database."""
    with using(database):
        for url in database.urls.values():
            engine = make_engine(url)
            engine.dispose()
            engine.clear_compiled_cache()


@contextmanager
def using(database: Database) -> Iterator[Database]:
    """Point settings at a database, as the environment of a function does."""
    before = {variable: os.environ.get(variable) for variable in ROLES}
    os.environ.update(database.urls)
    settings.cache_clear()
    try:
        yield database
    finally:
        for variable, value in before.items():
            os.environ.pop(variable) if value is None else os.environ.__setitem__(variable, value)
        settings.cache_clear()
