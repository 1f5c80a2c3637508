"""What holds of every job: one run at a time, written down, cut off and taken up, and no store in another's way."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from functions.jobs import registry
from functions.jobs.turns import in_turns, store_by_store
from shared.job_runs import Run, run_job
from shared.models import AuditLog, Product, Store
from shared.models.enums import JobStatus
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.conftest import Database
from tests.factories import make_store
from tests.functions.jobs.clockwork import NOON, Time, run, run_together, runs

Act = Callable[[Run], None]


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Callable[[Act], str]:
    """Makes a job of a function. Returns its name."""

    def register(act: Act) -> str:
        monkeypatch.setattr("functions.jobs.handler.JOBS", {**registry.JOBS, "tried": act})
        return "tried"

    return register


def _publish(session: TenantSession) -> int:
    """Ten products at a time lose their date."""
    rows = session.scalars(select(Product).where(Product.published_at.is_not(None)).limit(10)).all()
    for row in rows:
        row.published_at = None
    return len(rows)


def _undated(run: Run) -> None:
    in_turns(run, "products", select(Product.store_id).where(Product.published_at.is_not(None)), _publish)


def _left(*stores: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for store_id in stores:
        with tenant_session(store_id) as session:
            found[store_id] = len(session.scalars(select(Product.id).where(Product.published_at.is_not(None))).all())
    return dict(found)


def _fill(store_id: str, products: int) -> None:
    with tenant_session(store_id) as session:
        for number in range(products):
            session.add(Product(slug=f"p-{number}", name="P", published_at=NOON))


def test_a_run_is_written_down(either: Database, job: Callable[[Act], str]) -> None:
    def act(run: Run) -> None:
        run.counts["things"] += 3

    with time_machine.travel(NOON, tick=False):
        outcome = run(job(act), None)

    assert outcome == {"job": "tried", "status": "COMPLETED", "counts": {"things": 3}, "more_to_do": False}
    [row] = runs("tried")
    assert (row.status, row.counts, row.error, row.more_to_do) == (JobStatus.COMPLETED, {"things": 3}, None, False)
    assert row.started_at == row.moment == row.finished_at == NOON


def test_a_job_that_fails_says_so_and_raises(either: Database, job: Callable[[Act], str]) -> None:
    def act(run: Run) -> None:
        run.counts["things"] += 1
        raise RuntimeError("somebody@example.com")

    with pytest.raises(RuntimeError):
        run(job(act))

    [row] = runs("tried")
    assert (row.status, row.counts, row.error, row.more_to_do) == (
        JobStatus.FAILED,
        {"things": 1},
        "RuntimeError",
        True,
    )


def test_there_is_no_job_of_another_name(database: Database) -> None:
    with pytest.raises(ValueError, match="there is no job 'purge'"):
        run("purge")


def test_a_second_run_is_skipped_while_one_is_under_way(either: Database, job: Callable[[Act], str]) -> None:
    inner: list[str] = []

    def act(_run: Run) -> None:
        inner.append(run("tried")["status"])

    assert run(job(act))["status"] == "COMPLETED"
    assert inner == ["SKIPPED"]
    assert len(runs("tried")) == 1


def test_of_many_at_once_one_runs(database: Database, job: Callable[[Act], str]) -> None:
    shops = [make_store() for _ in range(3)]
    for shop in shops:
        _fill(shop, 15)

    outcomes = run_together(job(_undated), times=4)

    assert sum(one["counts"].get("products", 0) for one in outcomes) == 45
    assert {one["status"] for one in outcomes} <= {"COMPLETED", "SKIPPED"}
    assert set(_left(*shops).values()) == {0}
    assert {row.status for row in runs("tried")} == {JobStatus.COMPLETED}


def test_what_was_killed_is_taken_up_once_its_time_is_over(either: Database, job: Callable[[Act], str]) -> None:
    class Killed(BaseException):
        """Nothing catches it."""

    shop = make_store()
    _fill(shop, 25)
    done: list[int] = []

    def batch(session: TenantSession) -> int:
        if len(done) == 1:
            raise Killed
        done.append(_publish(session))
        return done[-1]

    def act(run: Run) -> None:
        in_turns(run, "products", select(Product.store_id).where(Product.published_at.is_not(None)), batch)

    name = job(act)
    with time_machine.travel(NOON, tick=False):
        with pytest.raises(Killed):
            run(name)
        assert run(name)["status"] == "SKIPPED"
    assert _left(shop) == {shop: 15}
    done.append(0)
    with time_machine.travel(NOON + timedelta(seconds=309), tick=False):
        assert run(name)["status"] == "SKIPPED"
    with time_machine.travel(NOON + timedelta(seconds=311), tick=False):
        assert run(name)["counts"] == {"products": 15}

    first, second = runs("tried")
    assert (first.status, first.more_to_do) == (JobStatus.CUT_OFF, True)
    assert first.finished_at == NOON + timedelta(seconds=310)
    assert second.status is JobStatus.COMPLETED


def test_it_stops_before_its_time_is_over_and_the_next_goes_on(either: Database, job: Callable[[Act], str]) -> None:
    shops = [make_store(), make_store()]
    for shop in shops:
        _fill(shop, 25)
    name = job(_undated)

    first = run(name, time=Time(asks=4))
    assert (first["counts"], first["more_to_do"]) == ({"products": 30}, True)
    # In turns: one after the other, not one at the cost of the other.
    assert sorted(_left(*shops).values()) == [5, 15]
    second = run(name)
    assert (second["counts"], second["more_to_do"]) == ({"products": 20}, False)
    assert set(_left(*shops).values()) == {0}


def test_what_fails_in_a_store_is_noted_and_the_rest_goes_on(
    either: Database, job: Callable[[Act], str], caplog: pytest.LogCaptureFixture
) -> None:
    shops = [make_store() for _ in range(3)]
    for shop in shops:
        _fill(shop, 15)

    def batch(session: TenantSession) -> int:
        done = _publish(session)
        session.flush()
        if session.store_id == shops[1]:
            raise RuntimeError("somebody@example.com")
        return done

    def act(run: Run) -> None:
        in_turns(run, "products", select(Product.store_id).where(Product.published_at.is_not(None)), batch)

    outcome = run(job(act))

    assert (outcome["status"], outcome["counts"]) == ("FAILED", {"products": 30, "failed": 1})
    assert _left(*shops) == {shops[0]: 0, shops[1]: 15, shops[2]: 0}
    assert runs("tried")[0].error == f"store {shops[1]}: RuntimeError"
    assert "part of a job has failed" in caplog.text


def test_a_rehearsal_counts_and_changes_nothing(either: Database, job: Callable[[Act], str]) -> None:
    shop = make_store()
    _fill(shop, 15)

    outcome = run(job(_undated), dry_run=True)

    assert outcome == {"job": "tried", "status": "REHEARSED", "counts": {"products": 15}, "more_to_do": False}
    assert _left(shop) == {shop: 15}
    assert runs("tried") == []


def test_a_deleted_store_is_left_alone(either: Database, job: Callable[[Act], str]) -> None:
    shop = make_store()
    _fill(shop, 1)
    with tenant_session(shop) as session:
        soft_delete(session, session.get_one(Store, shop))

    assert run(job(_undated))["counts"] == {}


def test_a_walk_goes_on_where_it_stopped(either: Database) -> None:
    shops = sorted(make_store() for _ in range(5))
    seen: list[str] = []

    def act(run: Run) -> None:
        store_by_store(run, lambda session: seen.append(str(session.store_id)))

    lefts = iter([300.0, 300.0, 300.0, 1.0])
    assert run_job("walk", act, left=lambda: next(lefts))["more_to_do"] is True
    assert seen == shops[:2]
    assert run_job("walk", act, left=lambda: 300.0)["more_to_do"] is False
    assert seen == shops
    run_job("walk", act, left=lambda: 300.0)
    assert seen == shops * 2


def test_what_a_job_changes_is_in_the_audit_log(database: Database, job: Callable[[Act], str]) -> None:
    shop = make_store()
    _fill(shop, 1)
    run(job(_undated))

    with tenant_session(shop) as session:
        [entry] = session.scalars(select(AuditLog).where(AuditLog.action == "product.updated"))
    assert (entry.actor_email, entry.user_id) == ("job tried", None)


def test_what_had_more_to_do_than_time_is_finished_within_minutes(
    database: Database, job: Callable[[Act], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_store()
    _fill(shop, 25)
    monkeypatch.setattr(registry, "JOBS", {**registry.JOBS, "low_stock_digest": _undated})
    monkeypatch.setattr("functions.jobs.handler.JOBS", registry.JOBS)

    assert run("low_stock_digest", time=Time(asks=2))["counts"] == {"products": 10}
    assert run("finish")["counts"] == {"low_stock_digest": 1}
    assert _left(shop) == {shop: 0}
    assert run("finish")["counts"] == {}
