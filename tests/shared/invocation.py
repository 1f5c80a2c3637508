"""Functions for tests: a handler inside `@tenant_isolated`, and what it leaves."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.pool import QueuePool

from shared.database import function_engine
from shared.models import Product
from shared.tenancy import Response, current_session, tenant_isolated, tenant_session
from tests.calls import http_event

Run = Callable[[], Response]
GET, POST = http_event("GET", "/x"), http_event("POST", "/x")
OK: Response = {"statusCode": 200, "headers": {}, "body": ""}


def answer(store_id: str, run: Run, event: Mapping[str, Any] = GET) -> Response:
    """What a function whose handler is `run` answers in a store."""
    handler = tenant_isolated(lambda _: tenant_session(store_id))(lambda _event, _context: run())
    return handler(dict(event), None)


def names(store_id: str) -> set[str]:
    """The products that a store has in the end."""
    with tenant_session(store_id) as session:
        return set(session.scalars(select(Product.name)))


def rename(name: str) -> None:
    """What a handler does here."""
    current_session().execute(update(Product).values(name=name))


def held() -> int:
    """Connections that have not been given back."""
    pool = function_engine().pool
    assert isinstance(pool, QueuePool)
    return pool.checkedout()
