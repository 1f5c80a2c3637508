"""What runs beside the gateway: each job over and over, in a thread of its own."""

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PATIENCE = 2.0  # seconds that jobs under way have to finish, all of them together


@dataclass(frozen=True)
class Job:
    """Something to do again and again, so many seconds after the last time has ended as `pause` says then."""

    name: str
    action: Callable[[], None]
    pause: float | Callable[[], float]

    def rest(self) -> float:
        """How long to wait now, in seconds."""
        return self.pause() if callable(self.pause) else self.pause


@contextmanager
def running(jobs: Iterable[Job]) -> Iterator[None]:
    """Runs the jobs meanwhile; one that fails says so and goes on."""
    stop = threading.Event()
    threads = [threading.Thread(target=_repeat, args=(job, stop), name=job.name, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        deadline = time.monotonic() + PATIENCE
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _repeat(job: Job, stop: threading.Event) -> None:
    while not stop.wait(job.rest()):
        try:
            job.action()
        except (Exception, SystemExit):
            sys.stderr.write(f"{job.name}\n{traceback.format_exc()}")
