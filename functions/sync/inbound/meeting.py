"""What both sides have changed of one thing: where ours goes first, it does so field by field."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from functions.sync.entities import PRODUCT
from functions.sync.inbound.links import Integration
from shared.models import SyncQueue
from shared.models.enums import SyncDirection, SyncQueueStatus
from shared.sync_changes import FIELDS
from shared.tenant_session import TenantSession


def changed_here(session: TenantSession, integration: Integration, product_id: str) -> set[str] | None:
    """The fields of a product that are still to be told, as `shared.sync_changes` names them.

    None when that is everything, or nobody knows.
    """
    query = select(SyncQueue.data).where(
        SyncQueue.integration_id == integration.id,
        SyncQueue.entity_type == PRODUCT,
        SyncQueue.entity_id == product_id,
        SyncQueue.direction == SyncDirection.OUTBOUND,
        SyncQueue.status != SyncQueueStatus.COMPLETED,
    )
    told = session.scalars(query).all()
    if not told or any(FIELDS not in data for data in told):
        return None
    return set().union(*(data[FIELDS] for data in told))


def keeping(session: TenantSession, row: Any, fields: set[str], write: Callable[[], None]) -> None:
    """Write theirs, but for fields of ours."""
    ours = {name: getattr(row, name) for name in fields if hasattr(type(row), name)}
    write()
    for name, value in ours.items():
        setattr(row, name, value)
    session.flush()
