"""`make migrations`: one head, models in step with the schema, up-down-up on both databases, nothing that blocks."""

import contextlib
import io
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from local import postgres
from local.database import OWNER, ROOT, ensure_owner
from migrations.commands import config, downgrade, upgrade

ENGINES = ("postgresql+pg8000://", "sqlite://")


def main() -> None:
    """Run every check. Exits with 1 at the first that fails."""
    heads = ScriptDirectory.from_config(config()).get_heads()
    if len(heads) != 1:
        sys.exit(f"The migrations have {len(heads)} heads ({', '.join(heads)}); rebase one on the other.")
    _lint()
    with tempfile.TemporaryDirectory(prefix="stormcom-check-", ignore_cleanup_errors=True) as folder:
        _there_and_back(f"sqlite:///{folder}/check.db")
        server = postgres.start(Path(folder, "data"), durable=False)
        try:
            ensure_owner(server)
            postgres.ensure_database(server, "check", OWNER)
            _there_and_back(server.url("check", OWNER))
            command.check(config(server.url("check", OWNER)))
        finally:
            server.stop()


def _there_and_back(url: str) -> None:
    """Up, down, up; and up again from a database that forgot which migrations it has had."""
    upgrade(url)
    downgrade(url, "base")
    upgrade(url)
    command.stamp(config(url), "base")
    upgrade(url)
    sys.stdout.write(f"up, down, up and twice: {make_url(url).get_backend_name()}\n")


def _lint() -> None:
    """Squawk reads the SQL of every migration and finds what would lock a busy table."""
    sql = io.StringIO()
    made = config(ENGINES[0])
    made.output_buffer = sql
    with contextlib.redirect_stdout(sql):
        command.upgrade(made, "head", sql=True)
    # Before the first migration stands Alembic's own table, which is not ours to mend.
    ours = "BEGIN;\n--" + sql.getvalue().partition("-- Running upgrade")[2]
    squawk = Path(sys.executable).with_name("squawk")
    done = subprocess.run([squawk, "--config", ROOT / ".squawk.toml"], input=ours, text=True, check=False)
    if done.returncode:
        sys.exit(done.returncode)


if __name__ == "__main__":
    main()
