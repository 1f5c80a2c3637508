"""How long what was deleted is kept: as the store says, or else its plan, or else 90 days; never less than 30."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from functions.purge.kinds import table_of
from shared.models import Store, StoreSubscription, SubscriptionPlan
from shared.tenant_session import TenantSession

USUAL, LEAST = 90, 30
"""Days."""
FIGURES = timedelta(days=3 * 366)
"""How long the figures of an order are kept from the day it was placed, for the tax office."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A store, to the purge: whether it is itself to go, and how many days each of its tables is kept for."""

    store_id: str
    deleted_at: datetime | None
    deletion_id: str | None
    purged_at: datetime | None
    days: Mapping[str, int] = field(compare=False)

    def cut_off(self, table: str, moment: datetime) -> datetime:
        """What was deleted before this goes, at a moment."""
        return moment - timedelta(days=max(LEAST, self.days.get(table, USUAL)))

    def goes(self, moment: datetime) -> bool:
        """Whether the store itself goes, with all that is in it."""
        return self.deleted_at is not None and self.deleted_at < self.cut_off("stores", moment)


def kept_of(session: TenantSession, store_ids: list[str]) -> list[Kept]:
    """How long stores keep what was deleted, deleted stores among them, in a session of the platform."""
    stores, subscriptions, plans = table_of(Store).c, table_of(StoreSubscription), table_of(SubscriptionPlan)
    own = (stores.id, stores.deleted_at, stores.deletion_id, stores.purged_at, stores.retention_days)
    joined = (
        table_of(Store)
        .outerjoin(subscriptions, subscriptions.c.store_id == stores.id)
        .outerjoin(plans, plans.c.id == subscriptions.c.plan_id)
    )
    query = select(*own, plans.c.retention_days.label("of_plan")).select_from(joined).where(stores.id.in_(store_ids))
    return [
        Kept(row.id, row.deleted_at, row.deletion_id, row.purged_at, {**(row.of_plan or {}), **row.retention_days})
        for row in session.connection().execute(query)
    ]
