"""What a store's plan allows of it: places are taken where things are made, exactly, however many make them at once.

The subscription's row holds the counts, and one conditional UPDATE takes a place: who comes second waits for the row
and sees the count that the first has left. A limit of -1 is none.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Integer, case, cast, literal, or_, select, update

from shared.account_mails import send_later
from shared.errors import PlanError
from shared.models import Store, StoreSubscription, SubscriptionPlan
from shared.models.base import now
from shared.tenancy import add_header
from shared.tenant_session import TenantSession

_NEAR = 0.8
_MB = 1024 * 1024


class Resource(StrEnum):
    """What plans limit. Orders are counted by the calendar month (UTC), storage in bytes and told in MB, rounded up."""

    PRODUCTS = "products"
    ORDERS = "orders"
    STAFF = "staff"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a limit is used. `limit` is None where the plan has none."""

    resource: Resource
    used: int
    limit: int | None

    @property
    def is_near(self) -> bool:
        """Whether four fifths are used."""
        return self.limit is not None and self.used >= self.limit * _NEAR


def take_place(session: TenantSession, resource: Resource, amount: int = 1) -> Usage:
    """Count what is about to be made. Raises PlanError naming the limit, the usage and the plan when it does not fit.

    The amount is a number of things, or for storage of bytes; the usage that it returns is in MB then.
    From four fifths on the answer carries `Plan-Warning`, and on reaching them the store is told by mail.
    """
    used, limit, month = _counted(resource), _limit(resource), _month()
    most = cast(limit, BigInteger) * _MB if resource is Resource.STORAGE else limit
    after = used + literal(amount, BigInteger)
    statement = (
        update(StoreSubscription)
        .where(or_(limit == -1, after <= most))
        .values(_values(resource, after) | _begun(resource, month))
        .returning(getattr(StoreSubscription, _name(resource)), limit)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise _refusal(session, resource, amount)
    usage = Usage(resource, row[0], None if row[1] == -1 else row[1])
    _warn(session, usage, -(-amount // _MB) if resource is Resource.STORAGE else amount)
    return usage


def check_room(session: TenantSession, resource: Resource, amount: int = 1) -> None:
    """See whether something would fit, without counting it. Raises PlanError as `take_place` does."""
    limit = _limit(resource)
    most = cast(limit, BigInteger) * _MB if resource is Resource.STORAGE else limit
    fits = or_(limit == -1, _counted(resource) + literal(amount, BigInteger) <= most)
    if session.scalar(select(StoreSubscription.id).where(fits)) is None:
        raise _refusal(session, resource, amount)


def give_back(session: TenantSession, resource: Resource, amount: int = 1) -> None:
    """Free what is no longer there."""
    used = _counted(resource)
    given = literal(amount, BigInteger)
    left = case((used > given, used - given), else_=0)
    values = _values(resource, left) | _begun(resource, _month())
    session.execute(update(StoreSubscription).values(values).execution_options(synchronize_session=False))


def give_back_storage(session: TenantSession, store_id: str, amount: int) -> None:
    """Free bytes of one store, in a session of the platform."""
    used, given = StoreSubscription.storage_bytes, literal(amount, BigInteger)
    left = case((used > given, used - given), else_=0)
    freed = update(StoreSubscription).where(StoreSubscription.store_id == store_id)
    values = _values(Resource.STORAGE, left)
    session.execute(freed.values(values).execution_options(synchronize_session=False))


def usage_of(subscription: StoreSubscription, plan: SubscriptionPlan) -> list[Usage]:
    """What a subscription uses of each limit of a plan."""
    stale = subscription.usage_reset_at < _month()
    found = []
    for resource in Resource:
        used = 0 if resource is Resource.ORDERS and stale else getattr(subscription, _name(resource))
        limit = getattr(plan, f"max_{resource}")
        found.append(Usage(resource, used, None if limit == -1 else limit))
    return found


def _name(resource: Resource) -> str:
    return f"current_{resource}"


def _counted(resource: Resource) -> Any:
    if resource is Resource.STORAGE:
        return StoreSubscription.storage_bytes
    column = getattr(StoreSubscription, _name(resource))
    if resource is not Resource.ORDERS:
        return column
    return case((StoreSubscription.usage_reset_at < _month(), 0), else_=column)


def _values(resource: Resource, count: Any) -> dict[str, Any]:
    """The columns that hold a count; of storage the bytes, and the MB that plans are told in."""
    if resource is not Resource.STORAGE:
        return {_name(resource): count}
    # Whole megabytes, begun ones counted.
    return {"storage_bytes": count, _name(resource): cast((count + (_MB - 1)) // _MB, Integer)}


def _begun(resource: Resource, month: datetime) -> dict[str, Any]:
    """Orders begin anew each month."""
    if resource is not Resource.ORDERS:
        return {}
    reset = StoreSubscription.usage_reset_at
    return {"usage_reset_at": case((reset < month, month), else_=reset)}


def _limit(resource: Resource) -> Any:
    column = getattr(SubscriptionPlan, f"max_{resource}")
    return select(column).where(SubscriptionPlan.id == StoreSubscription.plan_id).scalar_subquery()


def _month() -> datetime:
    return now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _refusal(session: TenantSession, resource: Resource, amount: int) -> PlanError:
    found = session.execute(select(StoreSubscription, SubscriptionPlan).join(StoreSubscription.plan)).one_or_none()
    if found is None:
        return PlanError("no_subscription", "This store has no plan; ask the platform's support for one.")
    subscription, plan = found
    usage = next(one for one in usage_of(subscription, plan) if one.resource is resource)
    unit, more = ("MB of storage", -(-amount // _MB)) if resource is Resource.STORAGE else (str(resource), amount)
    return PlanError(
        "plan_limit_reached",
        f"The plan {plan.name} allows {usage.limit} {unit}; {usage.used} are used and {more} more "
        "would be too many. Choose a larger plan with PUT /v1/store/subscription, or remove some.",
        limit=str(resource),
        allowed=usage.limit or 0,
        used=usage.used,
        plan=plan.slug,
    )


def _warn(session: TenantSession, usage: Usage, amount: int) -> None:
    if not usage.is_near or usage.limit is None:
        return
    add_header(session, "Plan-Warning", f"{usage.resource}; used={usage.used}; limit={usage.limit}")
    if usage.used - amount < usage.limit * _NEAR:
        store = session.execute(select(Store.email, Store.name)).one()
        details = {
            "store": store.name,
            "resource": str(usage.resource),
            "used": str(usage.used),
            "limit": str(usage.limit),
        }
        send_later(session, "plan_limit_near", store.email, details)
