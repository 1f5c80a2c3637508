"""Reading the audit log of a store."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, tuple_

from functions.stores.schemas import AuditEntryRead
from shared.models import AuditLog
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.tenant_session import TenantSession


def list_entries(
    session: TenantSession, filters: Mapping[str, Any], limit: int, cursor: str | None
) -> Page[AuditEntryRead]:
    """A page of the log, newest first.

    `filters` may name `action`, `entity_type`, `entity_id` and `user_id`, and a time span `since` (inclusive) and
    `until` (exclusive). Raises MalformedError for a broken cursor.
    """
    query = select(AuditLog).order_by(AuditLog.created_at.desc(), AuditLog.id.desc()).limit(limit + 1)
    for name in ("entity_type", "entity_id", "user_id", "action"):
        if (value := filters.get(name)) is not None:
            query = query.where(getattr(AuditLog, name) == value)
    if (since := filters.get("since")) is not None:
        query = query.where(AuditLog.created_at >= since)
    if (until := filters.get("until")) is not None:
        query = query.where(AuditLog.created_at < until)
    if cursor is not None:
        query = query.where(tuple_(AuditLog.created_at, AuditLog.id) < place_of_newest(cursor))
    rows = session.scalars(query).all()
    return page_of_newest(rows, limit, _shown)


def _shown(row: AuditLog) -> AuditEntryRead:
    return AuditEntryRead(
        id=row.id,
        created_at=row.created_at,
        actor_email=row.actor_email,
        user_id=row.user_id,
        action=row.action,
        entity_type=row.entity_type,
        entity_id=row.entity_id,
        before=row.before_snapshot,
        after=row.after_snapshot,
        ip_address=row.ip_address,
        user_agent=row.user_agent,
    )
