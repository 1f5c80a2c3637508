"""Imports and exports products: told by the queue, and by the schedule, which finds what was left behind."""

import logging
from typing import Any

from functions.catalog.transfers import exporting, importing, leases
from shared.errors import NoSuchStoreError
from shared.file_jobs import HasTime, Named, work
from shared.models.enums import TransferKind

log = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point, of the queue's messages and of the schedule's ticks. Answers which messages failed."""
    return work(event, context, leases.TRANSFERS, run)


def run(named: Named, has_time: HasTime) -> None:
    """Go on with a transfer, unless it is over or another worker's. Raises what S3 and the database raise."""
    try:
        taken = leases.take(*named)
    except NoSuchStoreError:
        log.warning("the store of a transfer is gone", extra={"transfer_id": named[1]})
        return
    if taken is None:
        return
    try:
        done = (importing if taken.kind is TransferKind.IMPORT else exporting).run(taken, has_time)
    except Exception:
        leases.let_go(taken, at_once=False)
        raise
    if not done:
        leases.let_go(taken, at_once=True)
