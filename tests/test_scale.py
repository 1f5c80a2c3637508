"""A hundred thousand products in one store and a thousand stores beside it: what is asked of them reads indexes.

Looked at twice: EXPLAIN of every SELECT that an answer takes, and PostgreSQL's own count of the scans of each table,
which knows of what functions and triggers read too.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import NullPool

from local.generating import LARGE, generate
from local.postgres import Server
from shared.database import function_engine
from shared.models import Base
from shared.models.base import TenantScoped
from tests.api import api
from tests.calls import counted
from tests.conftest import Database
from tests.functions.storefront.shopping import get
from tests.functions.stores.people import join

PRODUCTS, STORES = 100_000, 1_000
SHOPPERS: list[tuple[str, dict[str, Any]]] = [
    ("products", {}),
    ("products", {"sort": "price"}),
    ("products", {"sort": "-name"}),
    ("products", {"q": "kettle"}),
    ("products", {"q": "ketle"}),
    ("products", {"q": "acme kettle", "sort": "price"}),
    ("products", {"q": "SKU-4711"}),
    ("products", {"category": "category-3"}),
    ("products", {"brand": ["brand-7", "brand-8"], "sort": "price"}),
    ("products", {"attribute": "color:Red", "label": "NEW"}),
    ("products", {"min_price": "10", "max_price": "11", "in_stock": "true"}),
    ("products", {"in_stock": "true"}),
    ("products/product-4711", {}),
    ("products/before-4710", {}),
    ("facets", {}),
    ("facets", {"q": "kettle"}),
    ("facets", {"category": "category-3", "attribute": "color:Red", "min_price": "100"}),
    ("suggest", {"q": "kettle 47"}),
    ("suggest", {"q": "zz"}),
    ("categories", {}),
    ("brands", {}),
]
STAFF = [
    "/v1/products",
    "/v1/products?status=DRAFT",
    "/v1/products?q=kettle",
    "/v1/products?q=SKU-4711",
    "/v1/categories",
    "/v1/brands",
    "/v1/inventory",
    "/v1/inventory/low-stock",
    "/v1/inventory/adjustments",
]
TENANT = {
    mapper.local_table.name  # type: ignore[attr-defined]
    for mapper in Base.registry.mappers
    if issubclass(mapper.class_, TenantScoped)
}
_SCANS = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE n_live_tup > 1000"


@pytest.fixture
def crowd(database: Database) -> Database:
    """The generator's shops."""
    owner = create_engine(database.urls["MIGRATION_DATABASE_URL"], poolclass=NullPool)
    assert [*generate(owner, PRODUCTS, STORES)][-1] == "counted for the planner"
    return database


def test_nothing_reads_a_whole_table_and_statements_stay_few(crowd: Database, server: Server) -> None:
    token = join(_large(crowd), "STORE_ADMIN").token
    asks: dict[str, Any] = {f"{path} {given}": lambda p=path, g=given: get(p, LARGE, **g) for path, given in SHOPPERS}
    asks |= {path: lambda p=path: api("GET", p, token=token) for path in STAFF}
    for ask in asks.values():
        assert ask().status in (200, 301)
    plans, before, sent = {}, scans(crowd, server), {}

    for name, ask in asks.items():
        with counted(function_engine()) as statements, explained() as read:
            ask()
        plans[name], sent[name] = sorted(read & TENANT), len(statements)
    after = scans(crowd, server)

    assert {name: tables for name, tables in plans.items() if tables} == {}
    assert {
        table: after[table] - before[table] for table in after.keys() & TENANT if after[table] > before[table]
    } == {}
    assert {name: count for name, count in sent.items() if count > 10} == {}


def _large(crowd: Database) -> str:
    with crowd.engine("PLATFORM_DATABASE_URL").connect() as connection:
        return str(connection.scalar(text("SELECT id FROM stores WHERE slug = :slug"), {"slug": LARGE}))


def scans(crowd: Database, server: Server) -> dict[str, int]:
    """How often PostgreSQL has read each large table whole, by its own count."""
    # A connection tells what it has counted when it ends.
    function_engine().dispose()
    engine = create_engine(server.superuser_url(crowd.name), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        return {str(name): int(count) for name, count in connection.execute(text(_SCANS))}


@contextmanager
def explained() -> Iterator[set[str]]:
    """The tables that PostgreSQL would read whole for what is asked meanwhile."""
    found: set[str] = set()

    def explain(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if re.match(r"\s*(SELECT|WITH)", statement) and "app.enter" not in statement:
            cursor.execute(f"EXPLAIN {statement}", parameters)
            found.update(re.findall(r"Seq Scan on (\w+)", "\n".join(row[0] for row in cursor.fetchall())))

    event.listen(function_engine(), "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(function_engine(), "before_cursor_execute", explain)
