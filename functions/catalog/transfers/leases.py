"""Who works on a transfer: one at a time, for a while at a time, so that another takes over after a crash."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, select, text

from functions.catalog.transfers.service import tell_worker
from shared.audit import Actor
from shared.auth import Standing
from shared.models import ProductTransfer, StoreSubscription
from shared.models.base import now
from shared.models.enums import CatalogFormat, StoreStatus, TransferKind, TransferStatus
from shared.settings import settings
from shared.subscriptions import standing_of
from shared.tenancy import storeless_session, tenant_of, tenant_session
from shared.tenant_session import TenantSession

HELD = timedelta(minutes=2)
"""How long a transfer is one worker's; each step begins it anew."""
_AGAIN = timedelta(seconds=30)
_TOLD_AGAIN = timedelta(minutes=10)
_TRIES = 5
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Work:
    """A transfer that was taken, as it stood then."""

    store_id: str
    transfer_id: str
    kind: TransferKind
    format: CatalogFormat | None
    mime_type: str
    file_name: str
    storage_key: str
    position: int
    total: int | None
    attempts: int
    actor: Actor


def take(store_id: str, transfer_id: str) -> Work | None:
    """Take a transfer for a while; None when it is over, another's, or not for this store. Raises NoSuchStoreError."""
    with tenant_session(store_id) as session:
        row = session.scalar(
            select(ProductTransfer).where(ProductTransfer.id == transfer_id).with_for_update(skip_locked=True)
        )
        moment = now()
        if row is None or row.status not in (TransferStatus.QUEUED, TransferStatus.RUNNING):
            return None
        if row.status is TransferStatus.RUNNING and row.resume_at > moment:
            return None
        if refusal := _refusal(session, row):
            fail(row, refusal)
            return None
        row.status, row.resume_at, row.attempts = TransferStatus.RUNNING, moment + HELD, row.attempts + 1
        row.started_at = row.started_at or moment
        return _work(store_id, row)


def locked(session: TenantSession, work: Work, position: int) -> ProductTransfer | None:
    """The transfer's row, to commit a step with; None when it was cancelled or somebody else is further."""
    row = held(session, work)
    if row is None or row.position != position:
        return None
    row.resume_at, row.attempts = now() + HELD, 0
    return row


def held(session: TenantSession, work: Work) -> ProductTransfer | None:
    """The transfer's row, locked; None when it is over."""
    query = select(ProductTransfer).where(ProductTransfer.id == work.transfer_id).with_for_update()
    row = session.scalar(query)
    return row if row is not None and row.status is TransferStatus.RUNNING else None


def fail(row: ProductTransfer, why: str) -> None:
    """Give up, and say why."""
    row.status, row.error, row.finished_at = TransferStatus.FAILED, why[:1000], now()


def failed(work: Work, why: str) -> None:
    """As `fail`, in a transaction of its own, unless it is over already."""
    with tenant_session(work.store_id) as session:
        row = held(session, work)
        if row is not None:
            fail(row, why)


def let_go(work: Work, *, at_once: bool) -> None:
    """Let another take a transfer up: at once, with a message, or after a fault a little later."""
    with tenant_session(work.store_id) as session:
        row = held(session, work)
        if row is not None:
            row.resume_at = now() if at_once else now() + _AGAIN * row.attempts
    if at_once:
        tell_worker(work.store_id, work.transfer_id)


def due() -> list[tuple[str, str]]:
    """The transfers that somebody should be at by now, in every store: the ids of store and transfer."""
    with storeless_session() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            rows = connection.execute(text("SELECT * FROM app.due_transfers(:most)"), {"most": _BATCH})
        else:
            rows = connection.execute(_due_on_sqlite())
        return [(row.store_id, row.transfer_id) for row in rows]


def sweep() -> list[tuple[str, str]]:
    """Send messages for what is due. Without a queue it returns what is to be done instead."""
    found = due()
    if not settings().transfer_queue_url:
        return found
    for store_id, transfer_id in found:
        with tenant_session(store_id) as session:
            row = session.scalar(
                select(ProductTransfer).where(ProductTransfer.id == transfer_id).with_for_update(skip_locked=True)
            )
            if row is not None and row.status is TransferStatus.QUEUED:
                # It may wait for its turn in the queue for long.
                row.resume_at = now() + _TOLD_AGAIN
        tell_worker(store_id, transfer_id)
    return []


def _due_on_sqlite() -> Select[str, str]:
    columns = ProductTransfer.__table__.c
    unfinished = columns.status.in_([TransferStatus.QUEUED, TransferStatus.RUNNING])
    query = select(columns.store_id, columns.id.label("transfer_id")).where(unfinished, columns.resume_at <= now())
    return query.order_by(columns.resume_at).limit(_BATCH)


def _refusal(session: TenantSession, row: ProductTransfer) -> str | None:
    if row.attempts >= _TRIES:
        return f"It came no further in {_TRIES} attempts. Try it again, or ask the platform's support."
    shut = tenant_of(session).status in (StoreStatus.SUSPENDED, StoreStatus.CLOSED)
    standing = standing_of(session.scalar(select(StoreSubscription)), now())
    if row.kind is TransferKind.IMPORT and (shut or standing is not Standing.ACTIVE):
        return "The store may not change its catalogue now; choose a plan and begin again."
    return None


def _work(store_id: str, row: ProductTransfer) -> Work:
    actor = Actor(row.user_id, row.actor_email, row.ip_address, row.user_agent)
    plain = ("kind", "format", "mime_type", "file_name", "storage_key", "position", "total", "attempts")
    return Work(store_id, row.id, actor=actor, **{name: getattr(row, name) for name in plain})
