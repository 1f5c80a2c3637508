"""Runs functions on the schedules of template.yaml, those of the form `rate(5 minutes)`."""

import json
import re
import sys
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from local.background import Job
from local.cloudformation import TemplateError, of_type, shown
from local.invocation import Invoke
from local.template import Function

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def clocks(functions: Iterable[Function], invoke: Invoke) -> list[Job]:
    """A job for each rate; of any other schedule it prints that it does not run. Raises TemplateError."""
    found = (
        _clock(function, f"{function.name}.{event}", properties, invoke)
        for function in functions
        for event, properties in of_type("ScheduleV2", function.events, f"{function.name}.").items()
    )
    return [job for job in found if job]


def _clock(function: Function, where: str, properties: Mapping[str, Any], invoke: Invoke) -> Job | None:
    expression, event = properties.get("ScheduleExpression"), _input(where, properties.get("Input", "{}"))
    rate = _RATE.fullmatch(str(expression))
    if rate is None:
        sys.stdout.write(f"{where} does not run here: {shown(expression)} is not a rate.\n")
        return None

    def run() -> None:
        # Each run gets an event of its own to change.
        invoke(function, json.loads(event), str(uuid.uuid4()))

    return Job(f"{where} {expression}", run, int(rate[1]) * _SECONDS[rate[2]])


def _input(where: str, declared: Any) -> str:
    try:
        json.loads(declared)
    except (TypeError, ValueError) as error:
        raise TemplateError(f"{where}: Input must be JSON in a text, found {shown(declared)}") from error
    return str(declared)
