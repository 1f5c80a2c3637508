"""The laptop's database: the embedded PostgreSQL with its owner role, or whatever DATABASE_URL names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pg8000.native import Connection

from local import postgres
from migrations import commands

ROOT = Path(__file__).parent.parent
DATA_DIR = ROOT / ".local" / "postgres"
NAME = "stormcom"
OWNER = "stormcom_owner"
ROLES = {
    "DATABASE_URL": "stormcom_function",
    "PLATFORM_DATABASE_URL": "stormcom_platform",
    "IDENTITY_DATABASE_URL": "stormcom_identity",
    "MIGRATION_DATABASE_URL": OWNER,
}


@contextmanager
def local_database(*, share: bool = True) -> Iterator[str]:
    """A migrated database to work on, and its name for people; the embedded one is stopped at the end.

    With DATABASE_URL set it is that one; otherwise the environment is set to the embedded one's four roles. A running
    one is joined, unless `share` is False. Raises ServerError with what to do when there is none to be had.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        commands.upgrade()
        yield given.split("@")[-1]
        return
    server = postgres.start(DATA_DIR, share=share)
    try:
        ensure_owner(server)
        postgres.ensure_database(server, NAME, OWNER)
        for variable, role in ROLES.items():
            os.environ[variable] = server.url(NAME, role)
        commands.upgrade()
        yield f"PostgreSQL in {DATA_DIR.relative_to(ROOT)}"
    finally:
        server.stop()


def ensure_owner(server: postgres.Server) -> None:
    """Create the role that owns the schema: no superuser, just as on RDS."""
    socket = f"{server.socket_dir}/{postgres.SOCKET}"
    with Connection(postgres.SUPERUSER, unix_sock=socket, ssl_context=False) as connection:
        if not connection.run("SELECT FROM pg_roles WHERE rolname = :name", name=OWNER):
            connection.run(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
