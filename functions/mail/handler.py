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
    failed = [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"]
        if not _tried(json.loads(record["body"])["account_mail_id"])
    ]
    return {"batchItemFailures": failed}


def _tried(mail_id: str) -> bool:
    try:
        send(mail_id)
    except Exception:
        log.exception("a mail could not be sent", extra={"account_mail_id": mail_id})
        return False
    return True
