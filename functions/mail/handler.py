"""Sends the mails about accounts: told by the queue, and by the schedule, which finds what was left behind."""

import json
import logging
from typing import Any

from functions.mail.service import due, send

log = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point, of the queue's batches and of the schedule's ticks. Answers which messages failed."""
    if "Records" not in event:
        return {"sent": sum(_tried(mail_id) for mail_id in due())}
    failed = [record["messageId"] for record in event["Records"] if not _tried(_named(record["body"]))]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _named(body: str) -> str | None:
    """The id of the mail that a message is about, or None for a message of something else."""
    try:
        found = json.loads(body)["account_mail_id"]
    except (ValueError, TypeError, KeyError):
        return None
    return found if isinstance(found, str) else None


def _tried(mail_id: str | None) -> bool:
    if mail_id is None:
        log.error("a message names no mail")
        return False
    try:
        send(mail_id)
    except Exception:
        log.exception("a mail could not be sent", extra={"account_mail_id": mail_id})
        return False
    return True
