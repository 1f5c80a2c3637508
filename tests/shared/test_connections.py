"""What a function asks of its connections: five at most, and nothing that would pin RDS Proxy."""

import re
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool, QueuePool

from functions.storefront.handler import handler
from local import postgres
from shared.database import function_engine, platform_engine
from shared.models import Brand
from shared.tenancy import platform_session, tenant_session
from tests.calls import call, counted
from tests.conftest import Database
from tests.factories import make_product, make_store

PINS = re.compile(
    r"^\s*(SET|RESET|PREPARE|EXECUTE|DECLARE|LISTEN|UNLISTEN|LOAD|DISCARD|COPY|LOCK)\b"
    r"|set_config\s*\(|pg_(try_)?advisory|CREATE\s+(GLOBAL\s+|LOCAL\s+)?TEMP|nextval|currval|lastval",
    re.IGNORECASE,
)
PATHS = ["store", "products", "products?q=lamp&in_stock=true&sort=price", "categories", "brands", "suggest?q=a"]
LEFT_BEHIND = {
    "settings": "SELECT name FROM pg_settings WHERE source = 'session'",
    "prepared statements": "SELECT name FROM pg_prepared_statements",
    "cursors": "SELECT name FROM pg_cursors WHERE name <> ''",
    "advisory locks": "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
    "temporary tables": "SELECT relname FROM pg_class WHERE relpersistence = 't'",
    "channels": "SELECT pg_listening_channels()",
    "store": "SELECT app.current_store() WHERE app.current_store() IS NOT NULL",
}


@pytest.fixture(scope="module")
def shop(one: Database) -> Database:
    """A database with one shop."""
    make_product(make_store(slug="shop"))
    return one


def test_a_request_sends_nothing_that_pins_the_proxy(shop: Database) -> None:
    with counted(function_engine()) as sent:
        for path in PATHS:
            assert call(handler, f"/v1/storefront/{path}", store="shop").status == 200
        with tenant_session(make_store()) as session:
            session.add_all([Brand(name="x", slug=f"brand-{number}") for number in range(20)])
    assert len(sent) > len(PATHS)
    assert not [statement for statement in sent if PINS.search(statement)]
    assert max(len(statement.encode()) for statement in sent) < 16_384


def test_a_platform_session_sends_nothing_that_pins_the_proxy(shop: Database) -> None:
    with platform_session(reason="look", actor="tests") as session, counted(platform_engine()) as sent:
        session.add(Brand(store_id=make_store(), name="x", slug="x"))
        session.flush()
    assert sent
    assert not [statement for statement in sent if PINS.search(statement)]


def test_a_request_leaves_nothing_on_its_connection(shop: Database) -> None:
    function_engine().dispose()
    for path in [*PATHS, "products/none", "none"]:
        call(handler, f"/v1/storefront/{path}", store="shop")
    pool = function_engine().pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedin() == 1  # so the connection looked at below is the one that was used
    with function_engine().connect() as connection:
        left = {what: list(connection.scalars(text(query))) for what, query in LEFT_BEHIND.items()}
    assert left == {what: [] for what in LEFT_BEHIND}


def test_fifty_requests_at_once_hold_five_connections_at_most(server: postgres.Server, shop: Database) -> None:
    start = Barrier(51)
    statuses: list[int] = []

    def ask() -> None:
        start.wait(timeout=30)
        statuses.extend(call(handler, "/v1/storefront/products", store="shop").status for _ in range(4))

    threads = [Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    held = []
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = :name AND usename = 'stormcom_function'"
    with create_engine(server.superuser_url(), poolclass=NullPool).connect() as connection:
        start.wait(timeout=30)
        while any(thread.is_alive() for thread in threads):
            held.append(connection.scalar(text(query), {"name": shop.name}) or 0)
            connection.rollback()  # the view is a snapshot of the transaction
    assert statuses == [200] * 200
    assert max(held) == 5
    pool = function_engine().pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0


def test_a_connection_that_is_lost_closes_its_socket(server: postgres.Server, shop: Database) -> None:
    pooled = function_engine().raw_connection()
    driver: Any = pooled.driver_connection
    sock = driver._usock
    cursor: Any = pooled.cursor()
    cursor.execute("SELECT pg_backend_pid()")
    with create_engine(server.superuser_url(), poolclass=NullPool).connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": cursor.fetchone()[0]})
    pooled.invalidate()
    assert sock.fileno() == -1
