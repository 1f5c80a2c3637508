"""Plans, and what a store has subscribed to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from functions.stores.current import current_store
from functions.stores.schemas import (
    PlanCreate,
    PlanRead,
    PlansRead,
    PlanUpdate,
    SubscriptionChange,
    SubscriptionRead,
    UsageRead,
)
from shared.audit import Actor, act_as
from shared.errors import ConflictError, FieldError, InvalidError, NotFoundError
from shared.models import StoreSubscription, SubscriptionPlan
from shared.models.base import now
from shared.models.enums import BillingCycle, StoreStatus, SubscriptionStatus
from shared.plan_limits import usage_of
from shared.subscriptions import standing_of
from shared.tenancy import platform_session
from shared.tenant_session import TenantSession
from shared.versions import check_if_match

_PAID = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}
_PERIOD = {BillingCycle.MONTHLY: relativedelta(months=1), BillingCycle.YEARLY: relativedelta(years=1)}


def first_subscription(session: TenantSession, plan_slug: str) -> tuple[StoreSubscription, StoreStatus]:
    """What a new store begins with: a trial, or at once when the plan is free; and the store's status by that.

    Raises NotFoundError when there is no such plan.
    """
    plan, moment = _plan(session, plan_slug), now()
    is_trial = plan.price > 0 and plan.trial_days > 0
    subscription = StoreSubscription(
        plan_id=plan.id,
        status=SubscriptionStatus.TRIAL if plan.price > 0 else SubscriptionStatus.ACTIVE,
        start_date=moment,
        trial_end_date=moment + timedelta(days=plan.trial_days) if plan.price > 0 else None,
    )
    return subscription, StoreStatus.TRIAL if is_trial else StoreStatus.ACTIVE


def read_subscription(session: TenantSession) -> SubscriptionRead:
    """What the store has subscribed to. Raises NotFoundError when it has no plan."""
    return _shown(*_own(session))


def change_subscription(session: TenantSession, body: SubscriptionChange) -> SubscriptionRead:
    """Choose a plan; it counts from now on.

    Raises NotFoundError when there is no such plan, ConflictError naming each limit of it that is exceeded already,
    InvalidError when it must be paid and nothing says how.
    """
    subscription, current = _own(session, lock=True)
    store = current_store(session)
    plan = current if body.plan == current.slug else _plan(session, body.plan)
    over = [usage for usage in usage_of(subscription, plan) if usage.limit is not None and usage.used > usage.limit]
    if over:
        errors = [
            FieldError(loc=["body", "plan"], message=f"{u.used} {u.resource} are used, the plan allows {u.limit}.")
            for u in over
        ]
        raise ConflictError("plan_too_small", "Too much is used for this plan; `errors` says what.", errors)
    is_running = plan is current and subscription.status is SubscriptionStatus.ACTIVE
    if not is_running:
        subscription.plan_id = plan.id
        _pay(subscription, plan, body.payment_method, now())
    if store.status in (StoreStatus.TRIAL, StoreStatus.TRIAL_EXPIRED) or subscription.store_closed_at is not None:
        trial = subscription.status is SubscriptionStatus.TRIAL
        store.status = StoreStatus.TRIAL if trial else StoreStatus.ACTIVE
    subscription.store_closed_at = None
    session.flush()
    return _shown(subscription, plan)


def cancel_subscription(session: TenantSession) -> SubscriptionRead:
    """Stop paying: the plan stays until the end of what is paid. Raises ConflictError when there is nothing to stop."""
    subscription, plan = _own(session, lock=True)
    if subscription.status not in _PAID or plan.price == 0:
        raise ConflictError("nothing_to_cancel", "No paid subscription is running.")
    subscription.status, subscription.end_date = SubscriptionStatus.CANCELED, subscription.next_billing_date or now()
    subscription.next_billing_date = None
    session.flush()
    return _shown(subscription, plan)


def refuse_if_paid(session: TenantSession, store_id: str) -> None:
    """Raises ConflictError while a paid subscription of a store runs."""
    query = select(StoreSubscription).where(StoreSubscription.store_id == store_id)
    found = session.scalar(query.with_for_update())
    if found is not None and found.status in _PAID and found.plan.price > 0:
        raise ConflictError("subscription_active", "Cancel the subscription first: DELETE /v1/store/subscription.")


def list_plans(session: TenantSession) -> PlansRead:
    """The plans to choose from, smallest first."""
    query = select(SubscriptionPlan).where(SubscriptionPlan.is_active, SubscriptionPlan.is_public)
    return PlansRead(items=[_plan_shown(plan) for plan in session.scalars(query.order_by(SubscriptionPlan.tier))])


def create_plan(body: PlanCreate, actor: Actor) -> PlanRead:
    """Offer another plan. Raises ConflictError when its slug or name is taken."""
    try:
        with platform_session(reason="create a plan", actor=actor.email) as session:
            act_as(session, actor)
            plan = SubscriptionPlan(**body.model_dump())
            session.add(plan)
            session.flush()
            return _plan_shown(plan)
    except IntegrityError as error:
        raise _taken() from error


def update_plan(slug: str, body: PlanUpdate, actor: Actor, event: Mapping[str, Any]) -> PlanRead:
    """Change a plan. Raises NotFoundError, StaleVersionError, and ConflictError when its name is taken."""
    try:
        with platform_session(reason="change a plan", actor=actor.email) as session:
            act_as(session, actor)
            plan = session.scalar(select(SubscriptionPlan).where(SubscriptionPlan.slug == slug))
            if plan is None:
                raise _no_plan()
            check_if_match(event, plan)
            for field, value in body.model_dump(exclude_unset=True, exclude_none=True).items():
                setattr(plan, field, value)
            session.flush()
            return _plan_shown(plan)
    except IntegrityError as error:
        raise _taken() from error


def _plan(session: TenantSession, slug: str) -> SubscriptionPlan:
    """A plan that stores may choose: those that are not public are the platform's to give."""
    query = select(SubscriptionPlan).where(SubscriptionPlan.is_active, SubscriptionPlan.is_public)
    plan = session.scalar(query.where(SubscriptionPlan.slug == slug))
    if plan is None:
        raise _no_plan()
    return plan


def _own(session: TenantSession, *, lock: bool = False) -> tuple[StoreSubscription, SubscriptionPlan]:
    # Who waits for the row must not have joined it to the plan that it had before.
    query = select(StoreSubscription)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFoundError("no_subscription", "This store has no plan; ask the platform's support.")
    return found, found.plan


def _pay(subscription: StoreSubscription, plan: SubscriptionPlan, method: str | None, moment: datetime) -> None:
    method = method or subscription.payment_method
    trial_over = subscription.trial_end_date is None or subscription.trial_end_date <= moment
    if plan.price == 0:
        subscription.status, subscription.next_billing_date = SubscriptionStatus.ACTIVE, None
    elif method is not None:
        subscription.status, subscription.payment_method = SubscriptionStatus.ACTIVE, method
        subscription.start_date = subscription.last_billing_date = moment
        subscription.next_billing_date = moment + _PERIOD[plan.billing_cycle]
    elif subscription.status is not SubscriptionStatus.TRIAL or trial_over:
        message = "Say how the plan is paid."
        raise InvalidError("payment_needed", message, [FieldError(loc=["body", "payment_method"], message=message)])
    subscription.end_date = None


def _shown(subscription: StoreSubscription, plan: SubscriptionPlan) -> SubscriptionRead:
    usage = [
        UsageRead(resource=str(one.resource), used=one.used, limit=one.limit, is_near=one.is_near)
        for one in usage_of(subscription, plan)
    ]
    return SubscriptionRead(
        plan=_plan_shown(plan),
        status=subscription.status,
        standing=str(standing_of(subscription, now())),
        trial_ends_at=subscription.trial_end_date,
        next_billing_at=subscription.next_billing_date,
        ends_at=subscription.end_date,
        payment_method=subscription.payment_method,
        usage=usage,
    )


def _plan_shown(plan: SubscriptionPlan) -> PlanRead:
    fields = {name: getattr(plan, name) for name in PlanRead.model_fields if name != "price"}
    return PlanRead(**fields, price=f"{plan.price:.2f}")


def _no_plan() -> NotFoundError:
    return NotFoundError("plan_not_found", "There is no such plan; GET /v1/plans lists them.")


def _taken() -> ConflictError:
    return ConflictError("plan_exists", "Another plan has this slug or name.")
