"""What runs on a clock, as those who run the platform see it."""

from datetime import timedelta

import time_machine

from shared.job_runs import Run, run_job
from shared.models.base import now
from shared.schedules import SCHEDULES
from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import make_super_admin


def _once(run: Run) -> None:
    run.counts["things"] += 2


def test_every_job_is_listed_with_its_last_run(database: Database) -> None:
    token, start = make_super_admin().token, now()
    for minute in range(3):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            run_job("flash_sales", _once, left=lambda: 60.0)

    listed = api("GET", "/v1/jobs", token=token).json["items"]
    assert [one["name"] for one in listed] == [one.name for one in SCHEDULES]
    jobs = {one["name"]: one for one in listed}
    assert jobs["subscriptions"]["last_run"] is None
    assert (jobs["flash_sales"]["schedule"], jobs["flash_sales"]["timezone"]) == ("rate(1 minute)", "UTC")
    last = jobs["flash_sales"]["last_run"]
    assert (last["status"], last["counts"], last["seconds"], last["more_to_do"]) == (
        "COMPLETED",
        {"things": 2},
        0.0,
        False,
    )

    first = api("GET", "/v1/jobs/flash_sales/runs?limit=2", token=token).json
    assert len(first["items"]) == 2
    assert first["items"][0] == last
    second = api("GET", f"/v1/jobs/flash_sales/runs?limit=2&cursor={first['next_cursor']}", token=token).json
    assert len(second["items"]) == 1
    assert second["next_cursor"] is None
    assert api("GET", "/v1/jobs/flash_sales/runs?cursor=x", token=token).status == 400
    unknown = api("GET", "/v1/jobs/nothing/runs", token=token)
    assert (unknown.status, unknown.json["code"]) == (404, "job_not_found")
