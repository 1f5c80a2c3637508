"""First imports and reconciliations of a connected shop: started here, worked on by the function that syncs."""

from functools import partial

from sqlalchemy import select, tuple_, update

from functions.integrations.schemas import SyncRunRead
from shared.errors import ConflictError
from shared.integrations import connected, integration_of
from shared.models import SyncRun
from shared.models.base import new_id, now
from shared.models.enums import SyncRunKind, SyncRunStatus
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit
from shared.tenant_session import TenantSession

_UNDONE = (SyncRunStatus.QUEUED, SyncRunStatus.RUNNING)


def start(session: TenantSession, integration_id: str, kind: SyncRunKind) -> SyncRun:
    """Queue a run; its worker is told after the commit. Raises NotFoundError, ConflictError while another is on."""
    connected(session, integration_id, lock=True)
    running = session.scalar(
        select(SyncRun.id).where(SyncRun.integration_id == integration_id, SyncRun.status.in_(_UNDONE))
    )
    if running is not None:
        raise ConflictError("already_running", "The shop is being looked through already.", sync_run_id=running)
    row = SyncRun(id=new_id(), integration_id=integration_id, kind=kind, resume_at=now())
    session.add(row)
    session.flush()
    message = {"store_id": str(session.store_id), "sync_run_id": row.id}
    after_commit(session, partial(send, settings().sync_queue_url, message, group=message["store_id"]))
    return row


def cancel_runs(session: TenantSession, integration_id: str) -> None:
    """End what is on. What it has done stays done."""
    undone = update(SyncRun).where(SyncRun.integration_id == integration_id, SyncRun.status.in_(_UNDONE))
    session.execute(
        undone.values(status=SyncRunStatus.CANCELED, finished_at=now()).execution_options(synchronize_session=False)
    )


def list_runs(session: TenantSession, integration_id: str, limit: int, cursor: str | None) -> Page[SyncRunRead]:
    """A page of runs, newest first. Raises NotFoundError, MalformedError for a broken cursor."""
    integration_of(session, integration_id)
    query = select(SyncRun).where(SyncRun.integration_id == integration_id)
    if cursor is not None:
        query = query.where(tuple_(SyncRun.created_at, SyncRun.id) < place_of_newest(cursor))
    rows = session.scalars(query.order_by(SyncRun.created_at.desc(), SyncRun.id.desc()).limit(limit + 1)).all()
    return page_of_newest(rows, limit, run_shown)


def run_shown(row: SyncRun) -> SyncRunRead:
    """A run as staff sees it."""
    return SyncRunRead.model_validate(row, from_attributes=True)
