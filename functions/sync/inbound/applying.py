"""One thing of a connected shop brought into the store, whoever read it: a delivery, the first import, a comparison."""

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
from functions.sync.inbound import coupons, customers, deletions, levels, orders, payments, policies, products, variants
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import TAKEN, Outcome, Result, SetAsideError
from shared.errors import ConflictError, PlanError
from shared.tenant_session import TenantSession

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
    before = session.info.get(ORIGIN)
    session.info[ORIGIN] = integration.id
    try:
        with session.begin_nested():
            return _applied(session, integration, entity, force=force)
    except SetAsideError as aside:
        return aside.outcome()
    except (ConflictError, PlanError) as problem:
        waits_for = (TAKEN,) if problem.code == "already_taken" else ()
        return Outcome(Result.CONFLICT, None, problem.code, problem.detail, waits_for)
    finally:
        session.info[ORIGIN] = before


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
