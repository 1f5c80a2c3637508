"""Functions on a clock."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.background import running
from local.schedules import clocks
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

    assert (job.name, job.pause) == (f"Jobs.Sweep rate({every})", seconds)


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


def test_anything_but_a_rate_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = TEMPLATE.replace("rate(EVERY)", "'cron(0 3 * * ? *)'")

    assert clocks(template(tmp_path, text).functions, calling(Recorder())) == []
    assert "Jobs.Sweep does not run here: 'cron(0 3 * * ? *)' is not a rate." in capsys.readouterr().out


def test_an_input_that_is_not_json_is_named(tmp_path: Path) -> None:
    text = TEMPLATE.replace("EVERY", "1 minute").replace("""'{"job": "sweep"}'""", "sweep")

    with pytest.raises(TemplateError, match=r"Jobs\.Sweep: Input"):
        clocks(template(tmp_path, text).functions, calling(Recorder()))
