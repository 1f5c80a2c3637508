"""Runs that are due are found on either database, and nobody else's."""

from datetime import timedelta

from sqlalchemy import select, update

from functions.sync import queue
from functions.sync.handler import handler
from shared.models import ExternalPlatformIntegration, SyncRun
from shared.models.base import new_id, now
from shared.models.enums import SyncRunKind, SyncRunStatus
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.sync.connected import Shop, connect


def _run(shop: Shop, **given: object) -> str:
    with tenant_session(shop.store_id) as session:
        values = {"id": new_id(), "integration_id": shop.integration_id, "kind": SyncRunKind.IMPORT} | given
        row = SyncRun(**values)
        session.add(row)
        return row.id


def test_runs_that_are_due_are_found_by_turns_of_time(either: Database) -> None:
    shop, paused, gone = connect(), connect(is_active=False), connect(disconnected_at=now())
    second = _run(shop, resume_at=now() - timedelta(minutes=1))
    first = _run(shop, resume_at=now() - timedelta(minutes=2), status=SyncRunStatus.RUNNING)
    _run(shop, resume_at=now() + timedelta(minutes=2))
    _run(shop, resume_at=now() - timedelta(minutes=2), status=SyncRunStatus.COMPLETED)
    for other in (paused, gone):
        _run(other, resume_at=now() - timedelta(minutes=2))
    assert queue.due_runs(10) == [(shop.store_id, first), (shop.store_id, second)]
    assert queue.due_runs(1) == [(shop.store_id, first)]


def test_comparisons_that_are_due_are_started_once_an_hour(either: Database) -> None:
    shop, _, _ = connect(), connect(is_active=False), connect(disconnected_at=now())
    assert [handler({"start": "reconciliations"}, None) for _ in range(2)] == [{"done": 1}, {"done": 0}]
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(SyncRun.kind)).all() == [SyncRunKind.RECONCILIATION]
        long_ago = {"created_at": now() - timedelta(hours=1), "status": SyncRunStatus.COMPLETED}
        session.execute(update(SyncRun).values(long_ago))
    assert handler({"start": "reconciliations"}, None) == {"done": 1}
    with tenant_session(shop.store_id) as session:
        assert session.get_one(ExternalPlatformIntegration, shop.integration_id).is_active
