"""Whose turn it is: one push of a thing at a time, and none to a shop that does not answer."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from functions.sync import queue
from functions.sync.inbound.links import Integration
from shared.models import ExternalPlatformIntegration, SyncQueue
from shared.models.base import now
from shared.models.enums import SyncDirection, SyncQueueStatus
from shared.platforms import circuit
from shared.sync_changes import FIELDS, WAS
from shared.tenant_session import TenantSession

BUSY = timedelta(seconds=5)
"""When to look again after somebody else who pushes the same thing."""


class LaterError(Exception):
    """Not now."""

    def __init__(self, at: datetime, reason: str) -> None:
        super().__init__(reason)
        self.at = at


def take_turn(session: TenantSession, row: SyncQueue) -> None:
    """One push of a thing at a time; older changes of it are done with this one."""
    same = (
        SyncQueue.integration_id == row.integration_id,
        SyncQueue.entity_type == row.entity_type,
        SyncQueue.entity_id == row.entity_id,
        SyncQueue.direction == SyncDirection.OUTBOUND,
        SyncQueue.id != row.id,
    )
    moment = now()
    working = select(SyncQueue).where(*same, SyncQueue.status == SyncQueueStatus.PROCESSING)
    for other in session.scalars(working):
        alive = other.available_at is not None and other.available_at > moment
        if alive and (other.data.get("pushing") or other.id < row.id):
            raise LaterError(moment + BUSY, "busy")
    waiting = select(SyncQueue).where(*same, SyncQueue.status == SyncQueueStatus.PENDING)
    # What was before is what the oldest says.
    waiting = waiting.order_by(SyncQueue.created_at.desc(), SyncQueue.id.desc())
    for other in session.scalars(waiting.with_for_update(skip_locked=True)):
        _take_over(row, other)
        queue.done(other, "superseded", None)


def _take_over(row: SyncQueue, other: SyncQueue) -> None:
    """What the other was to tell of is told with this one; a row that names no fields tells of all."""
    if FIELDS not in row.data:
        return
    rest = {name: value for name, value in row.data.items() if name not in (FIELDS, WAS)}
    told = other.data.get(FIELDS)
    if told is not None:
        was = row.data.get(WAS, {}) | other.data.get(WAS, {})
        rest |= {FIELDS: sorted({*row.data[FIELDS], *told}), WAS: was}
    row.data = rest


def heed_circuit(session: TenantSession, integration: Integration) -> None:
    """Leave a shop alone that does not answer, or be the one that tries. Raises LaterError."""
    moment = now()
    if until := circuit.waits_until(integration.circuit, moment):
        raise LaterError(until, "circuit_open")
    if circuit.is_open(integration.circuit):
        state = _locked_circuit(session, integration)
        if until := circuit.waits_until(state, moment):
            raise LaterError(until, "circuit_open")
        _set_circuit(session, integration, circuit.probing(state, moment))


def answered(session: TenantSession, integration: Integration) -> None:
    """The shop has answered, whatever it said."""
    if integration.circuit:
        _set_circuit(session, integration, circuit.answered())


def _locked_circuit(session: TenantSession, integration: Integration) -> dict[str, Any]:
    query = select(ExternalPlatformIntegration.circuit).where(ExternalPlatformIntegration.id == integration.id)
    return dict(session.scalar(query.with_for_update()) or {})


def _set_circuit(session: TenantSession, integration: Integration, state: dict[str, Any]) -> None:
    """Past the row's version: nobody has edited it."""
    row = ExternalPlatformIntegration
    change = update(row).where(row.id == integration.id).values(circuit=state, updated_at=now())
    session.execute(change.execution_options(synchronize_session=False))


def unanswered(session: TenantSession, integration: Integration) -> datetime | None:
    """The shop has not answered. Returns until when nobody may call it, if it is left alone now."""
    state = circuit.failed(_locked_circuit(session, integration), now())
    _set_circuit(session, integration, state)
    return circuit.waits_until(state, now())
