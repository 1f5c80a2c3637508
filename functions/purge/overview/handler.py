"""What the purge tells and is told by staff."""

from collections import Counter
from typing import Any

from sqlalchemy import select

from functions.purge.kinds import soft_tables
from functions.purge.overview.schemas import (
    PlatformPurgeReportRead,
    PurgeReportRead,
    RetentionRead,
    RetentionUpdate,
    StorePurgeReportRead,
)
from functions.purge.retention import LEAST, USUAL
from functions.purge.service import due_counts
from shared.admin import open_admin
from shared.api import HttpApi
from shared.auth import requires
from shared.errors import FieldError, invalid
from shared.models import Store, StoreSubscription, SubscriptionPlan
from shared.models.base import now
from shared.privacy.holds import stores_under_hold
from shared.tenancy import current_session, platform_session, scheduled_session, tenant_isolated, tenant_of
from shared.tenant_session import TenantSession

app = HttpApi()
TAGS = ["purge"]


@app.get("/v1/purge/report", tags=TAGS)
@requires("store:read")
def read_report() -> PurgeReportRead:
    """What the next run would remove of the store."""
    store_id, moment = tenant_of(current_session()).id, now()
    with scheduled_session() as session:
        held = store_id in stores_under_hold(session, moment)
    rows = due_counts(moment, store_id).get(store_id, Counter())
    return PurgeReportRead(moment=moment, held=held, rows=dict(sorted(rows.items())))


@app.get("/v1/purge/report/all", tags=TAGS)
@requires("platform:stores")
def read_whole_report() -> PlatformPurgeReportRead:
    """What the next run would remove of every store, for the platform."""
    moment, actor = now(), current_session().info["actor"].email
    with platform_session(reason="report of what the purge would remove", actor=actor):
        found = due_counts(moment)
    total: Counter[str] = sum(found.values(), Counter())
    stores = [StorePurgeReportRead(store_id=one, rows=dict(sorted(found[one].items()))) for one in sorted(found)]
    return PlatformPurgeReportRead(moment=moment, rows=dict(sorted(total.items())), stores=stores)


@app.get("/v1/purge/retention", tags=TAGS)
@requires("store:read")
def read_retention() -> RetentionRead:
    """How long what was deleted is kept."""
    return _retention(_store(current_session()))


@app.put("/v1/purge/retention", tags=TAGS)
@requires("store:write")
def set_retention(body: RetentionUpdate) -> RetentionRead:
    """Say how long what was deleted is kept: 30 days at least, 90 where neither the store nor its plan says."""
    store, known = _store(current_session()), _kinds()
    unknown = [
        FieldError(loc=["body", "days", name], message="There is no such kind.") for name in body.days.keys() - known
    ]
    if unknown:
        raise invalid(sorted(unknown, key=str))
    store.retention_days = dict(sorted(body.days.items()))
    current_session().flush()
    return _retention(store)


def _retention(store: Store) -> RetentionRead:
    plan = current_session().scalar(select(SubscriptionPlan.retention_days).join(StoreSubscription))
    days = {**(plan or {}), **store.retention_days}
    effective = {name: max(LEAST, days.get(name, USUAL)) for name in sorted(_kinds())}
    return RetentionRead(days=dict(store.retention_days), in_effect=effective)


def _kinds() -> set[str]:
    return {table.name for table in soft_tables()} | {"stores"}


def _store(session: TenantSession) -> Store:
    return session.scalars(select(Store)).one()


@tenant_isolated(open_admin)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
