"""Applies what changed in connected shops, and tells them what changed here: told by the queue, and by the schedule,
which finds what was left behind.
"""

import json
import logging
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from sqlalchemy.exc import DBAPIError

from functions.sync import queue
from functions.sync.inbound import links
from functions.sync.inbound.outcomes import Outcome, Result
from functions.sync.inbound.queued import pull
from functions.sync.queue import Taken
from shared.database import is_retryable
from shared.errors import NoSuchStoreError
from shared.integrations import note_success
from shared.models import ExternalPlatformIntegration, SyncQueue
from shared.models.enums import SyncDirection
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit, tenant_session
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)
_SWEPT = 100
_TRIES = 3
_SPARE_MS = 20_000
"""A sweep stops while there is time for one more row, in milliseconds."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point, of the queue's batches and of the schedule's ticks. Answers which messages failed."""
    if event.get("start") == "reconciliations":
        from functions.sync.runs.starting import start_due  # noqa: PLC0415 - once an hour

        return {"done": start_due()}
    if "Records" not in event:
        return {"done": sweep(context)}
    failed = [record["messageId"] for record in event["Records"] if not _tried(record["body"], context)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def sweep(context: Any) -> int:
    """Work on what is due and nobody works on, in turn by store. Returns how many rows were found."""
    rows = queue.due(_SWEPT)
    for store_id, row_id in rows:
        if not _has_time(context):
            break
        _tried(json.dumps({"store_id": store_id, "sync_queue_id": row_id}), context)
    for store_id, run_id in queue.due_runs(_SWEPT):
        if _has_time(context):
            _tried(json.dumps({"store_id": store_id, "sync_run_id": run_id}), context)
    return len(rows)


def work(store_id: str, row_id: str) -> Outcome | None:
    """Work on a row, if it is to be had. What fails is tried again later; nothing is raised for it."""
    try:
        taken = queue.take(store_id, row_id)
    except NoSuchStoreError:
        log.info("a message of a store that is gone", extra={"store_id": store_id})
        return None
    return _worked(taken) if taken is not None else None


def _worked(taken: Taken) -> Outcome | None:
    for attempt in range(1, _TRIES + 1):
        try:
            if taken.direction is SyncDirection.OUTBOUND:
                _pushed(taken)
                return None
            return _committed(taken)
        except Exception as error:
            if attempt < _TRIES and isinstance(error, DBAPIError) and is_retryable(error):
                continue
            log.exception("a sync has failed", extra={"store_id": taken.store_id, "sync_queue_id": taken.row_id})
            # The error's own words may quote what somebody wrote.
            queue.failed(taken, getattr(error, "reason", None) or "failed", _told(error))
            return None
    return None


def _committed(taken: Taken) -> Outcome | None:
    """Apply a row and note that it is done, in one transaction."""
    with tenant_session(taken.store_id) as session:
        row = queue.held(session, taken)
        if row is None:
            return None
        integration = session.get_one(ExternalPlatformIntegration, row.integration_id)
        outcome = pull(session, integration, row)
        if outcome.result is Result.CONFLICT:
            queue.set_aside(row, outcome.reason, outcome.message, outcome.waits_for)
        else:
            queue.done(row, outcome.reason, outcome.message)
            if integration.is_active:
                note_success(session, integration.id)
        _wake(session, integration, row, outcome)
        if doubted := links.doubts(session):
            after_commit(session, partial(_ask, taken.store_id, integration.id, doubted))
        return outcome


def _ask(store_id: str, integration_id: str, doubted: Iterable[tuple[str, str, str | None]]) -> None:
    from functions.sync.runs.asking import ask  # noqa: PLC0415 - as in _pushed

    ask(store_id, integration_id, doubted)


def _pushed(taken: Taken) -> None:
    """Push a row, in transactions of its own: none is open while the other shop answers."""
    from functions.sync.outbound.pushing import push  # noqa: PLC0415 - brings an HTTP client that deliveries do without

    push(taken)


def _wake(session: TenantSession, integration: ExternalPlatformIntegration, row: SyncQueue, outcome: Outcome) -> None:
    if outcome.result is Result.CONFLICT and outcome.entity_id is None:
        return
    session.flush()
    store_id = str(session.store_id)
    for waiting in queue.woken(session, integration.id, links.arrivals(session)):
        if waiting != row.id:
            after_commit(session, partial(_told_of, store_id, waiting))


def _told_of(store_id: str, row_id: str) -> None:
    """Go on at once with what has waited; a crash here leaves it to the sweep."""
    url = settings().sync_queue_url
    if url:
        send(url, {"store_id": store_id, "sync_queue_id": row_id}, group=store_id)
    else:
        work(store_id, row_id)


def _tried(body: str, context: Any) -> bool:
    named = _named(body)
    if named is None:
        log.error("a message names no sync")
        return False
    try:
        if "sync_run_id" in named:
            from functions.sync.runs.running import run  # noqa: PLC0415 - as in _pushed

            run(named["store_id"], named["sync_run_id"], partial(_has_time, context))
        else:
            work(named["store_id"], named["sync_queue_id"])
    except Exception:
        log.exception("a sync could not be worked on", extra=dict(named))
        return False
    return True


def _named(body: str) -> Mapping[str, str] | None:
    try:
        content = json.loads(body)
        found = {name: content[name] for name in ("store_id", "sync_queue_id", "sync_run_id") if name in content}
    except (ValueError, TypeError, KeyError):
        return None
    good = len(found) == 2 and "store_id" in found and all(isinstance(one, str) for one in found.values())
    return found if good else None


def _has_time(context: Any) -> bool:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return remaining is None or int(remaining()) > _SPARE_MS


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: it will be tried again; the log has the details."
