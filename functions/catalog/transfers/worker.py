"""Imports and exports products: told by the queue, and by the schedule, which finds what was left behind."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from functions.catalog.transfers import exporting, importing, leases
from shared.errors import NoSuchStoreError
from shared.models.enums import TransferKind

log = logging.getLogger(__name__)

_RESERVE = 30.0
"""Seconds before the end of its time at which a worker lets go, to be sure that it can."""
Named = tuple[str, str]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point, of the queue's messages and of the schedule's ticks. Answers which messages failed."""
    has_time = _clock(context)
    if "Records" not in event:
        return {"done": sum(_tried(named, has_time) for named in leases.sweep())}
    failed = [record["messageId"] for record in event["Records"] if not _tried(_named(record["body"]), has_time)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def run(store_id: str, transfer_id: str, has_time: Callable[[], bool]) -> None:
    """Go on with a transfer, unless it is over or another worker's. Raises what S3 and the database raise."""
    try:
        work = leases.take(store_id, transfer_id)
    except NoSuchStoreError:
        log.warning("the store of a transfer is gone", extra={"transfer_id": transfer_id})
        return
    if work is None:
        return
    try:
        done = (importing if work.kind is TransferKind.IMPORT else exporting).run(work, has_time)
    except Exception:
        leases.let_go(work, at_once=False)
        raise
    if not done:
        leases.let_go(work, at_once=True)


def _named(body: str) -> Named | None:
    """The store and the transfer that a message is about, or None for a message of something else."""
    try:
        found = json.loads(body)
        named = found["store_id"], found["transfer_id"]
    except (ValueError, TypeError, KeyError):
        return None
    return named if all(isinstance(part, str) for part in named) else None


def _tried(named: Named | None, has_time: Callable[[], bool]) -> bool:
    if named is None:
        log.error("a message names no transfer")
        return False
    try:
        run(*named, has_time)
    except Exception:
        log.exception("a transfer could not go on", extra={"store_id": named[0], "transfer_id": named[1]})
        return False
    return True


def _clock(context: Any) -> Callable[[], bool]:
    """Whether there is time for another step, by Lambda's own account of it."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    if remaining is None:
        end = time.monotonic() + 270
        return lambda: time.monotonic() < end
    return lambda: remaining() / 1000 > _RESERVE
