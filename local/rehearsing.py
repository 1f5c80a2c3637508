"""`make rehearse`: an upgrade and a rollback on this machine, with traffic on, and not one request that fails.

The code before the last migration serves. The migrator expands the schema under it; the code of now serves beside it,
as during a canary; then the new code is taken away again, and the old one goes on with the new schema.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local import postgres
from local.database import NAME, OWNER, ROLES, ROOT, ensure_owner
from local.processes import end_kept, keep_running

PATIENCE = 180
WATCHED = 8  # seconds of traffic in each phase
REQUESTS = (
    "/v1/storefront/store",
    "/v1/storefront/products",
    "/v1/storefront/products/classic-tee",
    "/v1/storefront/facets",
    "POST /v1/storefront/carts",
)


@dataclass
class _Traffic:
    """Who is asked, and how it went."""

    ports: list[int]
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def main() -> None:
    """Rehearse. Exits with 1 and what failed."""
    before = sys.argv[1] if len(sys.argv) > 1 else _before_the_last_migration()
    with tempfile.TemporaryDirectory(prefix="stormcom-rehearsal-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = postgres.start(folder / "data", durable=False)
        try:
            ensure_owner(server)
            postgres.ensure_database(server, NAME, OWNER)
            os.environ |= {variable: server.url(NAME, role) for variable, role in ROLES.items()}
            _git("worktree", "add", "--detach", "--quiet", str(folder / "old"), before)
            _rehearse(folder, before)
        finally:
            _git("worktree", "remove", "--force", str(folder / "old"))
            server.stop()


def _rehearse(folder: Path, before: str) -> None:
    with _serving(folder / "old", 3921) as old, _traffic([old]) as traffic:
        _watch(f"{before[:10]} serves alone", traffic)
        # In AWS the migrator does this; the functions it calls are the same.
        from migrations import migrator  # noqa: PLC0415 - reads the environment made above

        sys.stdout.write(f"expanding: {', '.join(migrator.status().pending)}\n")
        migrator.upgrade()
        _watch("the schema is expanded", traffic)
        with _serving(ROOT, 3922) as new:
            traffic.ports.append(new)
            _watch("old and new serve side by side", traffic)
            traffic.ports.remove(old)
            _watch("the new code serves alone", traffic)
            traffic.ports.append(old)
            traffic.ports.remove(new)
            # What was sent to it before is still being answered.
            time.sleep(2)
        _watch("rolled back: the old code serves alone on the new schema", traffic)
    if traffic.wrong or not traffic.answers:
        sys.exit("\n".join(traffic.wrong[:20]) or "nothing was asked")
    sys.stdout.write(f"{sum(traffic.answers.values())} requests, none failed.\n")


def _before_the_last_migration() -> str:
    last = _git("log", "-1", "--format=%H", "--diff-filter=A", "--", "migrations/versions")
    return _git("rev-parse", f"{last}~1")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def _serving(tree: Path, port: int) -> Iterator[int]:
    """A tree's own code behind its own gateway."""
    log = Path(os.environ.get("TMPDIR", "/tmp"), f"stormcom-rehearsal-{port}.log")  # noqa: S108 - for people to read
    command = [sys.executable, "-c", "import sys; from local.cli import app; app()", "serve", "--port", str(port)]
    keeper = keep_running(command, log, {}, folder=tree)
    try:
        deadline = time.monotonic() + PATIENCE
        while "answers on" not in log.read_text(errors="replace"):
            if keeper.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{tree} does not serve:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield port
    finally:
        end_kept(keeper, 30)


@contextmanager
def _traffic(ports: list[int]) -> Iterator[_Traffic]:
    traffic = _Traffic(ports)
    threads = [threading.Thread(target=_ask, args=(traffic, number)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        traffic.over.set()
        for thread in threads:
            thread.join()


def _ask(traffic: _Traffic, number: int) -> None:
    while not traffic.over.wait(0.02):
        number += 1
        method, _, path = REQUESTS[number % len(REQUESTS)].rpartition(" ")
        port = traffic.ports[number % len(traffic.ports)]
        headers = {"X-Store": "borealis", "Content-Type": "application/json"}
        url, data = f"http://127.0.0.1:{port}{path}", b"{}" if method else None
        request = urllib.request.Request(url, data, headers, method=method or "GET")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                traffic.answers[str(answer.status)] += 1
        except (urllib.error.HTTPError, OSError) as error:
            traffic.wrong.append(f"{port} {method or 'GET'} {path}: {error}")


def _watch(phase: str, traffic: _Traffic) -> None:
    asked = sum(traffic.answers.values())
    time.sleep(WATCHED)
    sys.stdout.write(f"{sum(traffic.answers.values()) - asked:6} answered, {len(traffic.wrong)} failed: {phase}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
