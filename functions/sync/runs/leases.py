"""Who works on a run: one at a time, for a while at a time, so that another takes over after a crash."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from functions.sync.inbound.links import Integration
from shared.integrations import credentials_of
from shared.models import ExternalPlatformIntegration, SyncRun
from shared.models.base import now
from shared.models.enums import SyncRunKind, SyncRunStatus
from shared.platforms import circuit
from shared.platforms.http import Credentials
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession

HELD = timedelta(minutes=3)
"""How long a run is one worker's; each step begins it anew."""
TRIES = 40
"""How often in a row nothing comes of it before it has failed: some hours of a shop that is away."""
OVERLAP = timedelta(minutes=15)
_OPEN = (SyncRunStatus.QUEUED, SyncRunStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class Work:
    """A run that was taken."""

    store_id: str
    run_id: str
    integration: Integration
    credentials: Credentials


def take(store_id: str, run_id: str) -> Work | None:
    """Take a run for a while; None when it is over, another's, paused, or its shop is left alone for now."""
    with tenant_session(store_id) as session:
        row = session.scalar(select(SyncRun).where(SyncRun.id == run_id).with_for_update(skip_locked=True))
        moment = now()
        if row is None or row.status not in _OPEN or row.resume_at > moment:
            return None
        integration = session.get_one(ExternalPlatformIntegration, row.integration_id)
        if not integration.is_active or integration.disconnected_at is not None:
            return None
        if until := circuit.waits_until(integration.circuit, moment):
            row.resume_at = until
            return None
        if row.attempts >= TRIES:
            # Its workers die on the way.
            row.status, row.finished_at, row.error = SyncRunStatus.FAILED, moment, row.error or "cut_off"
            return None
        row.status, row.resume_at, row.attempts = SyncRunStatus.RUNNING, moment + HELD, row.attempts + 1
        if row.kind is SyncRunKind.RECONCILIATION and row.since is None:
            row.since = _since(session, integration)
        row.started_at = row.started_at or moment
    # KMS is another machine too.
    return Work(store_id, run_id, integration, credentials_of(session, integration))


def _since(session: TenantSession, integration: Integration) -> datetime:
    """What changed before was looked at by the last run; a little of it once more, for clocks that differ."""
    done = select(SyncRun.started_at).where(
        SyncRun.integration_id == integration.id, SyncRun.status == SyncRunStatus.COMPLETED
    )
    last = session.scalar(done.order_by(SyncRun.started_at.desc()).limit(1))
    return (last or integration.created_at) - OVERLAP


def held(session: TenantSession, work: Work) -> SyncRun | None:
    """The run's row, locked; None when it was cancelled or is over."""
    row = session.scalar(select(SyncRun).where(SyncRun.id == work.run_id).with_for_update())
    if row is None or row.status is not SyncRunStatus.RUNNING:
        return None
    row.resume_at = now() + HELD
    return row


def let_go(work: Work, at: datetime, error: str | None) -> None:
    """Let somebody go on later; for good, when it has been tried too often."""
    with tenant_session(work.store_id) as session:
        row = held(session, work)
        if row is None:
            return
        row.resume_at, row.error = at, error
        if error is not None and row.attempts >= TRIES:
            row.status, row.finished_at = SyncRunStatus.FAILED, now()
