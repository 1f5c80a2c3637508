"""Through PgBouncer in transaction mode, the stand-in for RDS Proxy: what would pin a session there breaks here."""

import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from pg8000.native import Connection
from sqlalchemy import make_url, text

from functions.storefront.handler import handler
from local import processes
from local.database import ROLES
from local.postgres import SOCKET, SUPERUSER, Server
from local.seeding import PASSWORD
from tests.api import api
from tests.calls import call
from tests.databases import Database, close, using

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
CONFIG = """
[databases]
* = host={server}
[pgbouncer]
listen_addr =
listen_port = 5432
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 5
"""
MOST = 5

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed: apt-get install pgbouncer")


@pytest.fixture
def pooled(own_shops: Database) -> Iterator[Database]:
    """The demo shops behind a pooler that hands five connections of each role on after each transaction."""
    server = str(Path(str(make_url(own_shops.urls["DATABASE_URL"]).query["unix_sock"])).parent)
    with tempfile.TemporaryDirectory(prefix="pooler-") as name:
        Path(name).chmod(0o711)
        folder, account = Path(name, "p"), processes.unprivileged_account()
        processes.private_dir(folder, account)
        (folder / "users").write_text("".join(f'"{role}" ""\n' for role in ROLES.values()))
        (folder / "ini").write_text(CONFIG.format(server=server, folder=folder))
        keeper = processes.keep_running([str(PGBOUNCER), str(folder / "ini")], Path(name, "log"), account)
        try:
            _wait_for(folder / SOCKET, keeper, Path(name, "log"))
            there, here = quote(server, safe=""), quote(str(folder), safe="")
            moved = {key: url.replace(there, here) for key, url in own_shops.urls.items()}
            with using(replace(own_shops, urls=moved)) as found:
                yield found
            close(found)
        finally:
            processes.end_kept(keeper, 30)


def _wait_for(path: Path, keeper: "subprocess.Popen[bytes]", log: Path) -> None:
    while keeper.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                return
    raise AssertionError(log.read_text())


def test_two_stores_share_pooled_connections_and_see_their_own(pooled: Database) -> None:
    def read(store: str) -> str:
        return str(call(handler, "/v1/storefront/products/classic-tee", store=store).json["variants"][0]["price"])

    stores = ["aurora", "borealis"] * 20
    with ThreadPoolExecutor(8) as threads:
        prices = list(threads.map(read, stores))

    assert prices == ["18.00", "79.00"] * 20


def test_fifty_at_once_share_five_connections_and_none_sees_what_is_anothers(
    pooled: Database, own_shops: Database, server: Server
) -> None:
    prices = {"aurora": "18.00", "borealis": "79.00"}
    login = {"email": "owner@stormcom.example", "password": PASSWORD}
    token = api("POST", "/v1/auth/login", login).json["token"]
    own = api("GET", "/v1/store", token=token).json["slug"]
    start = threading.Barrier(50)

    def ask(number: int) -> tuple[str, str]:
        start.wait()
        if number % 5 == 0:
            return own, api("GET", "/v1/store", token=token).json["slug"]
        store = ("aurora", "borealis")[number % 2]
        answer = call(handler, "/v1/storefront/products/classic-tee", store=store)
        assert answer.status == 200, answer.text
        return prices[store], answer.json["variants"][0]["price"]

    with _counting(server, own_shops.name) as held, ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(ask, range(50)))

    assert [expected for expected, _ in answers] == [found for _, found in answers]
    assert 1 <= max(held) <= MOST
    with _superuser(server) as connection:
        left = "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND state LIKE 'idle in%'"
        assert connection.run(left, name=own_shops.name) == [[0]], "a transaction was left open on a shared connection"


def test_a_store_does_not_stay_on_a_connection_after_its_transaction(pooled: Database) -> None:
    call(handler, "/v1/storefront/store", store="aurora")

    # Whichever of the five it gets, nobody has entered a store on it.
    for _ in range(2 * MOST):
        with pooled.engine().connect() as connection:
            assert connection.scalar(text("SELECT app.current_store()")) is None


@contextmanager
def _counting(server: Server, database: str) -> Iterator[list[int]]:
    """How many connections of one role the server had for a database at most, looked at again and again."""
    held, over = [0], threading.Event()
    query = (
        "SELECT max(held) FROM (SELECT count(*) AS held FROM pg_stat_activity "
        "WHERE datname = :name AND backend_type = 'client backend' GROUP BY usename)"
    )

    def look() -> None:
        with _superuser(server) as connection:
            while not over.wait(0.005):
                held.append(connection.run(query, name=database)[0][0] or 0)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield held
    finally:
        over.set()
        thread.join()


def _superuser(server: Server) -> Connection:
    return Connection(SUPERUSER, unix_sock=f"{server.socket_dir}/{SOCKET}", ssl_context=False)


def test_an_error_gives_the_connection_back_clean(pooled: Database) -> None:
    for _ in range(5):
        assert call(handler, "/v1/storefront/products/nothing", store="aurora").status == 404
        assert call(handler, "/v1/storefront/store", store="nobody").status == 404
        assert call(handler, "/v1/storefront/store", store="borealis").json["currency"] == "PLN"


def test_staff_sign_in_and_are_counted_through_the_pooler(pooled: Database) -> None:
    login = {"email": "owner@stormcom.example", "password": PASSWORD}
    signed_in = api("POST", "/v1/auth/login", login).json

    def read(_: int) -> str:
        return api("GET", "/v1/store", token=signed_in["token"]).headers["ratelimit-remaining"]

    with ThreadPoolExecutor(8) as threads:
        left = list(threads.map(read, range(20)))

    assert len(set(left)) == 20, "each request was counted once"
