"""The names of jobs, what does them, and the schedules of template.yaml agree."""

import json
from typing import Any

from samcli.yamlhelper import yaml_parse

from functions.jobs.registry import JOBS
from local.database import ROOT
from local.schedules import following
from shared.models.base import now
from shared.schedules import NAMES, SCHEDULES

ELSEWHERE = {"purge"}
"""Jobs that are functions of their own."""


def _declared() -> dict[str, dict[str, Any]]:
    """The schedules of the template that name a job, by the job."""
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    functions = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Serverless::Function"]
    events = [event for function in functions for event in function.get("Events", {}).values()]
    clocks = [event["Properties"] for event in events if event["Type"] == "ScheduleV2"]
    named = {json.loads(clock.get("Input", "{}")).get("job"): clock for clock in clocks}
    named.pop(None, None)
    return named


def test_every_job_has_its_schedule_in_the_template_and_what_does_it() -> None:
    found = {
        name: (clock["ScheduleExpression"], clock["ScheduleExpressionTimezone"]) for name, clock in _declared().items()
    }

    assert found == {one.name: (one.schedule, one.timezone) for one in SCHEDULES}
    assert set(JOBS) | ELSEWHERE == NAMES


def test_every_schedule_is_kept_to_the_minute_tried_again_and_never_lost() -> None:
    for clock in _declared().values():
        assert clock["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert clock["RetryPolicy"]["MaximumRetryAttempts"] >= 1
        assert clock["DeadLetterConfig"]["Arn"]


def test_every_schedule_is_one_that_the_laptop_keeps() -> None:
    for one in SCHEDULES:
        assert following(one.schedule, one.timezone)(now()) > now()
