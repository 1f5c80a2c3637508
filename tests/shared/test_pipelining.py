"""The connection that saves round trips behaves as pg8000's own does."""

from collections.abc import Iterator
from typing import Any

import pg8000.core
import pytest
from pg8000.legacy import Connection, DatabaseError, InterfaceError
from sqlalchemy import make_url

import shared.database
import shared.pipelining
from functions.storefront.handler import handler
from shared.pipelining import PipelinedConnection
from tests.calls import call
from tests.conftest import Database


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one each time a connection waits for the server."""
    made: list[int] = []
    flush = pg8000.core._flush

    def counting(sock: Any) -> None:
        made.append(1)
        flush(sock)

    monkeypatch.setattr(pg8000.core, "_flush", counting)
    monkeypatch.setattr(shared.pipelining, "_flush", counting)
    return made


@pytest.fixture(params=[Connection, PipelinedConnection])
def connection(request: pytest.FixtureRequest, database: Database) -> Iterator[Any]:
    """A connection of each kind, as the function role."""
    url = make_url(database.urls["DATABASE_URL"])
    made = request.param(url.username, database=url.database, unix_sock=url.query["unix_sock"], ssl_context=False)
    yield made
    made.close()


@pytest.mark.parametrize(("kind", "waits"), [(PipelinedConnection, 3), (Connection, 10)])
def test_a_request_waits_for_the_database_three_times_and_with_stock_pg8000_ten(
    kind: type[Connection], waits: int, shops: Database, trips: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.database, "PipelinedConnection", kind)
    shared.database.function_engine().dispose()
    call(handler, "/v1/storefront/products", store="aurora")  # connects
    trips.clear()

    assert call(handler, "/v1/storefront/products", store="aurora").status == 200
    assert len(trips) == waits
    shared.database.function_engine().dispose()


def test_an_error_leaves_a_transaction_that_rolls_back(connection: Any) -> None:
    cursor = connection.cursor()
    with pytest.raises(DatabaseError):
        cursor.execute("SELECT %s::int / 0", (1,))
    with pytest.raises(DatabaseError, match="25P02"):
        cursor.execute("SELECT 1")
    connection.rollback()

    cursor.execute("SELECT %s::text", ("again",))
    assert cursor.fetchall() == (["again"],)


def test_committing_a_failed_transaction_is_an_error(connection: Any) -> None:
    with pytest.raises(DatabaseError):
        connection.cursor().execute("SELECT no_such_column")
    with pytest.raises(InterfaceError, match="failed transaction"):
        connection.commit()


def test_what_is_not_committed_is_gone(connection: Any) -> None:
    cursor = connection.cursor()
    add = "INSERT INTO request_counts (id, window_start) VALUES (%s, now())"
    cursor.execute(add, ("one",))
    connection.rollback()
    cursor.execute(add, ("two",))
    connection.commit()

    cursor.execute("SELECT id FROM request_counts")
    assert cursor.fetchall() == (["two"],)


def test_statements_of_a_transaction_share_its_settings(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SELECT pg_catalog.set_config('app.store_id', %s, true)", ("here",))
    cursor.execute("SELECT app.current_store()")
    assert cursor.fetchall() == (["here"],)
    connection.commit()

    cursor.execute("SELECT app.current_store()")
    assert cursor.fetchall() == ([None],)


def test_a_parameter_that_cannot_be_sent_begins_nothing(database: Database) -> None:
    url = make_url(database.urls["DATABASE_URL"])
    made = PipelinedConnection(url.username, database=url.database, unix_sock=url.query["unix_sock"], ssl_context=False)

    class Unsendable:
        def __str__(self) -> str:
            raise ValueError("not for the wire")

    with pytest.raises(ValueError, match="not for the wire"):
        made.cursor().execute("SELECT %s", (Unsendable(),))
    cursor = made.cursor()
    cursor.execute("SELECT %s::int", (1,))
    assert cursor.fetchall() == ([1],)
    made.close()
