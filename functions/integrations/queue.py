"""The queue as staff sees it: what waits, what failed, and what somebody has to decide."""

from dataclasses import dataclass

from sqlalchemy import select, tuple_

from functions.integrations.ours import send_ours, tell_worker
from functions.integrations.schemas import Keep, SyncQueueDetailRead, SyncQueueItemRead
from shared.errors import ConflictError, NotFoundError
from shared.integrations import connected, integration_of
from shared.models import SyncQueue, WebhookDelivery
from shared.models.base import now
from shared.models.enums import SyncDirection, SyncQueueStatus
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.tenant_session import TenantSession

OTHER_SHOP = "other_shop"
"""The reason of what a shop's own signature does not prove to be of that shop."""
_OPEN = (SyncQueueStatus.FAILED, SyncQueueStatus.CONFLICT)


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What a queue is narrowed by."""

    status: SyncQueueStatus | None = None
    direction: SyncDirection | None = None
    entity_type: str | None = None
    entity_id: str | None = None


def list_queue(
    session: TenantSession, integration_id: str, wanted: QueueFilter, limit: int, cursor: str | None
) -> Page[SyncQueueItemRead]:
    """A page of changes, newest first. Raises NotFoundError, MalformedError for a broken cursor."""
    integration_of(session, integration_id)
    query = select(SyncQueue).where(SyncQueue.integration_id == integration_id)
    for name in ("status", "direction", "entity_type", "entity_id"):
        if (value := getattr(wanted, name)) is not None:
            query = query.where(getattr(SyncQueue, name) == value)
    if cursor is not None:
        query = query.where(tuple_(SyncQueue.created_at, SyncQueue.id) < place_of_newest(cursor))
    rows = session.scalars(query.order_by(SyncQueue.created_at.desc(), SyncQueue.id.desc()).limit(limit + 1)).all()
    return page_of_newest(rows, limit, lambda row: SyncQueueItemRead.model_validate(row, from_attributes=True))


def read_item(session: TenantSession, integration_id: str, item_id: str) -> SyncQueueDetailRead:
    """A change with what came with it. Raises NotFoundError."""
    row = _item(session, integration_id, item_id)
    body = session.scalar(select(WebhookDelivery.body).where(WebhookDelivery.id == row.webhook_delivery_id))
    plain = SyncQueueItemRead.model_validate(row, from_attributes=True).model_dump()
    text = body.decode("utf-8", "replace") if body is not None else None
    return SyncQueueDetailRead(**plain, data=row.data, webhook_delivery_id=row.webhook_delivery_id, body=text)


def retry(session: TenantSession, integration_id: str, item_id: str) -> None:
    """Try a change again, now. Raises NotFoundError, ConflictError when there is nothing to be tried."""
    connected(session, integration_id)
    row = _item(session, integration_id, item_id, lock=True)
    if row.status not in (*_OPEN, SyncQueueStatus.PENDING):
        raise ConflictError("not_waiting", f"Nothing is to be tried again: it is {row.status.value}.")
    _refuse_other_shop(row)
    _again(session, row)


def resolve(session: TenantSession, integration_id: str, item_id: str, keep: Keep) -> None:
    """Decide a conflict. Raises NotFoundError, ConflictError when it is none, or nothing of ours is to be sent."""
    connected(session, integration_id)
    row = _item(session, integration_id, item_id, lock=True)
    if row.status not in _OPEN:
        raise ConflictError("no_conflict", f"There is nothing to decide: it is {row.status.value}.")
    wins = Keep.OURS if row.direction is SyncDirection.OUTBOUND else Keep.THEIRS
    if keep is wins:
        _refuse_other_shop(row)
        row.data = row.data | {"force": True}
        _again(session, row)
        return
    if keep is Keep.OURS:
        send_ours(session, row)
    row.status, row.processed_at, row.available_at = SyncQueueStatus.COMPLETED, now(), None
    row.reason, row.error_message = f"kept_{keep.value}", None


def _item(session: TenantSession, integration_id: str, item_id: str, *, lock: bool = False) -> SyncQueue:
    query = select(SyncQueue).where(SyncQueue.id == item_id, SyncQueue.integration_id == integration_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError("sync_item_not_found", "There is no such change in this integration's queue.")
    return row


def _again(session: TenantSession, row: SyncQueue) -> None:
    row.status, row.retry_count, row.available_at = SyncQueueStatus.PENDING, 0, now()
    row.reason = row.error_message = row.processed_at = None
    session.flush()
    tell_worker(session, row.id)


def _refuse_other_shop(row: SyncQueue) -> None:
    if row.reason == OTHER_SHOP:
        raise ConflictError("other_shop", "This is of another shop, so that it is never applied; close it.")
