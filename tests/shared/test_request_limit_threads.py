"""Counting requests: exact among many at once, in one round trip, and without a lock while they run."""

from collections import Counter
from threading import Event, Thread
from typing import Any

import pytest
import time_machine
from pg8000 import core
from sqlalchemy import text

import shared.pipelining
from functions.stores.handler import handler
from shared.admin import open_admin
from shared.request_limit import count_request
from shared.tenancy import Response, tenant_isolated
from tests.api import api, principal_context
from tests.calls import Context, http_event
from tests.conftest import Database
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.threads import with_each
from tests.shared.invocation import OK
from tests.shared.test_request_limit import HALF_PAST


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one each time a connection waits for the server."""
    made: list[int] = []
    flush = core._flush

    def counting(sock: Any) -> None:
        made.append(1)
        flush(sock)

    monkeypatch.setattr(core, "_flush", counting)
    monkeypatch.setattr(shared.pipelining, "_flush", counting)
    return made


def request_of(shop: Shop) -> dict[str, Any]:
    """A request of the store's admin, past the authorizer."""
    event = http_event("GET", "/v1/store")
    event["requestContext"]["authorizer"] = {"lambda": principal_context(shop.admin.token)}
    return event


@time_machine.travel(HALF_PAST, tick=False)
def test_of_eighty_requests_at_once_sixty_pass(one: Database) -> None:
    event = request_of(make_shop("free"))

    answers = with_each(lambda _: handler(dict(event), Context()), range(80))

    assert Counter(answer["statusCode"] for answer in answers) == {200: 60, 429: 20}
    left = sorted(int(answer["headers"]["RateLimit-Remaining"]) for answer in answers)
    assert left == [0] * 20 + list(range(60))


@time_machine.travel(HALF_PAST, tick=False)
def test_the_first_requests_of_a_minute_are_all_counted(one: Database) -> None:
    store = make_shop().id

    left = with_each(lambda _: int(count_request(store, 100)["RateLimit-Remaining"]), range(20))
    assert sorted(left) == list(range(80, 100))


def test_counting_waits_once_for_the_database(one: Database, trips: list[int]) -> None:
    event = request_of(make_shop())
    handler(dict(event), Context())  # connects
    trips.clear()

    count_request("store", 100)
    assert len(trips) == 1

    trips.clear()
    assert handler(dict(event), Context())["statusCode"] == 200
    # It counts, enters, reads, and ends.
    assert len(trips) == 4


def test_a_request_that_takes_long_is_in_no_other_ones_way(one: Database) -> None:
    shop = make_shop()
    event, runs, may_end = request_of(shop), Event(), Event()
    answers: list[Response] = []

    @tenant_isolated(open_admin)
    def slow(_event: dict[str, Any], _context: Any) -> Response:
        runs.set()
        may_end.wait(timeout=30)
        return OK | {"headers": {}}

    thread = Thread(target=lambda: answers.append(slow(dict(event), None)))
    thread.start()
    try:
        assert runs.wait(timeout=10)
        statuses = [api("GET", "/v1/store", token=shop.admin.token).status for _ in range(5)]
        with one.engine("MIGRATION_DATABASE_URL").connect() as connection:
            # pg_locks shows every database of the server, and tables of copied databases have one oid. Whoever
            # writes holds this lock; autovacuum, which may come by, another.
            query = (
                "SELECT count(*) FROM pg_locks WHERE relation = 'request_counts'::regclass "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
                "AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()"
            )
            assert connection.scalar(text(query)) == 0
        assert (statuses, answers) == ([200] * 5, [])
    finally:
        may_end.set()
        thread.join(timeout=10)
    assert answers[0]["statusCode"] == 200


def test_a_request_that_crashes_was_counted(one: Database) -> None:
    shop = make_shop()

    @tenant_isolated(open_admin)
    def crash(_event: dict[str, Any], _context: Any) -> Response:
        raise RuntimeError

    before = int(count_request(shop.id, 100)["RateLimit-Remaining"])
    assert crash(request_of(shop), None)["statusCode"] == 500
    assert int(count_request(shop.id, 100)["RateLimit-Remaining"]) == before - 2
