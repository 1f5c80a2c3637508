"""Exports of orders, to those who ask for them: a row, and a message to the worker."""

from sqlalchemy import select

from functions.orders.exports.schemas import OrderExportCreate, OrderExportRead
from shared.audit import Actor
from shared.errors import ConflictError, NotFoundError
from shared.file_jobs import GRACE, Jobs, percent, tell
from shared.files import download_link
from shared.models import OrderExport
from shared.models.base import new_id, now
from shared.models.enums import TransferStatus
from shared.settings import settings
from shared.tenancy import after_commit
from shared.tenant_session import TenantSession

EXPORTS = Jobs(OrderExport, "app.due_order_exports", lambda: settings().order_export_queue_url)
CSV = "text/csv"
_LINK_SECONDS = 3600
_MOST_WAITING = 20
_UNFINISHED = (TransferStatus.QUEUED, TransferStatus.RUNNING)
_PLAIN = OrderExportRead.model_fields.keys() - {"percent", "download_url"}


def export(session: TenantSession, body: OrderExportCreate, actor: Actor) -> OrderExportRead:
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
    return shown(row)


def read_export(session: TenantSession, export_id: str) -> OrderExportRead:
    """How far an export is, with its link when it is there. Raises NotFoundError."""
    row = session.scalar(select(OrderExport).where(OrderExport.id == export_id))
    if row is None:
        raise NotFoundError("export_not_found", "There is no such export.")
    return shown(row)


def shown(row: OrderExport) -> OrderExportRead:
    """An export as staff see it."""
    link = None
    if row.status is TransferStatus.COMPLETED:
        link = download_link(settings().files_bucket, row.storage_key, row.file_name, _LINK_SECONDS)
    return OrderExportRead(**{name: getattr(row, name) for name in _PLAIN}, percent=percent(row), download_url=link)
