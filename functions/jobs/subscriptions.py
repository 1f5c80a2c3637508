"""Trials and plans that end: reminders 7, 3 and 1 days before, seven days of grace, then the shop is closed.

Who may do what follows the dates by itself (shared/subscriptions.py); this writes down where a store stands, closes its
shop, and tells it by mail, once a step. What was slept through is not made up for: the newest step's mail is enough.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, case, select

from functions.jobs.turns import in_turns
from shared.account_mails import Template, send_later
from shared.job_runs import Run
from shared.models import Store, StoreSubscription
from shared.models.enums import StoreStatus, SubscriptionStatus
from shared.subscriptions import GRACE
from shared.tenant_session import TenantSession

_ENDING = (SubscriptionStatus.TRIAL, SubscriptionStatus.CANCELED)
_LAST_ORDERS = timedelta(seconds=60)
"""An order that was begun before the end may be completed."""
_STEPS: tuple[tuple[timedelta, Template], ...] = (
    (timedelta(days=7), "subscription_ends"),
    (timedelta(days=3), "subscription_ends"),
    (timedelta(days=1), "subscription_ends"),
    (timedelta(0), "subscription_ended"),
    (-GRACE - _LAST_ORDERS, "store_suspended"),
)
"""How long before the end each step is taken, and its mail."""
_TRADING = {StoreStatus.ACTIVE, StoreStatus.TRIAL, StoreStatus.TRIAL_EXPIRED}


def subscriptions(run: Run) -> None:
    """Remind those whose trial or plan ends, and close the shops of those whose grace is over."""
    end = case(
        (StoreSubscription.status == SubscriptionStatus.TRIAL, StoreSubscription.trial_end_date),
        else_=StoreSubscription.end_date,
    )
    # The latest step first.
    reached = [(end <= run.moment + before, number) for number, (before, _) in enumerate(_STEPS, 1)][::-1]
    told = case((StoreSubscription.ending_told_for == end, StoreSubscription.ending_told), else_=0)
    due = and_(StoreSubscription.status.in_(_ENDING), case(*reached, else_=0) > told)

    def batch(session: TenantSession) -> int:
        row = session.scalar(select(StoreSubscription).where(due).with_for_update(skip_locked=True))
        if row is None:
            return 0
        _take_step(session, row, run.moment)
        return 1

    in_turns(run, "subscriptions", select(StoreSubscription.store_id).where(due), batch)


def _take_step(session: TenantSession, subscription: StoreSubscription, moment: datetime) -> None:
    is_trial = subscription.status is SubscriptionStatus.TRIAL
    end = subscription.trial_end_date if is_trial else subscription.end_date
    assert end is not None, "what has no end is not due"  # noqa: S101 - for mypy
    step = max(number for number, (before, _) in enumerate(_STEPS, 1) if end <= moment + before)
    subscription.ending_told, subscription.ending_told_for = step, end
    store = session.scalars(select(Store).with_for_update()).one()
    template = _STEPS[step - 1][1]
    if template == "subscription_ended" and store.status is StoreStatus.TRIAL:
        store.status = StoreStatus.TRIAL_EXPIRED
    if template == "store_suspended":
        _close(subscription, store, moment)
    details = {
        "store": store.name,
        "what": "trial" if is_trial else "plan",
        "ends_on": end.date().isoformat(),
        "closes_on": (end + GRACE).date().isoformat(),
        "days": str(_STEPS[step - 1][0].days),
    }
    send_later(session, template, store.email, details)


def _close(subscription: StoreSubscription, store: Store, moment: datetime) -> None:
    subscription.status = SubscriptionStatus.EXPIRED
    if store.status in _TRADING:
        store.status, subscription.store_closed_at = StoreStatus.SUSPENDED, moment
