"""`python -m local.bench_purge`: a purge of very many rows while shoppers go on, and what it costs.

Prints for each run how many rows went a second, and the peak of memory; at the end the longest that a lock of the purge
was seen held, the longest that anybody waited for one, how the shoppers' requests went, and whether what was left is
whole. With `--kills` it is killed so often first, each time at another point.
"""

import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from moto import mock_aws
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from local import postgres
from local.database import NAME, OWNER, ROLES, ensure_owner
from local.deleted_crowd import write_deleted_crowd
from local.orphans import live_rows, orphans
from local.witness import Seen, witness
from migrations import commands

_AFTER = 4.0
"""Seconds within which a run is killed."""


def main(  # noqa: PLR0913, PLR0917 - an option each
    rows: Annotated[int, typer.Option(help="Deleted rows, their children not counted.")] = 1_000_000,
    stores: int = 50,
    budget: Annotated[int, typer.Option(help="Seconds that a run has.")] = 60,
    most: Annotated[int, typer.Option(help="Runs, though more is left.")] = 1000,
    kills: Annotated[int, typer.Option(help="So many runs are killed (kill -9) first.")] = 0,
    seed: Annotated[int, typer.Option(help="Says when they are killed.")] = 1,
) -> None:
    """Make the shops, purge until nothing is left, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="stormcom-purge-", ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder, "data"), durable=False)
        try:
            _prepare(server, stores, rows)
            owner = create_engine(server.superuser_url(NAME), poolclass=NullPool)
            before = _live(owner)
            slugs = [f"deleted-{number}" for number in range(1, stores + 1)]
            with mock_aws(), witness(server.superuser_url(NAME), slugs) as seen:
                _make_buckets()
                _kill(owner, before, kills, seed)
                begun = time.monotonic()
                total = sum(islice(_runs(budget), most))
                took = time.monotonic() - begun
            _report(seen, total, took)
            _check(owner, before)
        finally:
            server.stop()


def _prepare(server: postgres.Server, stores: int, rows: int) -> None:
    ensure_owner(server)
    postgres.ensure_database(server, NAME, OWNER)
    os.environ |= {variable: server.url(NAME, role) for variable, role in ROLES.items()}
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-central-1"}
    os.environ |= {"MEDIA_BUCKET": "media", "FILES_BUCKET": "files"}
    commands.upgrade()
    begun = time.monotonic()
    with create_engine(server.superuser_url(NAME), poolclass=NullPool).connect() as connection:
        for table in write_deleted_crowd(connection, stores, rows):
            _say(f"  written: {table}")
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    _say(f"{rows} deleted rows in {stores} shops, and their children, in {time.monotonic() - begun:.0f} s")


def _make_buckets() -> None:
    import boto3  # noqa: PLC0415 - once moto stands in for AWS

    for bucket in ("media", "files"):
        here: Any = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=here)


def _runs(budget: float) -> Iterator[int]:
    from functions.purge.service import purge  # noqa: PLC0415 - reads the environment
    from shared.job_runs import RESERVE, run_job  # noqa: PLC0415 - as above

    number = 0
    while True:
        number, begun, worked = number + 1, time.monotonic(), time.process_time()
        end = begun + budget + RESERVE
        outcome = run_job("purge", purge, left=lambda end=end: end - time.monotonic())  # type: ignore[misc]
        took, done = time.monotonic() - begun, sum(outcome["counts"].values())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        _say(f"run {number}: {done} rows in {took:.1f} s, {done / took:.0f} a second; peak {peak:.0f} MB; {outcome}")
        _say(f"  of that {time.process_time() - worked:.1f} s of a processor, the database's not counted")
        yield done
        if not outcome["more_to_do"]:
            return


def _kill(owner: Engine, before: Any, kills: int, seed: int) -> None:
    """Kill a purge at so many points; what it leaves each time is whole."""
    context, chance = multiprocessing.get_context("spawn"), random.Random(seed)  # noqa: S311 - any point will do
    for number in range(1, kills + 1):
        ours, theirs = context.Pipe()
        child = context.Process(target=_purge_until_killed, args=(theirs,), daemon=True)
        child.start()
        theirs.close()
        ours.recv()
        after = chance.uniform(0, _AFTER)
        time.sleep(after)
        child.kill()
        child.join()
        _say(f"kill {number}: after {after:.3f} s, exit {child.exitcode}")
        _check(owner, before)


def _purge_until_killed(pipe: Any) -> None:
    from functions.purge.service import purge  # noqa: PLC0415 - reads the environment
    from shared.job_runs import Run  # noqa: PLC0415 - as above
    from shared.models.base import now  # noqa: PLC0415 - as above

    with mock_aws():
        _make_buckets()
        pipe.send("begun")
        # Without a row in job_runs: its lease would keep the next run waiting.
        purge(Run("purge", now(), lambda: 1000.0))
        time.sleep(_AFTER)


def _live(owner: Engine) -> dict[str, tuple[int, int]]:
    with owner.connect() as connection:
        return live_rows(connection)


def _check(owner: Engine, before: dict[str, tuple[int, int]]) -> None:
    with owner.connect() as connection:
        lost = orphans(connection)
        after = live_rows(connection)
    changed = sorted(name for name in before if before[name] != after[name])
    number = sum(number for number, _ in before.values())
    _say(f"Keys with orphans: {len(lost)} {lost or ''}. Tables with live rows changed: {len(changed)} {changed or ''}")
    _say(f"  of {number} live rows in {sum(1 for count, _ in before.values() if count)} tables.")
    if lost or changed:
        raise SystemExit(1)


def _report(seen: Seen, total: int, took: float) -> None:
    _say(f"{total} rows in {took:.0f} s, {total / took:.0f} a second.")
    _say(f"The longest that the purge held locks: {seen.held:.3f} s, in {seen.samples} samples.")
    _say(f"The longest that anybody waited for a lock: {seen.waited:.3f} s.")
    _say(f"Shoppers' requests meanwhile: {seen.requests}, {len(seen.failed)} failed, the slowest {seen.slowest:.2f} s.")
    for line in sorted(set(seen.failed)):
        _say(f"  {line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
