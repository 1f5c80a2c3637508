"""Does what customers ask of their data: told by the queue, and by the schedule, which finds what was left behind."""

import json
import logging
from typing import Any

from functions.privacy.service import due, work_on

log = logging.getLogger(__name__)
Named = tuple[str, str]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point, of the queue's messages and of the schedule's ticks. Answers which messages failed."""
    if "Records" not in event:
        return {"done": sum(_tried(named) for named in due())}
    failed = [record["messageId"] for record in event["Records"] if not _tried(_named(record["body"]))]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _named(body: str) -> Named | None:
    """The store and the request that a message is about, or None for a message of something else."""
    try:
        found = json.loads(body)
        named = found["store_id"], found["privacy_request_id"]
    except (ValueError, TypeError, KeyError):
        return None
    return named if all(isinstance(part, str) for part in named) else None


def _tried(named: Named | None) -> bool:
    if named is None:
        log.error("a message names no privacy request")
        return False
    try:
        work_on(*named)
    except Exception:
        log.exception("a privacy request failed", extra={"store_id": named[0], "privacy_request_id": named[1]})
        return False
    return True
