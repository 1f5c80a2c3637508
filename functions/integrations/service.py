"""Connections as staff sees and changes them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select, tuple_

from functions.integrations.schemas import (
    IntegrationRead,
    IntegrationSummaryRead,
    IntegrationUpdate,
    RegisteredWebhook,
)
from shared.integrations import connected, integration_of
from shared.models import ExternalPlatformIntegration, SyncQueue
from shared.models.base import now
from shared.models.enums import SyncQueueStatus
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.saving import assign
from shared.tenant_session import TenantSession
from shared.versions import check_if_match, tag

_WAITING = (SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING)


def list_integrations(
    session: TenantSession, limit: int, cursor: str | None, *, disconnected: bool
) -> Page[IntegrationSummaryRead]:
    """A page of connections, newest first. Raises MalformedError for a broken cursor."""
    row = ExternalPlatformIntegration
    ended = row.disconnected_at.is_not(None) if disconnected else row.disconnected_at.is_(None)
    query = select(row).where(ended).order_by(row.created_at.desc(), row.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(row.created_at, row.id) < place_of_newest(cursor))
    return page_of_newest(session.scalars(query).all(), limit, _summary)


def read_integration(session: TenantSession, integration_id: str) -> IntegrationRead:
    """A connection and how it fares, its version on the answer. Raises NotFoundError."""
    row = integration_of(session, integration_id)
    tag(session, row)
    counted = (
        select(SyncQueue.status, func.count(SyncQueue.id).label("count"), func.min(SyncQueue.created_at).label("since"))
        .where(SyncQueue.integration_id == integration_id)
        .group_by(SyncQueue.status)
    )
    found = {one.status: one for one in session.execute(counted)}
    waiting = [found[status].since for status in _WAITING if status in found]
    return IntegrationRead(
        **_summary(row).model_dump(),
        lag_seconds=max(0, int((now() - min(waiting)).total_seconds())) if waiting else 0,
        queue={status: found[status].count if status in found else 0 for status in SyncQueueStatus},
        webhooks=[RegisteredWebhook(id=str(one["id"]), topic=str(one["topic"])) for one in row.webhooks],
        shop_settings=row.platform_settings,
    )


def update_integration(
    session: TenantSession, integration_id: str, body: IntegrationUpdate, event: Mapping[str, Any]
) -> None:
    """Change a connection. Raises NotFoundError, ConflictError, StaleVersionError by `If-Match`."""
    row = connected(session, integration_id, lock=True)
    check_if_match(event, row)
    given = body.model_dump(exclude_unset=True, exclude={"notify_customers"})
    if body.notify_customers is not None:
        given["platform_settings"] = row.platform_settings | {"notify_customers": body.notify_customers}
    if body.entity_overrides is not None:
        given |= body.model_dump(mode="json", include={"entity_overrides"})
    assign(row, given)
    session.flush()


def _summary(row: ExternalPlatformIntegration) -> IntegrationSummaryRead:
    return IntegrationSummaryRead.model_validate(row, from_attributes=True)
