"""Exports of orders, to those who ask for them: a row, and a message to the worker."""

from sqlalchemy import select

from functions.orders.exports.schemas import OrderExportCreate
from shared.audit import Actor
from shared.errors import ConflictError, NotFoundError
from shared.exports import ExportRead, export_shown
from shared.file_jobs import GRACE, Jobs, tell
from shared.models import OrderExport
from shared.models.base import new_id, now
from shared.models.enums import TransferStatus
from shared.settings import settings
from shared.tenancy import after_commit
from shared.tenant_session import TenantSession

EXPORTS = Jobs(OrderExport, "app.due_order_exports", lambda: settings().order_export_queue_url)
CSV = "text/csv"
_MOST_WAITING = 20
_UNFINISHED = (TransferStatus.QUEUED, TransferStatus.RUNNING)


def export(session: TenantSession, body: OrderExportCreate, actor: Actor) -> ExportRead:
    """Ask for a file of orders. Raises ConflictError when too many wait."""
    waiting = select(OrderExport.id).where(OrderExport.status.in_(_UNFINISHED)).limit(_MOST_WAITING)
    if len(session.scalars(waiting).all()) >= _MOST_WAITING:
        raise ConflictError("too_many_exports", f"{_MOST_WAITING} are not finished yet; wait for them.")
    row = OrderExport(
        id=new_id(),
        mime_type=CSV,
        file_name=f"orders-{now():%Y-%m-%d}.csv",
        filters=body.model_dump(mode="json", exclude_defaults=True),
        user_id=actor.user_id,
        actor_email=actor.email,
        ip_address=actor.ip_address,
        user_agent=actor.user_agent,
        resume_at=now() + GRACE,
    )
    row.storage_key = f"transfers/{session.store_id}/{row.id}"
    session.add(row)
    session.flush()
    named = str(session.store_id), row.id
    after_commit(session, lambda: tell(EXPORTS, named))
    return export_shown(row)


def read_export(session: TenantSession, export_id: str) -> ExportRead:
    """How far an export is, with its link when it is there. Raises NotFoundError."""
    row = session.scalar(select(OrderExport).where(OrderExport.id == export_id))
    if row is None:
        raise NotFoundError("export_not_found", "There is no such export.")
    return export_shown(row)
