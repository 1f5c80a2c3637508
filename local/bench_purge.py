"""`python -m local.bench_purge`: a purge of very many rows while shoppers go on, and what it costs.

Prints for each run how many rows went a second, and the peak of memory; at the end the longest that a lock of the purge
was seen held, the longest that anybody waited for one, and how the shoppers' requests went.
"""

import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from moto import mock_aws
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from local import postgres
from local.database import NAME, OWNER, ROLES, ensure_owner
from local.deleted_crowd import write_deleted_crowd
from migrations import commands

# What a transaction of the purge holds, for how long already; and who waits for any lock.
_HELD = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - a.xact_start)), 0) FROM pg_stat_activity a
WHERE a.usename = 'stormcom_platform' AND a.datname = current_database() AND EXISTS (
    SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.granted AND l.mode IN ('RowShareLock', 'RowExclusiveLock'))
"""
_WAITED = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - l.waitstart)), 0) FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database()
"""


@dataclass
class Seen:
    """What was seen beside the purge: seconds, and requests."""

    held: float = 0
    waited: float = 0
    samples: int = 0
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    slowest: float = 0


def main(
    rows: Annotated[int, typer.Option(help="Deleted rows, their children not counted.")] = 1_000_000,
    stores: int = 50,
    budget: Annotated[int, typer.Option(help="Seconds that a run has.")] = 60,
) -> None:
    """Make the shops, purge until nothing is left, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="stormcom-purge-", ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder, "data"), durable=False)
        try:
            _prepare(server, stores, rows)
            with mock_aws(), _beside(server) as seen:
                total = sum(_runs(budget))
            _report(seen, total)
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


def _runs(budget: float) -> Iterator[int]:
    import boto3  # noqa: PLC0415 - once moto stands in for AWS

    from functions.purge.service import purge  # noqa: PLC0415 - reads the environment
    from shared.job_runs import RESERVE, run_job  # noqa: PLC0415 - as above

    for bucket in ("media", "files"):
        here: Any = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
    number = 0
    while True:
        number, begun = number + 1, time.monotonic()
        end = begun + budget + RESERVE
        outcome = run_job("purge", purge, left=lambda end=end: end - time.monotonic())  # type: ignore[misc]
        took, done = time.monotonic() - begun, sum(outcome["counts"].values())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        _say(f"run {number}: {done} rows in {took:.1f} s, {done / took:.0f} a second; peak {peak:.0f} MB; {outcome}")
        yield done
        if not outcome["more_to_do"]:
            return


@contextmanager
def _beside(server: postgres.Server) -> Iterator[Seen]:
    seen, stop = Seen(), threading.Event()
    threads = [threading.Thread(target=act, args=(server, seen, stop)) for act in (_sample, _shop)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _sample(server: postgres.Server, seen: Seen, stop: threading.Event) -> None:
    engine = create_engine(server.superuser_url(NAME), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        while not stop.wait(0.02):
            seen.held = max(seen.held, float(connection.scalar(text(_HELD)) or 0))
            seen.waited = max(seen.waited, float(connection.scalar(text(_WAITED)) or 0))
            seen.samples += 1


def _shop(_: postgres.Server, seen: Seen, stop: threading.Event) -> None:
    from functions.carts.handler import handler as carts  # noqa: PLC0415 - reads the environment
    from functions.storefront.handler import handler as storefront  # noqa: PLC0415 - as above

    asked: list[tuple[Callable[..., Any], str, str]] = [
        (storefront, "GET", "/v1/storefront/products"),
        (carts, "POST", "/v1/storefront/carts"),
    ]
    while not stop.wait(0.05):
        for handler, method, path in asked:
            begun = time.monotonic()
            answer = handler(_event(method, path, f"deleted-{seen.requests % 50 + 1}"), _Context())
            seen.slowest = max(seen.slowest, time.monotonic() - begun)
            seen.requests += 1
            if answer["statusCode"] >= 500:
                seen.failed.append(f"{path}: {answer['statusCode']}")


class _Context:
    function_name = "bench"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:bench"
    aws_request_id = "00000000-0000-0000-0000-000000000000"


def _event(method: str, path: str, store: str) -> dict[str, Any]:
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"}
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"x-store": store, "content-type": "application/json"},
        "body": "{}" if method == "POST" else "",
        "isBase64Encoded": False,
        "requestContext": {"domainName": "127.0.0.1", "http": http, "stage": "$default", "requestId": "bench"},
    }


def _report(seen: Seen, total: int) -> None:
    _say(f"{total} rows in all. The longest that the purge held locks: {seen.held:.3f} s, in {seen.samples} samples.")
    _say(f"The longest that anybody waited for a lock: {seen.waited:.3f} s.")
    _say(f"Shoppers' requests meanwhile: {seen.requests}, {len(seen.failed)} failed, the slowest {seen.slowest:.2f} s.")
    for line in sorted(set(seen.failed)):
        _say(f"  {line}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    typer.run(main)
