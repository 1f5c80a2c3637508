"""What a store's machinery has of a customer: the audit log, answers kept for repeats, messages in and out.

There it may stand anywhere, so that it is looked for by what would tell of the person.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, func, literal, or_, select, text, update

from shared.models import AuditLog, ExternalLink, IdempotencyKey, OutboxEvent, SyncQueue, SyncRun, WebhookDelivery
from shared.models.base import now
from shared.models.enums import SyncDirection, SyncQueueStatus
from shared.privacy.finding import Found, parts
from shared.privacy.holdings import HOLDINGS
from shared.tenant_session import TenantSession

GONE: dict[str, Any] = {"erased": True}
_MOST_WORDS = 60
_UNDONE = (SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING)
PERSONAL = sorted(
    {key for holding in HOLDINGS.values() for key in holding.blanks}
    | {"email", "recipient", "shipping_address", "billing_address", "state", "country"}
)
"""Keys of snapshots in the audit log that tell of a person, in rows about what belongs to one."""


def wipe(session: TenantSession, found: Found, words: Sequence[str]) -> None:
    """Take a customer out of everything that HOLDINGS does not name."""
    words = [word.lower() for word in words[:_MOST_WORDS]]
    _redact_log(session, found)
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
    named = _in_json(SyncQueue.data, words) | func.lower(func.coalesce(SyncQueue.error_message, "")).contains(
        found.mails[0], autoescape=True
    )
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


def _redact_log(session: TenantSession, found: Found) -> None:
    ids = [one for rows in found.rows.values() for one in rows]
    calls: list[tuple[str, list[str]]] = [(mail, []) for mail in found.mails] + [
        (found.mails[0], list(some)) for some in parts(ids)
    ]
    for mail, some in calls:
        if session.get_bind().dialect.name == "postgresql":
            parameters = {"store": session.store_id, "customer": found.customer_id, "mail": mail}
            session.connection().execute(_REDACT, parameters | {"ids": some, "keys": PERSONAL})
        else:
            _redact_on_sqlite(session, mail, some)


_REDACT = text("SELECT app.redact_audit_log(:store, :customer, :mail, CAST(:ids AS text[]), CAST(:keys AS text[]))")


def _redact_on_sqlite(session: TenantSession, mail: str, ids: Sequence[str]) -> None:
    log: Any = AuditLog.__table__
    query = select(AuditLog).where(
        or_(
            AuditLog.entity_id.in_(ids),
            _in_json(AuditLog.before_snapshot, [mail]),
            _in_json(AuditLog.after_snapshot, [mail]),
            AuditLog.actor_email == mail,
        )
    )
    for row in session.scalars(query).all():
        snapshots = {name: getattr(row, name) for name in ("before_snapshot", "after_snapshot")}
        facts: dict[str, Any] = {
            name: {"redacted": True}
            for name, shot in snapshots.items()
            if shot and (set(shot) & set(PERSONAL) or mail in json.dumps(shot).lower())
        }
        if row.actor_email.lower() == mail:
            facts |= {"actor_email": "erased", "ip_address": None, "user_agent": None}
        if facts:
            changed = update(log).where(log.c.id == row.id)
            session.connection().execute(changed.values(updated_at=log.c.updated_at, **facts))
            session.expire(row)


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
