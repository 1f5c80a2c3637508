"""What was changed here and has not left yet, when something of theirs comes in meanwhile: field by field.

Where the last word counts, a field of theirs that is what ours was before says nothing new, and ours stays. One that
they have changed too is the later one's. What was not changed here is theirs.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select

from functions.sync.entities import PRODUCT
from functions.sync.inbound.links import Integration
from shared.models import ExternalLink, SyncQueue
from shared.models.enums import ConflictResolution, SyncDirection, SyncQueueStatus
from shared.sync_changes import FIELDS, WAS, said
from shared.tenant_session import TenantSession

_FIELDS = (
    *("name", "description", "short_description", "status"),
    *("price", "compare_at_price", "barcode", "weight", "length", "width", "height", "is_active"),
)
Mine = Mapping[str, tuple[Any, str]]
"""Our values by field, and what they were before they were changed."""


def of(  # noqa: PLR0913, PLR0917 - what is ours of what, and whose
    session: TenantSession, integration: Integration, link: ExternalLink, row: Any, product_id: str, prefix: str = ""
) -> Mine:
    """What of a row waits to be sent; `prefix` is that of a variant's fields."""
    if link.details.get("version") in (None, row.version) or not merges(integration):
        return {}
    was: dict[str, str] = {}
    for waiting in session.scalars(_waiting(integration, product_id)):
        was |= waiting.data.get(WAS, {})
    return {name: (getattr(row, name), was[prefix + name]) for name in _FIELDS if prefix + name in was}


def send_whole(session: TenantSession, integration: Integration, product_id: str) -> None:
    """Ours goes before theirs as a whole, whatever they have changed."""
    for waiting in session.scalars(_waiting(integration, product_id).with_for_update(skip_locked=True)):
        waiting.data = {name: value for name, value in waiting.data.items() if name not in (FIELDS, WAS)}


def merges(integration: Integration) -> bool:
    """Whether what both have changed is put together, and not decided for the whole."""
    return integration.conflict_resolution is ConflictResolution.LAST_WRITE_WINS


def keep(row: Any, mine: Mine, *, is_newer: bool) -> None:
    """Give a row what is ours again, after theirs was written."""
    for name, (value, was) in mine.items():
        if is_newer or said(getattr(row, name)) == was:
            setattr(row, name, value)


def _waiting(integration: Integration, product_id: str) -> Select[SyncQueue]:
    """The newest first."""
    query = select(SyncQueue).where(
        SyncQueue.integration_id == integration.id,
        SyncQueue.entity_type == PRODUCT,
        SyncQueue.entity_id == product_id,
        SyncQueue.direction == SyncDirection.OUTBOUND,
        SyncQueue.status.in_((SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING)),
    )
    return query.order_by(SyncQueue.created_at.desc(), SyncQueue.id.desc())
