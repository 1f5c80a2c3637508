"""What a row of the queue asks for: whether it is to be pushed now, and what of ours that is."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from functions.sync import queue
from functions.sync.entities import CUSTOMER
from functions.sync.inbound.links import Integration
from functions.sync.inbound.policies import check_currency, currency_of
from functions.sync.outbound import orders, outgoing, products
from functions.sync.outbound.turns import BUSY, LaterError, heed_circuit, take_turn
from functions.sync.queue import Taken
from shared.integrations import Credentials, credentials_of
from shared.models import ExternalPlatformIntegration, SyncQueue
from shared.models.base import now
from shared.models.enums import SyncDirection, SyncOperation, SyncQueueStatus
from shared.sync_changes import FIELDS, FULFILLMENT, ORDER, PRODUCT, STOCK
from shared.sync_rules import allows
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be pushed, as it was when it was read."""

    taken: Taken
    integration: Integration
    credentials: Credentials
    ours: Any


class NothingToDoError(Exception):
    """The row is done without a call; the text is the reason."""


def read(taken: Taken) -> Task | None:
    """What is to be pushed for a row, or None if it is somebody else's.

    Raises NothingToDoError, LaterError, SetAsideError.
    """
    with tenant_session(taken.store_id) as session:
        row = queue.held(session, taken)
        if row is None:
            return None
        integration = session.get_one(ExternalPlatformIntegration, row.integration_id)
        # What the law asks for goes whichever way else things go.
        if row.entity_type != CUSTOMER and not allows(integration, row.entity_type, SyncDirection.OUTBOUND):
            raise NothingToDoError("not_sent_out")
        take_turn(session, row)
        heed_circuit(session, integration)
        ours = _ours(session, integration, row)
        row.data = {**row.data, "pushing": True}
    # KMS is another machine too.
    return Task(taken, integration, credentials_of(session, integration), ours)


def _ours(session: TenantSession, integration: Integration, row: SyncQueue) -> Any:
    if row.entity_type == PRODUCT:
        return _product(session, integration, row)
    if row.entity_type == STOCK:
        return _variant(session, integration, row.entity_id)
    ours: Any = None
    if row.entity_type == CUSTOMER and row.operation is SyncOperation.DELETE:
        ours = orders.erased_of(session, integration, row.entity_id)
    elif row.entity_type == ORDER:
        ours = orders.order_of(session, integration, row.entity_id)
    elif row.entity_type == FULFILLMENT:
        ours = _parcel(session, integration, row.entity_id)
    if ours is None:
        raise NothingToDoError("not_linked")
    return ours


def _product(session: TenantSession, integration: Integration, row: SyncQueue) -> outgoing.OurProduct:
    ours = products.product_of(session, integration, row.entity_id, row.data.get(FIELDS))
    if ours is None or (ours.is_deleted and ours.link is None):
        raise NothingToDoError("not_linked")
    if not ours.variants and not ours.is_deleted:
        raise NothingToDoError("no_variants")
    linked = ours.link is not None and all(variant.link is not None for variant in ours.variants)
    if linked and ours.changed is not None and not ours.changed:
        raise NothingToDoError("unchanged")
    check_currency(session, currency_of(integration))
    return ours


def _variant(session: TenantSession, integration: Integration, variant_id: str) -> outgoing.OurVariant:
    ours = products.variant_of(session, integration, variant_id)
    if ours is None:
        raise NothingToDoError("not_linked")
    if ours.link is not None:
        if ours.link.known == ours.available:
            raise NothingToDoError("unchanged")
        return ours
    making = select(func.count()).where(
        SyncQueue.integration_id == integration.id,
        SyncQueue.entity_type == PRODUCT,
        SyncQueue.entity_id == ours.product_id,
        SyncQueue.direction == SyncDirection.OUTBOUND,
        SyncQueue.status.in_((SyncQueueStatus.PENDING, SyncQueueStatus.PROCESSING)),
    )
    if session.scalar(making):
        # Its product is on its way, with the stock that it had then.
        raise LaterError(now() + BUSY, "waiting_for_product")
    raise NothingToDoError("not_linked")


def _parcel(session: TenantSession, integration: Integration, shipment_id: str) -> outgoing.OurParcel | None:
    ours = orders.parcel_of(session, integration, shipment_id)
    if ours is None:
        return None
    if ours.pushed == ours.digest:
        raise NothingToDoError("unchanged")
    told = ours.fulfillments or ours.seen is not None
    if not ours.has_left or (ours.is_back and not told):
        raise NothingToDoError("not_sent")
    return ours
