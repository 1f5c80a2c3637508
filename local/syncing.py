"""What operators do about the syncs with connected shops: look, try again, take deliveries in again, empty a queue."""

import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from shared.models import ExternalPlatformIntegration, Store, SyncQueue, WebhookDelivery
from shared.models.base import now
from shared.models.enums import SyncDirection, SyncQueueStatus
from shared.queues import send_all, sqs
from shared.settings import settings
from shared.tenancy import platform_session, tenant_session
from shared.tenant_session import TenantSession

_UNDONE = (SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING)
_AT_ONCE = 500
"""Rows in one transaction."""


def stores(slug: str | None) -> list[tuple[str, str]]:
    """The ids and slugs of all live stores, or of one. Raises LookupError when it does not exist."""
    with platform_session(reason="look after syncs", actor="stormcom sync") as session:
        query = select(Store.id, Store.slug).order_by(Store.slug)
        found = session.execute(query.where(Store.slug == slug) if slug else query).all()
    if slug and not found:
        raise LookupError(f"there is no store {slug}")
    return [(row.id, row.slug) for row in found]


def status(slug: str | None) -> Iterator[str]:
    """A line for each connected shop."""
    for store_id, name in stores(slug):
        with tenant_session(store_id) as session:
            live = ExternalPlatformIntegration.disconnected_at.is_(None)
            for row in session.scalars(select(ExternalPlatformIntegration).where(live)).all():
                counts, lag = _counts(session, row.id)
                told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing queued"
                state = row.sync_status.value if row.is_active else "PAUSED"
                heard = row.last_delivery_at.isoformat(timespec="seconds") if row.last_delivery_at else "never"
                error = f"; {row.last_error}" if row.last_error and row.sync_status.value == "ERROR" else ""
                place = row.external_shop or row.api_url
                yield f"{name} {row.platform.value} {place} {state}: {told}; lag {lag} s; heard {heard}{error}"


def retry(slug: str | None, *, conflicts: bool, dry_run: bool) -> Iterator[str]:
    """Queue again what has failed and, if asked, what was set aside."""
    wanted = [SyncQueueStatus.FAILED, *([SyncQueueStatus.CONFLICT] if conflicts else [])]
    # What another shop has signed is never applied.
    tried = SyncQueue.status.in_(wanted) & (SyncQueue.reason.is_(None) | (SyncQueue.reason != "other_shop"))
    yield from _again(slug, tried, dry_run=dry_run)


def replay(since: datetime, slug: str | None, *, dry_run: bool) -> Iterator[str]:
    """Queue again every change whose delivery came since a time. What was applied already is recognised as such."""
    came = (WebhookDelivery.id == SyncQueue.webhook_delivery_id) & (WebhookDelivery.created_at >= since)
    delivered = select(WebhookDelivery.id).where(came).correlate(SyncQueue).exists()
    inbound = (SyncQueue.direction == SyncDirection.INBOUND) & SyncQueue.status.not_in(_UNDONE)
    kept = SyncQueue.reason.is_(None) | (SyncQueue.reason != "other_shop")
    yield from _again(slug, inbound & delivered & kept, dry_run=dry_run)


def redrive(url: str, dead_url: str, store_ids: set[str] | None, *, dry_run: bool) -> tuple[int, int]:
    """Send what lies in the dead-letter queue back. Returns how many were sent, and how many were left.

    A message is deleted there only once it has been sent, so that a crash leaves it twice rather than lost; its row is
    worked on once. `store_ids` leaves those of other stores.
    """
    sent = left = 0
    seen: set[str] = set()
    # Longer than this takes for all that there can be, so that no message is met twice.
    while (
        batch := sqs().receive_message(QueueUrl=dead_url, MaxNumberOfMessages=10, VisibilityTimeout=120).get("Messages")
    ):
        for message in batch:
            if message["MessageId"] in seen:
                return sent, left
            seen.add(message["MessageId"])
            content = _content(message["Body"])
            if content is None or (store_ids is not None and content.get("store_id") not in store_ids):
                left += 1
                continue
            sent += 1
            if not dry_run:
                send_all(url, [content], group=content.get("store_id", ""))
                sqs().delete_message(QueueUrl=dead_url, ReceiptHandle=message["ReceiptHandle"])
    return sent, left


def dead_letters(url: str) -> str:
    """The dead-letter queue that a queue names. Raises LookupError when it names none."""
    attributes = sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get("Attributes", {})
    arn = json.loads(attributes.get("RedrivePolicy", "{}")).get("deadLetterTargetArn", "")
    if not arn:
        raise LookupError("the queue has no dead-letter queue")
    return sqs().get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]


def _counts(session: TenantSession, integration_id: str) -> tuple[dict[str, int], int]:
    """How many changes there are by status, and the seconds that the oldest has waited."""
    query = select(SyncQueue.status, func.count(SyncQueue.id), func.min(SyncQueue.created_at))
    rows = session.execute(query.where(SyncQueue.integration_id == integration_id).group_by(SyncQueue.status)).all()
    waiting = [since for kind, _, since in rows if kind in _UNDONE]
    lag = int((now() - min(waiting)).total_seconds()) if waiting else 0
    return {kind.value: count for kind, count, _ in rows}, lag


def _again(slug: str | None, which: ColumnElement[bool], *, dry_run: bool) -> Iterator[str]:
    for store_id, name in stores(slug):
        count = _counted(store_id, which) if dry_run else _queued(store_id, which)
        if count:
            yield f"{name}: {count}"


def _of_connected(which: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    live = select(ExternalPlatformIntegration.id).where(ExternalPlatformIntegration.disconnected_at.is_(None))
    return [which, SyncQueue.integration_id.in_(live)]


def _counted(store_id: str, which: ColumnElement[bool]) -> int:
    with tenant_session(store_id) as session:
        return session.scalar(select(func.count(SyncQueue.id)).where(*_of_connected(which))) or 0


def _queued(store_id: str, which: ColumnElement[bool]) -> int:
    done = 0
    begun = now()
    while True:
        with tenant_session(store_id) as session:
            # Those that were queued here already, and have failed again meanwhile, are not met twice.
            query = select(SyncQueue.id).where(*_of_connected(which), SyncQueue.updated_at < begun)
            query = query.order_by(SyncQueue.created_at, SyncQueue.id).limit(_AT_ONCE).with_for_update(skip_locked=True)
            ids = list(session.scalars(query))
            if not ids:
                return done
            values = {"status": SyncQueueStatus.PENDING, "retry_count": 0, "available_at": now(), "updated_at": now()}
            values |= {"reason": None, "error_message": None, "processed_at": None}
            again = update(SyncQueue).where(SyncQueue.id.in_(ids)).values(values)
            session.execute(again.execution_options(synchronize_session=False))
        messages = [{"store_id": store_id, "sync_queue_id": one} for one in ids]
        send_all(settings().sync_queue_url, messages, group=store_id)
        done += len(ids)


def _content(body: str) -> dict[str, str] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and all(isinstance(part, str) for part in found.values()) else None
