"""What the edge does about deadlocks, lost connections and a busy pool."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import create_engine, func, select, text, update
from sqlalchemy.pool import NullPool

from local import postgres
from shared.database import function_engine
from shared.models import Product
from shared.tenancy import Response, current_session, tenant_session
from tests.calls import http_event
from tests.databases import MIGRATED, Database, copied, using
from tests.factories import make_product, make_store
from tests.shared.invocation import OK, POST, Run, answer, held, names, rename


def lose_the_connection(server: postgres.Server) -> None:
    backend = current_session().scalar(select(func.pg_backend_pid()))
    with create_engine(server.superuser_url(), poolclass=NullPool).connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backend})


@pytest.mark.parametrize(("method", "status", "times"), [("GET", 200, 2), ("HEAD", 200, 2), ("POST", 500, 1)])
def test_a_lost_connection_is_retried_for_reads_alone(
    server: postgres.Server, one: Database, method: str, status: int, times: int
) -> None:
    store_id, runs = make_store(), []
    make_product(store_id, name="old")

    def run() -> Response:
        runs.append(method)
        if len(runs) == 1:
            lose_the_connection(server)
        return OK | {"body": current_session().scalars(select(Product.name)).one()}

    assert answer(store_id, run, http_event(method, "/x"))["statusCode"] == status
    assert len(runs) == times
    assert held() == 0
    assert names(store_id) == {"old"}


def test_a_connection_lost_while_idle_costs_a_read_nothing(server: postgres.Server, one: Database) -> None:
    store_id = make_store()
    names(store_id)
    with create_engine(server.superuser_url(), poolclass=NullPool).connect() as connection:
        kill = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name AND usename = :user"
        connection.execute(text(kill), {"name": one.name, "user": "stormcom_function"}).all()
    assert answer(store_id, lambda: OK)["statusCode"] == 200
    assert held() == 0


def test_transactions_that_deadlock_both_succeed(one: Database) -> None:
    store_id, runs, answers = make_store(), [], []
    rows = [make_product(store_id), make_product(store_id)]
    both_hold_one = Barrier(2)

    def transfer(first: str, second: str) -> Run:
        def run() -> Response:
            runs.append(first)
            session = current_session()
            session.execute(update(Product).where(Product.id == first).values(version=Product.version + 1))
            if runs.count(first) == 1:
                both_hold_one.wait(timeout=10)
            session.execute(update(Product).where(Product.id == second).values(version=Product.version + 1))
            return OK

        return run

    def ask(run: Run) -> None:
        answers.append(answer(store_id, run, POST))

    orders = (rows, rows[::-1])
    threads = [
        Thread(target=lambda run: answers.append(answer(store_id, run, POST)), args=(transfer(*o),)) for o in orders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [response["statusCode"] for response in answers] == [200, 200]
    assert len(runs) > 2
    with tenant_session(store_id) as session:
        assert list(session.scalars(select(Product.version))) == [3, 3]
    assert held() == 0


def test_a_request_that_deadlocks_again_and_again_is_answered_500(one: Database) -> None:
    store_id, runs = make_store(), []
    make_product(store_id, name="old")

    def run() -> Response:
        runs.append("run")
        rename("changed")
        current_session().connection().execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$"))
        return OK

    assert answer(store_id, run, POST)["statusCode"] == 500
    assert len(runs) == 3
    assert names(store_id) == {"old"}
    assert held() == 0


def test_a_busy_pool_is_answered_503(server: postgres.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_POOL_SIZE", "1")
    monkeypatch.setenv("DB_POOL_TIMEOUT", "0.1")
    # An engine keeps the size that its pool was made with.
    with copied(server, MIGRATED) as made, using(made):
        store_id = make_store()
        with function_engine().connect():
            response = answer(store_id, lambda: OK)
            assert response["statusCode"] == 503
            assert int(response["headers"]["Retry-After"]) >= 1
            assert held() == 1
        assert answer(store_id, lambda: OK)["statusCode"] == 200
