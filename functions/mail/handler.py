"""Sends the mails about accounts, and the shops': told by the queue, and by the schedule, which finds the rest."""

import json
import logging
from typing import Any

from functions.mail import shop_mails
from functions.mail.service import due, send
from shared.outbox import due as due_events

log = logging.getLogger(__name__)
Named = str | tuple[str, str]
"""The id of a mail about an account, or those of a store and of an event in it."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point, of the queue's batches and of the schedule's ticks. Answers which messages failed."""
    if "Records" not in event:
        waiting: list[Named] = [*due(), *due_events(shop_mails.TOPIC)]
        return {"sent": sum(_tried(named) for named in waiting)}
    failed = [record["messageId"] for record in event["Records"] if not _tried(_named(record["body"]))]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _named(body: str) -> Named | None:
    """The mail that a message is about, or None for a message of something else."""
    try:
        content = json.loads(body)
        found = content.get("account_mail_id") or (content["store_id"], content["outbox_event_id"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    parts = [found] if isinstance(found, str) else found
    return found if all(isinstance(part, str) for part in parts) else None


def _tried(named: Named | None) -> bool:
    if named is None:
        log.error("a message names no mail")
        return False
    try:
        send(named) if isinstance(named, str) else shop_mails.send(*named)
    except Exception:
        log.exception("a mail could not be sent", extra={"mail": named})
        return False
    return True
