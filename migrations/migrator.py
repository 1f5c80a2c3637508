"""What the migrator does in AWS: only what expands the schema, at the cluster's own endpoint, as the schema's owner.

A migration that takes something away says `contract = True`. None that does is run here, nor what comes after it,
unless it is asked for: the code before it may still serve.
"""

import json
import ssl
import urllib.request
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine, make_url, pool

from migrations.commands import config
from shared.settings import settings

TRUST = "https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"


@dataclass(frozen=True)
class Status:
    """Where a database stands: its revision, those that are still to run, and those held back as contracts."""

    revision: str | None
    pending: list[str]
    held: list[str]

    @property
    def is_ready(self) -> bool:
        """Whether this version's code may serve."""
        return not self.pending and not self.held


def status() -> Status:
    """Where the database stands, seen from this version of the code."""
    target = _config()
    script = ScriptDirectory.from_config(target)
    current = _revision(target)
    if current is not None and current not in {each.revision for each in script.walk_revisions()}:
        # A newer version has been here, and it only added: what stands suits this one too.
        return Status(current, [], [])
    waiting = list(script.iterate_revisions("head", current or "base", implicit_base=True))[::-1]
    waiting = [each for each in waiting if each.revision != current]
    first = next((i for i, each in enumerate(waiting) if getattr(each.module, "contract", False)), len(waiting))
    names = [str(each.revision) for each in waiting]
    return Status(current, names[:first], names[first:])


def upgrade(*, contract: bool = False) -> Status:
    """Run what expands; with `contract` everything. Each migration is committed by itself, so a second call goes on."""
    found = status()
    wanted = found.pending + (found.held if contract else [])
    if wanted:
        command.upgrade(_config(), wanted[-1])
    return status()


def shown(found: Status) -> dict[str, Any]:
    """A status as the function answers it."""
    return {**asdict(found), "ready": found.is_ready}


def _revision(target: Config) -> str | None:
    url, connect_args = target.attributes["url"], target.attributes["connect_args"]
    engine = create_engine(url, poolclass=pool.NullPool, connect_args=connect_args)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    url = _as_owner(make_url(settings().migration_database_url))
    target = config(url)
    secured = url.get_backend_name() == "postgresql" and "unix_sock" not in url.query
    target.attributes["connect_args"] = {"ssl_context": _trusted()} if secured else {}
    return target


def _as_owner(url: URL) -> URL:
    """The URL with the name and password that RDS keeps and changes, read anew each time."""
    secret = settings().database_owner_secret
    if not secret:
        return url
    import boto3  # noqa: PLC0415 - not needed where the URL is enough

    kept = json.loads(boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    return url.set(username=kept["username"], password=kept["password"])


@cache
def _trusted() -> ssl.SSLContext:
    """Trusts what Amazon signs clusters with: unlike the proxy's, these certificates are nobody else's to vouch for."""
    with urllib.request.urlopen(TRUST.format(region=settings().region), timeout=10) as answer:  # noqa: S310 - https
        return ssl.create_default_context(cadata=answer.read().decode())
