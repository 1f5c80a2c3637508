"""Functions on a clock."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from local.background import running
from local.schedules import clocks, following
from local.template import TemplateError
from tests.local.stack import Recorder, calling, template

TEMPLATE = """
Resources:
  Jobs:
    Type: AWS::Serverless::Function
    Properties:
      Handler: jobs.handler
      Events:
        Sweep: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(EVERY), Input: '{"job": "sweep"}'}}
"""


@pytest.mark.parametrize(
    ("every", "seconds"), [("1 minute", 60), ("5 minutes", 300), ("1 hour", 3600), ("2 days", 172_800)]
)
def test_a_rate_becomes_seconds(tmp_path: Path, every: str, seconds: int) -> None:
    [job] = clocks(template(tmp_path, TEMPLATE.replace("EVERY", every)).functions, calling(Recorder()))

    assert (job.name, job.rest()) == (f"Jobs.Sweep rate({every})", seconds)


def test_a_run_gets_the_declared_input_or_nothing(tmp_path: Path) -> None:
    handler = Recorder()
    text = TEMPLATE.replace("EVERY", "1 minute")
    for declared in (text, text.replace(""", Input: '{"job": "sweep"}'""", "")):
        [job] = clocks(template(tmp_path, declared).functions, calling(handler))
        job.action()

    assert handler.events == [{"job": "sweep"}, {}]


def test_it_runs_again_and_again_and_after_an_exception(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = threading.Event()
    runs: list[Any] = []

    def handle(event: dict[str, Any], _context: object) -> None:
        runs.append(event.pop("job"))
        if len(runs) == 2:
            raise SystemExit("broken")
        if len(runs) == 3:
            done.set()

    [job] = clocks(template(tmp_path, TEMPLATE.replace("EVERY", "1 minute")).functions, calling(handle))
    with running([replace(job, pause=0.01)]):
        assert done.wait(10)

    assert runs[:3] == ["sweep"] * 3
    error = capsys.readouterr().err
    assert "Jobs.Sweep" in error
    assert "broken" in error


@pytest.mark.parametrize(
    ("expression", "zone", "due"),
    [
        ("cron(0 3 * * ? *)", "UTC", "2026-03-29T03:00:00+00:00"),
        ("cron(30 2 * * ? *)", "America/New_York", "2026-03-29T06:30:00+00:00"),
        # Half past two does not exist in Berlin that night.
        ("cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-29T01:00:00+00:00"),
        ("cron(0/15 * * * ? *)", "UTC", "2026-03-28T12:15:00+00:00"),
        # Sunday is 1.
        ("cron(0 3 ? * 2-6 *)", "UTC", "2026-03-30T03:00:00+00:00"),
        ("cron(0 3 ? * 2#1 *)", "UTC", "2026-04-06T03:00:00+00:00"),
        ("cron(0 3 ? * SUN *)", "UTC", "2026-03-29T03:00:00+00:00"),
        ("cron(0 3 L * ? *)", "UTC", "2026-03-31T03:00:00+00:00"),
    ],
)
def test_a_cron_expression_says_when_it_is_due(expression: str, zone: str, due: str) -> None:
    assert following(expression, zone)(datetime(2026, 3, 28, 12, tzinfo=UTC)).isoformat() == due


def test_a_clock_waits_until_its_cron_expression_is_due(tmp_path: Path) -> None:
    text = TEMPLATE.replace("rate(EVERY)", "'cron(0 3 * * ? *)', ScheduleExpressionTimezone: Europe/Berlin")
    [job] = clocks(template(tmp_path, text).functions, calling(Recorder()))

    with time_machine.travel(datetime(2026, 6, 1, 0, 59, 30, tzinfo=UTC), tick=False):
        assert job.rest() == 30


@pytest.mark.parametrize("schedule", ["at(2026-01-01T00:00:00)", "cron(0 3 * * *)", "cron(0 3 * * ? 2030)", "cron(x)"])
def test_a_schedule_that_cannot_be_kept_here_is_named(tmp_path: Path, schedule: str) -> None:
    text = TEMPLATE.replace("rate(EVERY)", f"'{schedule}'")

    with pytest.raises(TemplateError, match=r"Jobs\.Sweep: "):
        clocks(template(tmp_path, text).functions, calling(Recorder()))


def test_an_input_that_is_not_json_is_named(tmp_path: Path) -> None:
    text = TEMPLATE.replace("EVERY", "1 minute").replace("""'{"job": "sweep"}'""", "sweep")

    with pytest.raises(TemplateError, match=r"Jobs\.Sweep: Input"):
        clocks(template(tmp_path, text).functions, calling(Recorder()))
