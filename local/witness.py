"""Who goes on with a database while it is purged, and what they notice: shoppers, and an eye on locks.

In a process of its own, as a shop's functions are: what it costs is not the purge's, in time or in memory.
"""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

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
    """What was seen beside a purge: seconds, and requests."""

    held: float = 0
    waited: float = 0
    samples: int = 0
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    slowest: float = 0


@contextmanager
def witness(url: str, slugs: list[str]) -> Iterator[Seen]:
    """Have shoppers visit stores, and locks watched by the superuser's URL, meanwhile. Told at the end."""
    context, seen = multiprocessing.get_context("spawn"), Seen()
    ours, theirs = context.Pipe()
    process = context.Process(target=_watch, args=(theirs, url, slugs), daemon=True)
    process.start()
    theirs.close()
    ours.recv()
    try:
        yield seen
    finally:
        ours.send("stop")
        vars(seen).update(vars(ours.recv()))
        process.join()


def _watch(pipe: Any, url: str, slugs: list[str]) -> None:
    seen, stop = Seen(), threading.Event()
    acts: list[Callable[[], None]] = [lambda: _sample(url, seen, stop), lambda: _shop(slugs, seen, stop)]
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    pipe.send("begun")
    pipe.recv()
    stop.set()
    for thread in threads:
        thread.join()
    pipe.send(seen)


def _sample(url: str, seen: Seen, stop: threading.Event) -> None:
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        while not stop.wait(0.05):
            seen.held = max(seen.held, float(connection.scalar(text(_HELD)) or 0))
            seen.waited = max(seen.waited, float(connection.scalar(text(_WAITED)) or 0))
            seen.samples += 1


def _shop(slugs: list[str], seen: Seen, stop: threading.Event) -> None:
    from functions.carts.handler import handler as carts  # noqa: PLC0415 - reads the environment
    from functions.storefront.handler import handler as storefront  # noqa: PLC0415 - as above

    asked: list[tuple[Callable[..., Any], str, str]] = [
        (storefront, "GET", "/v1/storefront/products"),
        (carts, "POST", "/v1/storefront/carts"),
    ]
    while not stop.wait(0.05):
        for handler, method, path in asked:
            begun = time.monotonic()
            answer = handler(_event(method, path, slugs[seen.requests % len(slugs)]), _Context())
            seen.slowest = max(seen.slowest, time.monotonic() - begun)
            seen.requests += 1
            if answer["statusCode"] >= 400:
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
