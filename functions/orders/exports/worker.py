"""Writes exports of orders: told by the queue, and by the schedule, which finds what was left behind."""

import logging
from typing import Any

from functions.orders.exports import parts
from functions.orders.exports.service import EXPORTS
from shared import file_jobs
from shared.errors import NoSuchStoreError
from shared.file_jobs import HasTime, Named

log = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point, of the queue's messages and of the schedule's ticks. Answers which messages failed."""
    return file_jobs.work(event, context, EXPORTS, run)


def run(named: Named, has_time: HasTime) -> None:
    """Go on with an export, unless it is over or another worker's. Raises what S3 and the database raise."""
    try:
        row = file_jobs.take(EXPORTS, named, lambda session, row: None)
    except NoSuchStoreError:
        log.warning("the store of an export is gone", extra={"export_id": named[1]})
        return
    if row is None:
        return
    try:
        done = parts.write(named, row, has_time)
    except Exception:
        file_jobs.let_go(EXPORTS, named, at_once=False)
        raise
    if not done:
        file_jobs.let_go(EXPORTS, named, at_once=True)
