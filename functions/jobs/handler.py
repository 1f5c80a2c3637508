"""Runs what is on a clock: a schedule of EventBridge names the job."""

import logging
from typing import Any

from functions.jobs.registry import JOBS
from shared.job_runs import moment_of, run_job
from shared.time_left import time_left

log = logging.getLogger(__name__)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point. The event is `{"job": "<name>"}`; operators may add `at`, a time, and `dry_run`.

    Answers what became of it: `job`, `status`, `counts`, `more_to_do`. Raises ValueError for a job that there is not.
    """
    name = str(event.get("job"))
    if name not in JOBS:
        raise ValueError(f"there is no job {name!r}; there are {', '.join(sorted(JOBS))}")
    rehearse = bool(event.get("dry_run"))
    outcome = run_job(name, JOBS[name], left=time_left(context), moment=moment_of(event.get("at")), rehearse=rehearse)
    log.info("job", extra=outcome)
    return outcome
