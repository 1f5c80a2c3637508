"""Runs functions on the schedules of template.yaml, as EventBridge Scheduler does: rates and cron expressions."""

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from local.background import Job
from local.cloudformation import TemplateError, of_type, shown
from local.invocation import Invoke
from local.template import Function
from shared.models.base import now

Next = Callable[[datetime], datetime]
"""When something is due next, after a moment."""
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^()]+)\)")
_DAYS = re.compile(r"(?<![#/\d])[1-7](?!\d)")


def clocks(functions: Iterable[Function], invoke: Invoke) -> list[Job]:
    """A job for each schedule. Raises TemplateError for one that cannot be kept here."""
    return [
        _clock(function, f"{function.name}.{event}", properties, invoke)
        for function in functions
        for event, properties in of_type("ScheduleV2", function.events, f"{function.name}.").items()
    ]


def following(expression: str, timezone: str = "UTC") -> Next:
    """What tells when a schedule is due after a moment (UTC). Raises ValueError for one that cannot be kept here."""
    if rate := _RATE.fullmatch(expression):
        pause = timedelta(**{f"{rate[2]}s": int(rate[1])})
        return lambda moment: moment + pause
    cron = _CRON.fullmatch(expression)
    fields = cron[1].split() if cron else []
    if len(fields) != 6 or fields[5] != "*":
        raise ValueError(f"{expression} is neither a rate nor a cron expression of six fields, the last of them `*`")
    minute, hour, day, month, weekday, _ = fields
    # EventBridge counts days of the week from 1, Sunday, and writes `?` for the day that does not matter.
    weekday = _DAYS.sub(lambda found: str(int(found[0]) - 1), weekday)
    plain = " ".join([minute, hour, day, month, weekday]).replace("?", "*")
    try:
        zone = ZoneInfo(timezone)
        CronSim(plain, now())
    except (CronSimError, ZoneInfoNotFoundError) as error:
        raise ValueError(f"{expression} in {timezone} cannot be kept here: {error}") from error
    return lambda moment: next(CronSim(plain, moment.astimezone(zone))).astimezone(moment.tzinfo)


def _clock(function: Function, where: str, properties: Mapping[str, Any], invoke: Invoke) -> Job:
    event = _input(where, properties.get("Input", "{}"))
    expression = str(properties.get("ScheduleExpression"))
    try:
        due_after = following(expression, str(properties.get("ScheduleExpressionTimezone", "UTC")))
    except ValueError as error:
        raise TemplateError(f"{where}: {error}") from error

    def run() -> None:
        # Each run gets an event of its own to change.
        invoke(function, json.loads(event), str(uuid.uuid4()))

    def pause() -> float:
        moment = now()
        return (due_after(moment) - moment).total_seconds()

    return Job(f"{where} {expression}", run, pause)


def _input(where: str, declared: Any) -> str:
    try:
        json.loads(declared)
    except (TypeError, ValueError) as error:
        raise TemplateError(f"{where}: Input must be JSON in a text, found {shown(declared)}") from error
    return str(declared)
