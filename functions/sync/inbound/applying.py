"""One thing of a connected shop brought into the store, whoever read it: a delivery, the first import, a comparison."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from functions.sync.entities import (
    COUPON,
    CUSTOMER,
    ORDER,
    PRODUCT,
    STOCK,
    Entity,
    ExternalCoupon,
    ExternalCustomer,
    ExternalDeletion,
    ExternalItem,
    ExternalOrder,
    ExternalProduct,
    ExternalRefund,
    ExternalStock,
    ExternalVariant,
)
from functions.sync.inbound import (
    coupons,
    customers,
    deletions,
    levels,
    newcomers,
    orders,
    payments,
    policies,
    products,
    variants,
)
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import TAKEN, Outcome, Result, SetAsideError
from shared.database import is_retryable
from shared.errors import ConflictError, PlanError
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)
ORIGIN = "sync_origin"
"""In a session's `info`: the integration whose changes it applies. What they change is not told to it again."""
_TYPES: dict[type, str] = {
    ExternalProduct: PRODUCT,
    ExternalVariant: PRODUCT,
    ExternalStock: STOCK,
    ExternalItem: PRODUCT,
    ExternalCustomer: CUSTOMER,
    ExternalOrder: ORDER,
    ExternalRefund: ORDER,
    ExternalCoupon: COUPON,
}


def apply(session: TenantSession, integration: Integration, entity: Entity, *, force: bool = False) -> Outcome:
    """Make, change or delete ours as theirs is, once however often and in whatever order bodies come.

    With `force` it is what is there now: it is taken over even if it seems older, or ours has changed. What the two
    sides disagree on comes back as a conflict, with nothing of it applied but what the outcome says.
    """
    entity_type = entity.entity_type if isinstance(entity, ExternalDeletion) else _TYPES[type(entity)]
    if not policies.comes_in(integration, entity_type):
        return Outcome(Result.IGNORED, None, "not_taken_in")
    try:
        with told_by(session, integration), session.begin_nested():
            return _applied(session, integration, entity, force=force)
    except SetAsideError as aside:
        return aside.outcome()
    except (ConflictError, PlanError) as problem:
        waits_for = (TAKEN,) if problem.code == "already_taken" else ()
        return Outcome(Result.CONFLICT, None, problem.code, problem.detail, waits_for)


def apply_all(session: TenantSession, integration: Integration, entities: Sequence[Entity]) -> list[Outcome]:
    """As `apply` one after the other, in far fewer statements where nobody has heard of them, or nothing is new.

    What fails for a reason that nobody has foreseen is a conflict too: it does not keep the others from coming.
    """
    known = newcomers.seen(session, integration, entities)
    left = [place for place in range(len(entities)) if place not in known.outcomes and place not in known.new]
    outcomes = known.outcomes | {place: _guarded(session, integration, entities[place]) for place in left}
    with told_by(session, integration):
        outcomes |= newcomers.make(session, integration, known)
    return [outcomes.get(place) or _guarded(session, integration, one) for place, one in enumerate(entities)]


@contextmanager
def told_by(session: TenantSession, integration: Integration) -> Iterator[None]:
    """What changes meanwhile is what a shop has told."""
    before = session.info.get(ORIGIN)
    session.info[ORIGIN] = integration.id
    try:
        yield
    finally:
        session.info[ORIGIN] = before


def _guarded(session: TenantSession, integration: Integration, entity: Entity) -> Outcome:
    try:
        return apply(session, integration, entity)
    except Exception as error:
        if isinstance(error, DBAPIError) and (error.connection_invalidated or is_retryable(error)):
            raise
        log.exception("something of a shop could not be applied", extra={"integration_id": integration.id})
        return Outcome(Result.CONFLICT, None, "failed", f"{type(error).__name__}: the log has the details.")


def _applied(session: TenantSession, integration: Integration, entity: Entity, *, force: bool) -> Outcome:  # noqa: PLR0911
    match entity:
        case ExternalProduct():
            return products.apply(session, integration, entity, force=force)
        case ExternalVariant():
            return variants.apply(session, integration, entity, force=force)
        case ExternalOrder():
            return orders.apply(session, integration, entity, force=force)
        case ExternalCustomer():
            return customers.apply(session, integration, entity, force=force)
        case ExternalCoupon():
            return coupons.apply(session, integration, entity, force=force)
        case ExternalStock():
            return levels.apply(session, integration, entity, force=force)
        case ExternalItem():
            return levels.describe(session, integration, entity)
        case ExternalRefund():
            return payments.apply(session, integration, entity)
        case ExternalDeletion():
            return deletions.apply(session, integration, entity)
