"""Starts a comparison of each connected shop that has had none for an hour."""

import logging
from datetime import timedelta

from sqlalchemy import select, text

from shared.errors import NoSuchStoreError
from shared.models import ExternalPlatformIntegration, SyncRun
from shared.models.base import new_id, now
from shared.models.enums import SyncRunKind, SyncRunStatus
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit, storeless_session, tenant_session

log = logging.getLogger(__name__)
_MOST = 500
_EVERY = timedelta(minutes=55)
_UNDONE = (SyncRunStatus.QUEUED, SyncRunStatus.RUNNING)


def start_due() -> int:
    """Queue comparisons that are due. Returns how many. On SQLite none is: there `start` is called for a shop."""
    with storeless_session() as session:
        connection = session.connection()
        if connection.dialect.name != "postgresql":
            return 0
        rows = connection.execute(
            text("SELECT store_id, integration_id FROM app.due_reconciliations(:n)"), {"n": _MOST}
        )
        due = [(str(store_id), str(integration_id)) for store_id, integration_id in rows]
    return sum(_started(store_id, integration_id) for store_id, integration_id in due)


def _started(store_id: str, integration_id: str) -> bool:
    try:
        return start(store_id, integration_id)
    except NoSuchStoreError:
        return False


def start(store_id: str, integration_id: str) -> bool:
    """Queue a comparison, unless one is on or has just been. Its message leaves after the commit."""
    with tenant_session(store_id) as session:
        # Locked, so that a schedule that ticks twice starts one.
        query = select(ExternalPlatformIntegration).where(ExternalPlatformIntegration.id == integration_id)
        if session.scalar(query.with_for_update()) is None:
            return False
        same = SyncRun.integration_id == integration_id
        recent = SyncRun.status.in_(_UNDONE) | (SyncRun.created_at > now() - _EVERY)
        if session.scalar(select(SyncRun.id).where(same, recent).limit(1)) is not None:
            return False
        row = SyncRun(id=new_id(), integration_id=integration_id, kind=SyncRunKind.RECONCILIATION, resume_at=now())
        session.add(row)
        message = {"store_id": store_id, "sync_run_id": row.id}
        after_commit(session, lambda: send(settings().sync_queue_url, message, group=store_id))
        return True
