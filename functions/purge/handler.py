"""Deletes for good, on a schedule, what was deleted long enough ago."""

import logging
from typing import Any

from functions.purge.service import purge
from shared.job_runs import moment_of, run_job
from shared.time_left import time_left

log = logging.getLogger(__name__)
JOB = "purge"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point. The event is `{"job": "purge"}`; operators may add `at`, a time, and `dry_run`.

    Answers what became of it, as every job does. Raises ValueError for a job of another name.
    """
    if event.get("job") != JOB:
        raise ValueError(f"there is no job {event.get('job')!r} here; there is {JOB}")
    moment, rehearse = moment_of(event.get("at")), bool(event.get("dry_run"))
    outcome = run_job(JOB, purge, left=time_left(context), moment=moment, rehearse=rehearse)
    log.info("job", extra=outcome)
    return outcome
