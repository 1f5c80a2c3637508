"""Alembic's commands on a given database, for the CLI, the tests and the migrator."""

import subprocess
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL

_ROOT = Path(__file__).parent.parent


def config(url: str | URL | None = None) -> Config:
    """Alembic's configuration; without a URL it uses MIGRATION_DATABASE_URL."""
    made = Config(toml_file=_ROOT / "pyproject.toml")
    # In Lambda there is no such file.
    made.set_main_option("script_location", str(Path(__file__).parent))
    if url:
        made.attributes["url"] = url
    return made


def upgrade(url: str | None = None, revision: str = "head") -> None:
    """Bring the schema up to a revision; does nothing when it is there."""
    command.upgrade(config(url), revision)


def downgrade(url: str | None, revision: str) -> None:
    """Take the schema back to a revision; `base` is empty."""
    command.downgrade(config(url), revision)


def revision(message: str) -> None:
    """Write a new migration with what the models have and the database has not, formatted as the others are."""
    made = command.revision(config(), message, autogenerate=True)
    for script in made if isinstance(made, list) else [made]:
        if script is not None:
            ruff = Path(sys.executable).with_name("ruff")
            subprocess.run([ruff, "check", "--fix", "--quiet", script.path], check=True)
            subprocess.run([ruff, "format", "--quiet", script.path], check=True)
