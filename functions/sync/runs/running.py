"""Goes through a shop page by page: a first import, or a comparison that finds what no webhook told of.

Each page is read with no transaction open and applied in one, which moves the cursor too: whoever goes on after a crash
begins there, and nothing is counted twice.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from functions.sync.entities import ExternalDeletion
from functions.sync.inbound import links
from functions.sync.inbound.applying import apply_all
from functions.sync.inbound.outcomes import Outcome, Result
from functions.sync.queue import woken
from functions.sync.runs import comparing, waking
from functions.sync.runs.leases import Work, held, let_go, take
from functions.sync.runs.pages import Page, Reader, Unreadable
from shared.database import is_retryable
from shared.errors import NoSuchStoreError
from shared.integrations import note_error, note_success
from shared.models import ExternalPlatformIntegration, SyncRun
from shared.models.base import now
from shared.models.enums import ExternalPlatform, SyncRunKind, SyncRunStatus
from shared.platforms.errors import PlatformError, ThrottledError, UnreachableError
from shared.queues import send
from shared.settings import settings
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession

log = logging.getLogger(__name__)
MOST_DRIFT = 500
"""Differences that a run lists; those after are only counted."""
LINKS = "links"
"""The last part of a comparison: whether what is linked is still there."""
_TRIES = 3
_AGAIN, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)
HasTime = Callable[[], bool]


def run(store_id: str, run_id: str, has_time: HasTime) -> None:
    """Work on a run until it is done or the time is up; then a message says that there is more."""
    try:
        work = take(store_id, run_id)
    except NoSuchStoreError:
        log.info("a message of a store that is gone", extra={"store_id": store_id})
        return
    if work is None:
        return
    try:
        while _step(work):
            if not has_time():
                _later(work, 0)
                return
    except ThrottledError as error:
        _later(work, error.retry_after or 5)
    except PlatformError as error:
        _failed(work, error)
    except Exception:
        # It is tried again, and not for ever.
        let_go(work, now() + _AGAIN, "failed")
        raise


def _later(work: Work, seconds: float) -> None:
    """Let somebody go on then, and tell them."""
    let_go(work, now() + timedelta(seconds=seconds), None)
    message = {"store_id": work.store_id, "sync_run_id": work.run_id}
    send(settings().sync_queue_url, message, group=work.store_id, delay=seconds + 1 if seconds else 0)


def _step(work: Work) -> bool:
    """Read and apply a page. Returns whether there is more."""
    reader = reader_of(work.integration)
    with tenant_session(work.store_id) as session:
        row = held(session, work)
        if row is None:
            return False
        kind, since, cursor = row.kind, row.since, row.cursor
        parts = [*reader.reads(kind), *([LINKS] if kind is SyncRunKind.RECONCILIATION else [])]
        part = row.entity_type or parts[0]
    if kind is SyncRunKind.RECONCILIATION and part == parts[0] and cursor is None:
        waking.wake(work)
    if part == LINKS:
        return _move(work, parts, part, comparing.compare(work, reader, cursor))
    return _taken_in(work, parts, part, reader.reads(kind)[part](work.credentials, cursor, since))


def _taken_in(work: Work, parts: Sequence[str], part: str, page: Page) -> bool:
    """Apply a page and move on, at once or not at all. Returns whether there is more."""
    for attempt in range(1, _TRIES + 1):
        try:
            return _applied(work, parts, part, page)
        except DBAPIError as error:
            if attempt == _TRIES or not is_retryable(error):
                raise
    raise AssertionError("unreachable")


def _applied(work: Work, parts: Sequence[str], part: str, page: Page) -> bool:
    with tenant_session(work.store_id) as session:
        integration = session.get_one(ExternalPlatformIntegration, work.integration.id)
        if not integration.is_active:
            # Paused meanwhile; it goes on from here when it is resumed.
            return False
        entities = [one for one in page.entities if not isinstance(one, Unreadable)]
        outcomes = iter(apply_all(session, integration, entities))
        row = held(session, work)
        if row is None:
            session.rollback()
            return False
        if page.total is not None and row.cursor is None:
            row.total = (row.total or 0) + page.total
        for one in page.entities:
            unread = Outcome(Result.CONFLICT, None, one.reason) if isinstance(one, Unreadable) else None
            count(row, part, one, unread or next(outcomes))
        # The sweep tries them again.
        woken(session, integration.id, links.arrivals(session))
        return _advanced(session, row, parts, part, page.following)


def _move(work: Work, parts: Sequence[str], part: str, following: str | None) -> bool:
    """Keep how far it has come. Returns whether there is more."""
    with tenant_session(work.store_id) as session:
        row = held(session, work)
        return row is not None and _advanced(session, row, parts, part, following)


def _advanced(session: TenantSession, row: SyncRun, parts: Sequence[str], part: str, following: str | None) -> bool:
    # Something came of it.
    row.attempts, row.error, row.cursor, row.entity_type = 0, None, following, part
    if following is not None:
        return True
    if part != parts[-1]:
        row.entity_type = parts[parts.index(part) + 1]
        return True
    row.status, row.finished_at = SyncRunStatus.COMPLETED, now()
    note_success(session, row.integration_id)
    return False


def count(row: SyncRun, part: str, entity: Any, outcome: Outcome) -> None:
    """Count what came of an entity; in a comparison, note what had been missed."""
    row.seen += 0 if _is_part(entity) else 1
    if outcome.result is Result.CREATED:
        row.created_count += 1
    elif outcome.result is Result.UPDATED:
        row.updated_count += 1
    elif outcome.result is Result.CONFLICT:
        row.failed_count += 1
    else:
        row.unchanged_count += 1
    missed = row.kind is SyncRunKind.RECONCILIATION and outcome.result in (Result.CREATED, Result.UPDATED)
    if missed or outcome.result is Result.CONFLICT:
        note(
            row,
            part,
            str(getattr(entity, "external_id", "")),
            outcome.entity_id,
            outcome.reason or outcome.result.value,
        )


def note(row: SyncRun, entity_type: str, external_id: str, entity_id: str | None, done: str) -> None:
    """List a difference and what was done about it."""
    if len(row.drift) < MOST_DRIFT:
        found = {"entity_type": entity_type, "external_id": external_id, "entity_id": entity_id, "done": done.lower()}
        row.drift = [*row.drift, found]


def _is_part(entity: Any) -> bool:
    """Variations are not counted on their own: the shop's total does not."""
    return getattr(entity, "product_id", None) is not None or isinstance(entity, ExternalDeletion)


def reader_of(integration: Any) -> Reader:
    """How a shop's platform is read."""
    if integration.platform is ExternalPlatform.SHOPIFY:
        from functions.sync.shopify import listing as shopify  # noqa: PLC0415 - one platform's alone is needed

        return shopify
    from functions.sync.woocommerce import listing as woocommerce  # noqa: PLC0415 - as above

    return woocommerce


def _failed(work: Work, error: PlatformError) -> None:
    with tenant_session(work.store_id) as session:
        note_error(session, work.integration.id, f"{error.code}: {error.message}")
        row = session.get_one(SyncRun, work.run_id)
        wait = min(_AGAIN * 2 ** min(row.attempts, 10), _LONGEST)
    asked = error.retry_after if isinstance(error, UnreachableError) else None
    let_go(work, now() + max(wait, timedelta(seconds=asked or 0)), error.code)
    log.info("a run waits for its shop", extra={"sync_run_id": work.run_id, "code": error.code})
