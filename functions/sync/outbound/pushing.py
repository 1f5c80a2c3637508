"""Pushes a change to a connected shop: read here, written there, kept here, with no transaction open in between.

What leaves is what our row says now, so that older changes of the same thing are done with it. Whoever dies on the way
leaves a row whose lease runs out; the next finds what is there, and ends with the same.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select, update

from functions.sync import queue
from functions.sync.entities import CUSTOMER
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import SetAsideError
from functions.sync.inbound.policies import check_currency, currency_of
from functions.sync.outbound import outgoing, recording
from functions.sync.outbound.written import Writer, Written
from functions.sync.queue import Taken
from shared.integrations import Credentials, credentials_of, note_error, note_success
from shared.models import ExternalPlatformIntegration, SyncQueue
from shared.models.base import now
from shared.models.enums import ExternalPlatform, SyncDirection, SyncOperation, SyncQueueStatus
from shared.platforms import circuit
from shared.platforms.errors import DeniedError, PlatformError, RefusedError, ThrottledError, UnreachableError
from shared.sync_changes import FULFILLMENT, ORDER, PRODUCT, STOCK
from shared.sync_rules import allows
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)
PATIENCE = timedelta(days=3)
"""How long a change waits for a shop that does not answer, or not our keys."""
_BUSY = timedelta(seconds=5)
"""When to look again after somebody else who pushes the same thing."""
_FIRST, _LONGEST = timedelta(seconds=10), timedelta(minutes=15)
_REASONS = {"product_invalid_sku": "duplicate_sku"}


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be pushed, as it was when it was read."""

    taken: Taken
    integration: Integration
    credentials: Credentials
    ours: Any


class NothingToDoError(Exception):
    """The row is done without a call; the text is the reason."""


class LaterError(Exception):
    """Not now."""

    def __init__(self, at: datetime, reason: str) -> None:
        super().__init__(reason)
        self.at = at


def push(taken: Taken) -> None:
    """Push what a row tells of, and write down what came of it. Raises what nobody expects."""
    try:
        found = _read(taken)
    except NothingToDoError as nothing:
        _done(taken, str(nothing))
    except LaterError as later:
        _give_back(taken, later.at, str(later))
    except SetAsideError as aside:
        _set_aside(taken, aside.reason, aside.message)
    else:
        if found is not None:
            _call(found)


def _call(task: Task) -> None:
    try:
        written = _write(task)
    except ThrottledError as error:
        _give_back(task.taken, now() + timedelta(seconds=error.retry_after or 1), error.code)
    except (UnreachableError, DeniedError) as error:
        _failed(task, error)
    except RefusedError as error:
        _set_aside(task.taken, _REASONS.get(error.code, error.code), error.message, answered_by=task.integration)
    except SetAsideError as aside:
        _set_aside(task.taken, aside.reason, aside.message, answered_by=task.integration)
    else:
        _keep(task, written)


def _read(taken: Taken) -> Task | None:
    with tenant_session(taken.store_id) as session:
        row = queue.held(session, taken)
        if row is None:
            return None
        integration = session.get_one(ExternalPlatformIntegration, row.integration_id)
        # What the law asks for goes whichever way else things go.
        if row.entity_type != CUSTOMER and not allows(integration, row.entity_type, SyncDirection.OUTBOUND):
            raise NothingToDoError("not_sent_out")
        _take_turn(session, row)
        _heed_circuit(session, integration)
        ours = _ours(session, integration, row)
        row.data = {**row.data, "pushing": True}
    # KMS is another machine too.
    return Task(taken, integration, credentials_of(session, integration), ours)


def _take_turn(session: TenantSession, row: SyncQueue) -> None:
    """One push of a thing at a time; older changes of it are done with this one."""
    same = (
        SyncQueue.integration_id == row.integration_id,
        SyncQueue.entity_type == row.entity_type,
        SyncQueue.entity_id == row.entity_id,
        SyncQueue.direction == SyncDirection.OUTBOUND,
        SyncQueue.id != row.id,
    )
    moment = now()
    working = select(SyncQueue).where(*same, SyncQueue.status == SyncQueueStatus.PROCESSING)
    for other in session.scalars(working):
        alive = other.available_at is not None and other.available_at > moment
        if alive and (other.data.get("pushing") or other.id < row.id):
            raise LaterError(moment + _BUSY, "busy")
    waiting = select(SyncQueue).where(*same, SyncQueue.status == SyncQueueStatus.PENDING)
    for other in session.scalars(waiting.with_for_update(skip_locked=True)):
        queue.done(other, "superseded", None)


def _heed_circuit(session: TenantSession, integration: Integration) -> None:
    moment = now()
    if until := circuit.waits_until(integration.circuit, moment):
        raise LaterError(until, "circuit_open")
    if circuit.is_open(integration.circuit):
        state = _locked_circuit(session, integration)
        if until := circuit.waits_until(state, moment):
            raise LaterError(until, "circuit_open")
        _set_circuit(session, integration, circuit.probing(state, moment))


def _ours(session: TenantSession, integration: Integration, row: SyncQueue) -> Any:
    if row.entity_type == PRODUCT:
        return _product(session, integration, row.entity_id)
    if row.entity_type == STOCK:
        return _variant(session, integration, row.entity_id)
    ours: Any = None
    if row.entity_type == CUSTOMER and row.operation is SyncOperation.DELETE:
        ours = outgoing.erased_of(session, integration, row.entity_id)
    elif row.entity_type == ORDER:
        ours = outgoing.order_of(session, integration, row.entity_id)
    elif row.entity_type == FULFILLMENT:
        ours = outgoing.parcel_of(session, integration, row.entity_id)
        if ours is not None and ours.fulfillment_id is not None:
            raise NothingToDoError("unchanged")
    if ours is None:
        raise NothingToDoError("not_linked")
    return ours


def _product(session: TenantSession, integration: Integration, product_id: str) -> outgoing.OurProduct:
    ours = outgoing.product_of(session, integration, product_id)
    if ours is None or (ours.is_deleted and ours.link is None):
        raise NothingToDoError("not_linked")
    if not ours.variants and not ours.is_deleted:
        raise NothingToDoError("no_variants")
    linked = ours.link is not None and all(variant.link is not None for variant in ours.variants)
    if linked and ours.pushed == ours.digest:
        raise NothingToDoError("unchanged")
    check_currency(session, currency_of(integration))
    return ours


def _variant(session: TenantSession, integration: Integration, variant_id: str) -> outgoing.OurVariant:
    ours = outgoing.variant_of(session, integration, variant_id)
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
        raise LaterError(now() + _BUSY, "waiting_for_product")
    raise NothingToDoError("not_linked")


def _write(task: Task) -> Written:
    writer, settings = _writer(task.integration), dict(task.integration.platform_settings)
    ours = task.ours
    if isinstance(ours, outgoing.OurVariant):
        return writer.write_stock(task.credentials, settings, ours, partial(_intend, task))
    if isinstance(ours, outgoing.OurParcel):
        return writer.write_parcel(task.credentials, ours)
    if isinstance(ours, outgoing.OurOrder):
        return writer.write_order(task.credentials, ours)
    if isinstance(ours, outgoing.ErasedCustomer):
        return writer.erase_customer(task.credentials, ours)
    if ours.is_deleted:
        return writer.remove_product(task.credentials, ours)

    def created(external_id: str) -> None:
        with tenant_session(task.taken.store_id) as session:
            recording.record_made(session, task.integration, ours, external_id)

    return writer.write_product(task.credentials, settings, ours, created)


def _intend(task: Task, change: list[int]) -> None:
    """Keep a change of stock before it is asked for: only so can it be asked for once more in the same words."""
    with tenant_session(task.taken.store_id) as session:
        recording.record_intent(session, task.integration, task.ours, change)


def _writer(integration: Integration) -> Writer:
    if integration.platform is ExternalPlatform.SHOPIFY:
        from functions.sync.shopify import writing as shopify  # noqa: PLC0415 - one platform's alone is needed

        return shopify
    from functions.sync.woocommerce import writing as woocommerce  # noqa: PLC0415 - as above

    return woocommerce


def _keep(task: Task, written: Written) -> None:
    ours = task.ours
    with tenant_session(task.taken.store_id) as session:
        row = queue.held(session, task.taken)
        if row is None:
            # Somebody has taken over, and will find what this one did.
            return
        if isinstance(ours, outgoing.OurProduct):
            recording.record_product(session, task.integration, ours, written)
        elif isinstance(ours, outgoing.OurVariant):
            recording.record_stock(session, task.integration, ours, written)
        elif isinstance(ours, outgoing.OurParcel):
            recording.record_parcel(session, task.integration, ours, written)
        if written.again:
            _wait(row, now(), "again", None)
        else:
            queue.done(row, None, None)
        _answered(session, task.integration)
        note_success(session, task.integration.id)


def _done(taken: Taken, reason: str) -> None:
    with tenant_session(taken.store_id) as session:
        if row := queue.held(session, taken):
            queue.done(row, reason, None)


def _give_back(taken: Taken, at: datetime, reason: str) -> None:
    """Let somebody try later, without counting this as a try."""
    with tenant_session(taken.store_id) as session:
        if row := queue.held(session, taken):
            row.retry_count -= 1
            _wait(row, at, reason, None)


def _set_aside(taken: Taken, reason: str, message: str, *, answered_by: Integration | None = None) -> None:
    with tenant_session(taken.store_id) as session:
        if row := queue.held(session, taken):
            queue.set_aside(row, reason, message, ())
        if answered_by is not None:
            _answered(session, answered_by)


def _failed(task: Task, error: PlatformError) -> None:
    """Try again later, for days: what is wrong is the shop or its keys, not the change."""
    with tenant_session(task.taken.store_id) as session:
        state = circuit.failed(_locked_circuit(session, task.integration), now())
        _set_circuit(session, task.integration, state)
        note_error(session, task.integration.id, f"{error.code}: {error.message}")
        row = queue.held(session, task.taken)
        if row is None:
            return
        if row.created_at + PATIENCE < now():
            row.status, row.available_at, row.reason = SyncQueueStatus.FAILED, None, error.code
            row.error_message = error.message
            return
        again = now() + min(_FIRST * 2 ** min(row.retry_count, 10), _LONGEST)
        asked = getattr(error, "retry_after", None)
        if asked:
            again = max(again, now() + timedelta(seconds=asked))
        _wait(row, max(again, circuit.waits_until(state, now()) or again), error.code, error.message)


def _wait(row: SyncQueue, at: datetime, reason: str, message: str | None) -> None:
    row.status, row.available_at, row.reason, row.error_message = SyncQueueStatus.PENDING, at, reason, message
    row.data = {name: value for name, value in row.data.items() if name != "pushing"}


def _answered(session: TenantSession, integration: Integration) -> None:
    if integration.circuit:
        _set_circuit(session, integration, circuit.answered())


def _locked_circuit(session: TenantSession, integration: Integration) -> dict[str, Any]:
    query = select(ExternalPlatformIntegration.circuit).where(ExternalPlatformIntegration.id == integration.id)
    return dict(session.scalar(query.with_for_update()) or {})


def _set_circuit(session: TenantSession, integration: Integration, state: dict[str, Any]) -> None:
    """Past the row's version: nobody has edited it."""
    row = ExternalPlatformIntegration
    change = update(row).where(row.id == integration.id).values(circuit=state, updated_at=now())
    session.execute(change.execution_options(synchronize_session=False))
