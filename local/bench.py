"""`make bench`: what a page of 20 products costs, as ratios measured in one run on this machine.

Each line compares two ways of doing the same thing. A relay between us and the database adds a network's delay, which
the laptop's own socket has not.
"""

import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pg8000.legacy import Connection
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from local import postgres
from local.database import NAME, OWNER, ROLES, ensure_owner
from local.seeding import seed
from migrations import commands
from shared.models import Product
from shared.pipelining import PipelinedConnection
from shared.tenancy import storefront_session

DELAY = 0.001
ROUNDS = 150
PAGE = {
    "rawPath": "/v1/storefront/products",
    "rawQueryString": "limit=20",
    "headers": {"x-store": "aurora"},
    "requestContext": {
        "domainName": "127.0.0.1",
        "http": {"method": "GET", "path": "/v1/storefront/products"},
        "stage": "$default",
    },
}


def main() -> None:
    """Start a database with the demo shops, measure, print."""
    with tempfile.TemporaryDirectory(prefix="stormcom-bench-", ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder, "data"), durable=False)
        try:
            _prepare(server)
            _compare(server, Path(folder, "relay"))
        finally:
            server.stop()


def _prepare(server: postgres.Server) -> None:
    ensure_owner(server)
    postgres.ensure_database(server, NAME, OWNER)
    os.environ |= {variable: server.url(NAME, role) for variable, role in ROLES.items()}
    commands.upgrade()
    seed()


def _compare(server: postgres.Server, relay: Path) -> None:
    handler = _handler()
    ours, objects = _median(lambda: handler(PAGE, None)), _median(_as_objects)
    _say("a page of 20: ORM objects and their parts alone, over our whole answer", objects, ours)
    with _delayed(f"{server.socket_dir}/{postgres.SOCKET}", str(relay)):
        slow, fast = _median(_page(Connection, relay)), _median(_page(PipelinedConnection, relay))
    _say(f"enter, read, commit at {DELAY * 1000:.0f} ms a trip: stock pg8000 over pipelined", slow, fast)


def _handler() -> Callable[[Any, Any], Any]:
    from functions.storefront.handler import handler  # noqa: PLC0415 - reads the environment made above

    return handler


def _as_objects() -> None:
    """The same 20 products the usual way: an object a row, a statement a kind of part."""
    parts = (Product.variants, Product.categories, Product.labels, Product.media, Product.brand)
    with storefront_session(slug="aurora", host=None) as session:
        query = select(Product).order_by(Product.published_at.desc()).limit(20)
        session.scalars(query.options(*(selectinload(part) for part in parts))).all()


def _page(connect: Callable[..., Any], relay: Path) -> Callable[[], None]:
    connection = connect(ROLES["DATABASE_URL"], database=NAME, unix_sock=str(relay), ssl_context=False)

    def read() -> None:
        cursor = connection.cursor()
        cursor.execute("SELECT id FROM app.enter_storefront(%s, NULL)", ("aurora",))
        cursor.execute("SELECT name FROM products WHERE status = %s ORDER BY published_at LIMIT 20", ("ACTIVE",))
        cursor.fetchall()
        connection.commit()

    return read


@contextmanager
def _delayed(target: str, at: str) -> Iterator[None]:
    """A relay to the server's socket that holds back what clients send."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(at)
    listener.listen()

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            upstream = socket.socket(socket.AF_UNIX)
            upstream.connect(target)
            for source, sink, delay in ((client, upstream, DELAY), (upstream, client, 0.0)):
                threading.Thread(target=_pump, args=(source, sink, delay), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield
    listener.close()


def _pump(source: socket.socket, sink: socket.socket, delay: float) -> None:
    while data := source.recv(65536):
        time.sleep(delay)
        sink.sendall(data)


def _median(action: Callable[[], Any]) -> float:
    action()
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        action()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _say(what: str, first: float, second: float) -> None:
    sys.stdout.write(f"{first / second:6.1f}   {what}   ({first * 1000:.2f} ms / {second * 1000:.2f} ms)\n")


if __name__ == "__main__":
    main()
