"""Starts a comparison of each connected shop that has had none for an hour."""

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, select, text

from functions.sync.queue import RUNS_UNDONE
from shared.errors import NoSuchStoreError
from shared.models import ExternalPlatformIntegration, Store, SyncRun
from shared.models.base import new_id, now
from shared.models.enums import SyncRunKind
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit, storeless_session, tenant_session

log = logging.getLogger(__name__)
_MOST = 500
_EVERY = timedelta(minutes=55)


def start_due() -> int:
    """Queue comparisons that are due. Returns how many."""
    with storeless_session() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            query = text("SELECT store_id, integration_id FROM app.due_reconciliations(:n)")
            rows: Any = connection.execute(query, {"n": _MOST})
        else:
            rows = connection.execute(_due())
        due = [(str(store_id), str(integration_id)) for store_id, integration_id in rows]
    return sum(_started(store_id, integration_id) for store_id, integration_id in due)


def _due() -> Any:
    """As the function does on PostgreSQL."""
    shops, stores, runs = (model.__table__.c for model in (ExternalPlatformIntegration, Store, SyncRun))
    looked_at = runs.status.in_(RUNS_UNDONE) | (runs.created_at > now() - _EVERY)
    return (
        select(shops.store_id, shops.id)
        .where(shops.is_active, shops.disconnected_at.is_(None))
        .where(stores.id == shops.store_id, stores.deleted_at.is_(None))
        .where(~exists().where(runs.integration_id == shops.id, looked_at))
        .order_by(shops.last_sync_at.nulls_first(), shops.id)
        .limit(_MOST)
    )


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
        recent = SyncRun.status.in_(RUNS_UNDONE) | (SyncRun.created_at > now() - _EVERY)
        if session.scalar(select(SyncRun.id).where(same, recent).limit(1)) is not None:
            return False
        row = SyncRun(id=new_id(), integration_id=integration_id, kind=SyncRunKind.RECONCILIATION, resume_at=now())
        session.add(row)
        message = {"store_id": store_id, "sync_run_id": row.id}
        after_commit(session, lambda: send(settings().sync_queue_url, message, group=store_id))
        return True
