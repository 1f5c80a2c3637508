"""What a store's machinery has of a customer: answers kept for repeats, exports, messages in and out.

There it may stand anywhere, so that it is looked for by what would tell of the person.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, func, literal, or_, select, update

from shared.models import (
    ExternalLink,
    ExternalPlatformIntegration,
    FileDeletion,
    IdempotencyKey,
    OrderExport,
    OutboxEvent,
    SyncQueue,
    SyncRun,
    WebhookDelivery,
)
from shared.models.base import new_id, now
from shared.models.enums import SyncDirection, SyncQueueStatus, TransferStatus
from shared.privacy.finding import Found, parts
from shared.privacy.log import redact_log
from shared.tenant_session import TenantSession

GONE: dict[str, Any] = {"erased": True}
_MOST_WORDS = 60
_UNDONE = (SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING)
_EXPORTS_KEPT = timedelta(days=30)
_ERASED = "A customer in it was erased meanwhile; export it anew."


def wipe(session: TenantSession, found: Found, words: Sequence[str]) -> None:
    """Take a customer out of everything that HOLDINGS does not name."""
    words = [word.lower() for word in words[:_MOST_WORDS]]
    redact_log(session, found, words)
    _withdraw_exports(session, found, words)
    in_answers = _in_bytes(session, IdempotencyKey.body, words)
    _run(session, delete(IdempotencyKey).where(in_answers))
    moment = now()
    told = _in_json(OutboxEvent.payload, words)
    done = func.coalesce(OutboxEvent.sent_at, moment)
    _run(session, update(OutboxEvent).where(told).values(payload=GONE, sent_at=done))
    _wipe_sync(session, found, words)
    arrived = _in_bytes(session, WebhookDelivery.body, words)
    done = func.coalesce(WebhookDelivery.processed_at, moment)
    _run(session, update(WebhookDelivery).where(arrived).values(body=b"", headers=GONE, processed_at=done))


def _wipe_sync(session: TenantSession, found: Found, words: Sequence[str]) -> None:
    named = _in_json(SyncQueue.data, words) | _in_text(SyncQueue.error_message, words)
    by_id = [one for name in ("customers", "addresses", "orders") for one in found.rows[name]]
    own = [SyncQueue.entity_id.in_(some) for some in parts(by_id)]
    theirs = or_(named, *own)
    # What leaves is what our row says when it is pushed; what came in would write the person down anew.
    came = (SyncQueue.direction == SyncDirection.INBOUND, SyncQueue.status.in_(_UNDONE))
    done = {"status": SyncQueueStatus.COMPLETED, "reason": "erased", "processed_at": now()}
    _run(session, update(SyncQueue).where(theirs, *came).values(done))
    _run(session, update(SyncQueue).where(theirs).values(data=GONE, error_message=None))
    _run(session, update(ExternalLink).where(_in_json(ExternalLink.details, words)).values(details=GONE))
    _run(session, update(SyncRun).where(_in_json(SyncRun.drift, words)).values(drift=[]))
    _run(session, update(SyncRun).where(_in_text(SyncRun.error, words)).values(error=None))
    shops = update(ExternalPlatformIntegration).where(_in_text(ExternalPlatformIntegration.last_error, words))
    _run(session, shops.values(last_error=None))


def _withdraw_exports(session: TenantSession, found: Found, words: Sequence[str]) -> None:
    """Exports of orders that were narrowed to the customer forget it, and no file with an order of theirs is left."""
    about, failed = _in_json(OrderExport.filters, words), {"status": TransferStatus.FAILED, "error": _ERASED}
    may_hold = (OrderExport.status != TransferStatus.FAILED, OrderExport.created_at > now() - _EXPORTS_KEPT)
    query = select(OrderExport.id, OrderExport.storage_key).where(*may_hold)
    for row_id, key in session.execute(query if found.rows["orders"] else query.where(about)).all():
        session.add(FileDeletion(id=new_id(), bucket="files", storage_key=key, available_at=now()))
        _run(session, update(OrderExport).where(OrderExport.id == row_id).values(failed))
    _run(session, update(OrderExport).where(about).values(filters={}, **failed))


def _in_text(column: Any, words: Sequence[str]) -> ColumnElement[bool]:
    written = func.lower(func.coalesce(column, ""))
    return or_(*(written.contains(word, autoescape=True) for word in words))


def _in_json(column: Any, words: Sequence[str]) -> ColumnElement[bool]:
    """Whether JSON has one of the words, as it is or as JSON escapes it."""
    written = func.lower(cast(column, Text))
    forms = dict.fromkeys(form for word in words for form in (word, json.dumps(word)[1:-1].lower()))
    return or_(*(written.contains(form, autoescape=True) for form in forms))


def _in_bytes(session: TenantSession, column: Any, words: Sequence[str]) -> ColumnElement[bool]:
    forms = list(dict.fromkeys(form for word in words for form in (word, json.dumps(word)[1:-1].lower())))
    if session.get_bind().dialect.name == "postgresql":
        written = func.lower(func.encode(column, literal("escape")))
        forms = [_escaped(form) for form in forms]
    else:
        written = func.lower(cast(column, Text))
    return or_(*(written.contains(form, autoescape=True) for form in forms))


def _escaped(form: str) -> str:
    """As PostgreSQL's `encode(..., 'escape')` writes it."""
    return "".join("\\\\" if byte == 0x5C else chr(byte) if byte < 0x80 else f"\\{byte:03o}" for byte in form.encode())


def _run(session: TenantSession, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
