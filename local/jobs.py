"""The `stormcom jobs` commands: what runs on a clock, when it last did, and running it now."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from local.aws import joined_aws, local_aws, verify_sender
from local.cloudformation import of_type
from local.database import ROOT, local_database
from local.environment import set_environment
from local.invocation import invoker
from local.schedules import following
from local.template import Function, Template, read_template
from shared.job_runs import last_runs, seconds_of
from shared.models import JobRun
from shared.models.base import now
from shared.schedules import NAMES, SCHEDULES, Scheduled
from shared.tenancy import scheduled_session

jobs = typer.Typer(no_args_is_help=True, help="What runs on a clock; `stormcom serve` keeps the time.")
_HEADS = ("job", "schedule", "last run", "took", "did", "next run")


@jobs.command("list")
def list_command() -> None:
    """Each job, with its last run and its next."""
    with local_database(), scheduled_session() as session:
        runs = last_runs(session)
    table = [_HEADS, *(_row(one, runs.get(one.name), now()) for one in SCHEDULES)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEADS))]
    for row in table:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@jobs.command("run")
def run_command(
    name: str,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what is due, and change nothing.")] = False,
    at: Annotated[datetime | None, typer.Option(help="Act for this moment (UTC) instead of now.")] = None,
) -> None:
    """Run a job now, whatever its schedule says."""
    if name not in NAMES:
        typer.echo(f"There is no job {name}; `stormcom jobs list` names them.", err=True)
        raise typer.Exit(1)
    template = read_template(ROOT / "template.yaml")
    function, event = _asked(template, name)
    event |= {"dry_run": dry_run} | ({"at": at.isoformat()} if at else {})
    with local_database(), _aws(template):
        outcome = invoker()(function, event, str(uuid.uuid4()))
    typer.echo(json.dumps(outcome, indent=2))


@contextmanager
def _aws(template: Template) -> Iterator[None]:
    """The AWS of `stormcom serve` when that is up, or else one that forgets everything."""
    with joined_aws() as joined:
        if joined is not None:
            set_environment(template, joined.made, joined.app_url)
            yield
            return
    with local_aws(template, ROOT / ".local" / "kms.json", ROOT / ".local" / "media") as aws:
        set_environment(template, aws.made, "http://127.0.0.1:3000")
        verify_sender(os.environ["MAIL_FROM"])
        yield


def _asked(template: Template, name: str) -> tuple[Function, dict[str, Any]]:
    """The function that a schedule of the template calls for a job, and the event that it is given."""
    for function in template.functions:
        for properties in of_type("ScheduleV2", function.events, function.name).values():
            event: dict[str, Any] = json.loads(properties.get("Input", "{}"))
            if event.get("job") == name:
                return function, event
    raise LookupError(f"template.yaml has no schedule for {name}")


def _row(job: Scheduled, run: JobRun | None, moment: datetime) -> tuple[str, ...]:
    due_after = following(job.schedule, job.timezone)
    if run is None:
        return job.name, job.schedule, "never", "", "", _at(due_after(moment))
    took = seconds_of(run)
    did = ", ".join(f"{count} {what}" for what, count in sorted(run.counts.items())) or "nothing"
    state = f"{run.status.lower()}: {run.error}; " if run.error else "" if took is not None else "running; "
    # A rate counts from the last run, but not for one that was due long ago.
    due = max(due_after(run.started_at), moment) if job.schedule.startswith("rate") else due_after(moment)
    more = ", more to do" if run.more_to_do else ""
    return job.name, job.schedule, _at(run.started_at), _seconds(took), f"{state}{did}{more}", _at(due)


def _at(moment: datetime) -> str:
    return f"{moment + timedelta(microseconds=500_000):%Y-%m-%d %H:%M:%S}Z"


def _seconds(took: float | None) -> str:
    return "" if took is None else f"{took:.1f} s"
