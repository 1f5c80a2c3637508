"""Pushes a change to a connected shop: read here, written there, kept here, with no transaction open in between.

What leaves is what our row says now, so that older changes of the same thing are done with it. Whoever dies on the way
leaves a row whose lease runs out; the next finds what is there, and ends with the same.
"""

from datetime import timedelta
from functools import partial
from typing import Any

from functions.sync import queue
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import SetAsideError
from functions.sync.outbound import ends, outgoing, recording, turns
from functions.sync.outbound.tasks import NothingToDoError, Task, read
from functions.sync.outbound.turns import LaterError
from functions.sync.outbound.written import Writer, Written
from functions.sync.queue import Taken
from shared.integrations import note_success
from shared.models.base import now
from shared.models.enums import ExternalPlatform
from shared.platforms.errors import DeniedError, RefusedError, ThrottledError, UnreachableError
from shared.tenancy import tenant_session

_REASONS = {"product_invalid_sku": "duplicate_sku"}


def push(taken: Taken) -> None:
    """Push what a row tells of, and write down what came of it. Raises what nobody expects."""
    try:
        found = read(taken)
    except NothingToDoError as nothing:
        ends.done(taken, str(nothing))
    except LaterError as later:
        ends.give_back(taken, later.at, str(later))
    except SetAsideError as aside:
        ends.set_aside(taken, aside.reason, aside.message)
    else:
        if found is not None:
            _call(found)


def _call(task: Task) -> None:
    try:
        written = _write(task)
    except ThrottledError as error:
        ends.give_back(task.taken, now() + timedelta(seconds=error.retry_after or 1), error.code)
    except UnreachableError as error:
        ends.failed(task, error)
    except DeniedError as error:
        _denied(task, error)
    except RefusedError as error:
        ends.set_aside(task.taken, _reason(error), error.message, answered_by=task.integration)
    except SetAsideError as aside:
        ends.set_aside(task.taken, aside.reason, aside.message, answered_by=task.integration)
    else:
        _keep(task, written)


def _reason(error: RefusedError) -> str:
    return _REASONS.get(error.code, error.code)


def _denied(task: Task, error: DeniedError) -> None:
    """Our keys are no good, which may pass; or this one thing is not allowed, by the shop or a firewall before it."""
    if error.code.startswith("woocommerce_rest_cannot_") or error.code in ("access_denied", "http_403"):
        ends.set_aside(task.taken, "denied", error.message, answered_by=task.integration)
    else:
        ends.failed(task, error)


def _write(task: Task) -> Written:
    writer, settings = _writer(task.integration), dict(task.integration.platform_settings)
    ours = task.ours
    if isinstance(ours, outgoing.OurVariant):
        return writer.write_stock(task.credentials, settings, ours, partial(_intend, task))
    if isinstance(ours, outgoing.OurParcel):
        return writer.write_parcel(task.credentials, settings, ours, partial(_intend, task))
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


def _intend(task: Task, meant: list[Any]) -> None:
    """Keep what is meant before it is asked for: only so can it be asked for once more in the same words."""
    with tenant_session(task.taken.store_id) as session:
        recording.record_intent(session, task.integration, task.ours, meant)


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
        if written.refused is not None:
            queue.set_aside(row, _reason(written.refused), written.refused.message, ())
        elif written.again:
            ends.wait(row, now(), "again", None)
        else:
            queue.done(row, *(written.note or (None, None)))
        turns.answered(session, task.integration)
        note_success(session, task.integration.id)
