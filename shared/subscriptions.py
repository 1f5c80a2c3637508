"""How far a store may work, by the dates of its subscription (business-rules.md, Tenancy)."""

from datetime import datetime, timedelta

from shared.auth import Standing
from shared.models import StoreSubscription
from shared.models.enums import SubscriptionStatus

GRACE = timedelta(days=7)


def standing_of(subscription: StoreSubscription | None, moment: datetime) -> Standing:
    """Where a subscription stands at a moment (UTC).

    A trial that is over, or a plan that was cancelled, leaves seven days to read and fulfil; then the store may only
    read and choose a plan. A payment that is late stays in grace.
    """
    if subscription is None or subscription.status is SubscriptionStatus.ACTIVE:
        return Standing.ACTIVE
    if subscription.status is SubscriptionStatus.PAST_DUE:
        return Standing.GRACE
    over = {
        SubscriptionStatus.TRIAL: subscription.trial_end_date,
        SubscriptionStatus.CANCELED: subscription.end_date,
    }.get(subscription.status)
    if over is None:
        return Standing.SUSPENDED
    if moment <= over:
        return Standing.ACTIVE
    return Standing.GRACE if moment <= over + GRACE else Standing.SUSPENDED
