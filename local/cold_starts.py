"""`make cold-starts`: how long each built function takes to begin, and what the slowest one spends it on.

The runtime interface emulator tells the time from the start of the process until the runtime asks for its first event:
what Lambda reports as the init duration. Machines differ; the order and the shares do not.
"""

import os
import re
import subprocess
import sys
import uuid
from contextlib import suppress

from local.database import ROLES, ROOT
from local.rie import LOGS, FunctionError, as_in_lambda, built_functions
from local.runtime import Runtime, prepare
from local.template import read_functions

_INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)")
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \|( +)(\S+)")
ROUNDS = 2
SHOWN = 25


def main() -> None:
    """Measure and print. No database is there: a function begins without one."""
    os.environ |= dict.fromkeys(ROLES, "postgresql+pg8000://nobody@127.0.0.1:9/none")
    os.environ |= {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    runtime = prepare()
    taken = {name: min(_durations(runtime, name)) for name in runtime.functions}
    for name, milliseconds in sorted(taken.items(), key=lambda pair: -pair[1]):
        sys.stdout.write(f"{milliseconds:8.0f} ms  {name}\n")
    slowest = max(taken, key=lambda name: taken[name])
    sys.stdout.write(f"\nWhat {slowest} imports, in ms with all that it imports itself:\n")
    sys.stdout.write("".join(f"{spent / 1000:8.1f}  {name}\n" for spent, name in _imports(runtime, slowest)))


def _durations(runtime: Runtime, name: str) -> list[float]:
    """The best of a few is the one that was disturbed least."""
    function = next(each for each in read_functions(ROOT / "template.yaml") if each.name == name)
    found = []
    for _ in range(ROUNDS):
        with built_functions(runtime) as invoke, suppress(FunctionError):
            # Whatever it answers, it has begun.
            invoke(function, {}, str(uuid.uuid4()))
        began = _INIT.search((LOGS / f"{name}.1.log").read_text())
        if began:
            found.append(float(began[1]))
    return found


def _imports(runtime: Runtime, name: str) -> list[tuple[int, str]]:
    built = runtime.functions[name]
    command = [runtime.python, "-X", "importtime", "-c", f"import {built.handler.rpartition('.')[0]}"]
    environment = as_in_lambda(built, {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"})
    done = subprocess.run(command, env=environment, cwd=built.task, capture_output=True, text=True, check=True)
    lines = [(int(found[2]), found[4]) for found in _IMPORT.finditer(done.stderr)]
    return sorted(lines, reverse=True)[:SHOWN]


if __name__ == "__main__":
    main()
