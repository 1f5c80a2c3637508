import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from local import postgres
from local.postgres import DataDirInUseError, Server
from local.processes import ServerError

OWNER = """
import sys
from pathlib import Path
from local import postgres

server = postgres.start(Path(sys.argv[1]), durable=False)
print("ready", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    # Not under pytest's own directory, which pytest closes to the user that PostgreSQL runs as under root.
    path = Path(tempfile.mkdtemp(prefix="stormcom-test-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    running = postgres.start(folder / "data", durable=False)
    yield running
    running.stop()


@pytest.fixture
def copy(server: Server, folder: Path) -> Path:
    """A second cluster that a test may crash, with a durable row in it."""
    path = folder / "crash"
    if not path.exists():
        first = postgres.start(path)
        ask(first.superuser_url(), "CREATE TABLE kept AS SELECT 42 AS answer")
        first.stop()
    return path


def ask(url: str, statement: str) -> object:
    engine = create_engine(url, connect_args={"ssl_context": False})
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postmaster.pid").read_text().split()[0])


def test_it_takes_queries_over_a_private_socket_and_nowhere_else(server: Server) -> None:
    assert ask(server.superuser_url(), "SELECT current_setting('listen_addresses')") == ""
    assert ask(server.superuser_url(), "SELECT current_setting('max_connections')") == "100"
    assert server.socket_dir.stat().st_mode & 0o777 == 0o700


def test_only_what_may_be_lost_goes_without_fsync(server: Server, copy: Path) -> None:
    durable = postgres.start(copy)
    try:
        assert ask(durable.superuser_url(), "SELECT current_setting('fsync')") == "on"
        assert ask(server.superuser_url(), "SELECT current_setting('fsync')") == "off"
    finally:
        durable.stop()


def test_databases_are_made_copied_and_dropped_whatever_their_names(server: Server) -> None:
    ask(server.superuser_url(), 'CREATE ROLE "o\'wn""er" LOGIN')
    for _ in range(2):
        postgres.ensure_database(server, 'te"mplate', "o'wn\"er")
    ask(server.url('te"mplate', "o'wn\"er"), "CREATE TABLE copied AS SELECT 7 AS answer")

    postgres.create_from_template(server, "copy; --", 'te"mplate', "o'wn\"er")
    assert ask(server.url("copy; --", "o'wn\"er"), "SELECT answer FROM copied") == 7

    for _ in range(2):
        postgres.drop_database(server, "copy; --")
    names = "SELECT string_agg(datname, ',') FROM pg_database WHERE datname LIKE 'copy%'"
    assert ask(server.superuser_url(), names) is None


def test_a_running_server_is_joined_and_outlives_who_joined_it(server: Server, folder: Path) -> None:
    joined = postgres.start(folder / "data")
    joined.stop()

    assert ask(server.superuser_url(), "SELECT 1") == 1
    assert joined.superuser_url() == server.superuser_url()


def test_a_data_directory_in_use_is_named(server: Server, folder: Path) -> None:
    with pytest.raises(DataDirInUseError, match=f"{folder}/data is in use by another process"):
        postgres.start(folder / "data", share=False)


def test_stopping_ends_the_server_and_a_second_start_finds_its_data(copy: Path) -> None:
    again = postgres.start(copy)
    pid = postmaster(copy)
    again.stop()
    again.stop()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not again.socket_dir.exists()
    last = postgres.start(copy)
    assert ask(last.superuser_url(), "SELECT answer FROM kept") == 42
    last.stop()


def test_it_starts_again_after_a_crash_though_its_pid_file_names_a_living_process(copy: Path, folder: Path) -> None:
    crashed = postgres.start(copy)
    os.kill(postmaster(copy), signal.SIGKILL)
    crashed.stop()
    pid_file = copy / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(postmaster(folder / "data")), *lines[1:]]))

    again = postgres.start(copy)
    assert ask(again.superuser_url(), "SELECT answer FROM kept") == 42
    again.stop()


def test_the_server_follows_an_owner_that_is_killed(copy: Path) -> None:
    command = [sys.executable, "-c", OWNER, str(copy)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        assert owner.stdout.readline() == "ready\n"
        pid = postmaster(copy)
        owner.kill()

    heir = postgres.start(copy, share=False)
    assert postmaster(copy) != pid
    assert ask(heir.superuser_url(), "SELECT answer FROM kept") == 42
    heir.stop()


def test_a_cluster_that_cannot_start_says_why(copy: Path) -> None:
    (copy / "postgresql.auto.conf").write_text("max_connections = nonsense\n")
    try:
        with pytest.raises(ServerError, match="nonsense"):
            postgres.start(copy)
    finally:
        (copy / "postgresql.auto.conf").write_text("")


def test_a_socket_path_that_is_too_long_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/" + "x" * 100)

    with pytest.raises(ServerError, match="set TMPDIR"):
        postgres.start(copy)
