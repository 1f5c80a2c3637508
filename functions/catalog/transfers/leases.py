"""Imports and exports of products as work for the workers of shared/file_jobs.py."""

from dataclasses import dataclass

from sqlalchemy import select

from shared import file_jobs
from shared.audit import Actor
from shared.auth import Standing
from shared.file_jobs import Jobs, fail
from shared.models import ProductTransfer, StoreSubscription
from shared.models.base import now
from shared.models.enums import CatalogFormat, StoreStatus, TransferKind
from shared.settings import settings
from shared.subscriptions import standing_of
from shared.tenancy import tenant_of, tenant_session
from shared.tenant_session import TenantSession

TRANSFERS = Jobs(ProductTransfer, "app.due_transfers", lambda: settings().transfer_queue_url)


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
    row = file_jobs.take(TRANSFERS, (store_id, transfer_id), _refusal)
    return None if row is None else _work(store_id, row)


def locked(session: TenantSession, work: Work, position: int) -> ProductTransfer | None:
    """The transfer's row, to commit a step with; None when it was cancelled or somebody else is further."""
    return file_jobs.locked(TRANSFERS, session, work.transfer_id, position)


def held(session: TenantSession, work: Work) -> ProductTransfer | None:
    """The transfer's row, locked; None when it is over."""
    return file_jobs.held(TRANSFERS, session, work.transfer_id)


def failed(work: Work, why: str) -> None:
    """Give up and say why, in a transaction of its own, unless it is over already."""
    with tenant_session(work.store_id) as session:
        row = held(session, work)
        if row is not None:
            fail(row, why)


def let_go(work: Work, *, at_once: bool) -> None:
    """Let another take a transfer up: at once, with a message, or after a fault a little later."""
    file_jobs.let_go(TRANSFERS, (work.store_id, work.transfer_id), at_once=at_once)


def _refusal(session: TenantSession, row: ProductTransfer) -> str | None:
    shut = tenant_of(session).status in (StoreStatus.SUSPENDED, StoreStatus.CLOSED)
    standing = standing_of(session.scalar(select(StoreSubscription)), now())
    if row.kind is TransferKind.IMPORT and (shut or standing is not Standing.ACTIVE):
        return "The store may not change its catalogue now; choose a plan and begin again."
    return None


def _work(store_id: str, row: ProductTransfer) -> Work:
    actor = Actor(row.user_id, row.actor_email, row.ip_address, row.user_agent)
    plain = ("kind", "format", "mime_type", "file_name", "storage_key", "position", "total", "attempts")
    return Work(store_id, row.id, actor=actor, **{name: getattr(row, name) for name in plain})
