"""Calls the built functions in processes of their own, behind Lambda's runtime interface emulator.

A process serves one call at a time, as in Lambda; another is started when all are busy, up to a few.
"""

import json
import os
import re
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import processes
from local.cloudformation import Intrinsic
from local.database import ROLES
from local.invocation import Invoke
from local.runtime import HOME, Built, Runtime
from local.template import Function

MOST_AT_ONCE = 3
GRACE = 30  # seconds
PATH = "/2015-03-31/functions/function/invocations"
LOGS = HOME / "logs"
_ROLE = re.compile(r"//(stormcom_\w+)@")


class FunctionError(Exception):
    """A function failed; the message is what Lambda would answer."""


@dataclass
class _Instance:
    keeper: "subprocess.Popen[bytes]"
    url: str
    log: Path


@dataclass
class _Instances:
    """Those of one function."""

    idle: list[_Instance] = field(default_factory=list)
    all: list[_Instance] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    starting: int = 0


@contextmanager
def built_functions(runtime: Runtime) -> Iterator[Invoke]:
    """A way to invoke the built functions; the environment must have been set. Their processes end with it."""
    kept: dict[str, _Instances] = {name: _Instances() for name in runtime.functions}

    def invoke(function: Function, event: dict[str, Any], request_id: str) -> Any:
        instances = kept[function.name]
        instance = _take(instances, runtime, function)
        try:
            return _ask(instance, function, event)
        finally:
            with instances.changed:
                instances.idle.append(instance)
                instances.changed.notify()

    try:
        yield invoke
    finally:
        for instance in (each for instances in kept.values() for each in instances.all):
            with suppress(subprocess.TimeoutExpired):
                processes.end_kept(instance.keeper, 5)


def environment_of(function: Function) -> dict[str, str]:
    """What a function is given: its own variables and nobody else's, the databases by the roles it names."""
    urls = {role: os.environ[variable] for variable, role in ROLES.items() if variable in os.environ}
    found = {name: value for name, value in os.environ.items() if name.startswith("AWS_")} | {
        "PATH": os.environ["PATH"]
    }
    for name, declared in function.environment.items():
        role = _ROLE.search(declared.argument) if isinstance(declared, Intrinsic) else None
        if role:
            found[name] = urls[role[1]]
        elif name != "DB_IAM_AUTH" and name in os.environ:
            found[name] = os.environ[name]
    return found | {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        # The emulator counts the start in, for which Lambda allows ten seconds more, and a laptop is slower.
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout + GRACE),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def as_in_lambda(built: Built, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that the runtime itself adds to."""
    return {**environment, "PYTHONPATH": built.path, "LAMBDA_TASK_ROOT": str(built.task), "_HANDLER": built.handler}


def _take(instances: _Instances, runtime: Runtime, function: Function) -> _Instance:
    with instances.changed:
        while not instances.idle and len(instances.all) + instances.starting >= MOST_AT_ONCE:
            instances.changed.wait()
        if instances.idle:
            return instances.idle.pop()
        instances.starting += 1
        number = len(instances.all) + instances.starting
    try:
        made = _start(runtime, function, number)
        with instances.changed:
            instances.all.append(made)
        return made
    finally:
        with instances.changed:
            instances.starting -= 1


def _start(runtime: Runtime, function: Function, number: int) -> _Instance:
    built = runtime.functions[function.name]
    LOGS.mkdir(parents=True, exist_ok=True)
    log, (port, api) = LOGS / f"{function.name}.{number}.log", _free_ports(2)
    addresses = [
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{api}",
    ]
    command = [runtime.emulator, *addresses, runtime.python, "-m", "awslambdaric", built.handler]
    environment = as_in_lambda(built, environment_of(function))
    keeper = processes.keep_running(command, log, {}, environment=environment, folder=built.task)
    _wait_for(port, keeper, log)
    return _Instance(keeper, f"http://127.0.0.1:{port}{PATH}", log)


def _ask(instance: _Instance, function: Function, event: dict[str, Any]) -> Any:
    request = urllib.request.Request(instance.url, json.dumps(event).encode())  # noqa: S310 - it is of our making
    # The emulator itself keeps the function's time, and starts the runtime at the first call.
    try:
        with urllib.request.urlopen(request, timeout=function.timeout + 2 * GRACE) as response:  # noqa: S310
            text = response.read().decode()
    except urllib.error.HTTPError as error:
        raise FunctionError(f"the runtime ended: {error.read().decode()}; see {instance.log}") from error
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise FunctionError(f"{text}; see {instance.log}") from error
    if isinstance(answer, dict) and "errorType" in answer and "errorMessage" in answer:
        raise FunctionError(f"{answer['errorType']}: {answer['errorMessage']}; see {instance.log}")
    return answer


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _wait_for(port: int, keeper: "subprocess.Popen[bytes]", log: Path) -> None:
    while keeper.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.01)
    raise FunctionError(f"the emulator ended: {log.read_text(errors='replace')[-2000:]}")
