"""Ten thousand orders in one store, 6,000 in others beside it: what is asked of them reads indexes.

Looked at twice, as in test_scale.py, and the statements counted with 1, 100 and 10,000 orders.
"""

from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from functions.orders.exports.worker import handler as worker
from local.generating import LARGE, generate
from local.generating_orders import generate_orders
from local.postgres import Server
from shared.database import function_engine
from tests.api import api
from tests.aws import Mailbox
from tests.calls import Context, counted
from tests.conftest import Database
from tests.functions.stores.people import join
from tests.test_scale import TENANT, explained, scans

ORDERS = {LARGE: 10_000, "small-1": 1, "small-2": 100} | {f"small-{number}": 300 for number in range(3, 23)}
MONTH = "from=2026-10-27&to=2026-11-25"
ASKED = [
    "/v1/orders",
    "/v1/orders?status=PENDING",
    "/v1/orders?status=DELIVERED",
    "/v1/orders?payment_status=PAID",
    "/v1/orders?payment_status=PENDING&status=CONFIRMED",
    "/v1/orders?fulfillment_status=UNFULFILLED",
    "/v1/orders?customer_id={customer}",
    "/v1/orders?email=customer-0@example.com",
    "/v1/orders?created_from=2026-11-01T00:00:00Z&created_to=2026-11-20T00:00:00Z",
    "/v1/orders?q=ORD-1001",
    "/v1/orders?deleted=true",
    "/v1/orders/{order}",
    "/v1/orders/{order}/invoice",
    "/v1/orders/{order}/packing-slip",
    "/v1/customers/{customer}/orders",
    "/v1/reports/overview",
    f"/v1/reports/sales?{MONTH}",
    f"/v1/reports/sales?by=week&{MONTH}",
    f"/v1/reports/products?{MONTH}",
    f"/v1/reports/categories?{MONTH}",
    f"/v1/reports/taxes?{MONTH}",
    f"/v1/reports/customers?{MONTH}",
    "/v1/reports/recent-customers?days=30",
]


@pytest.fixture
def busy(database: Database, mailbox: Mailbox) -> Database:
    """The generator's shops, with orders."""
    owner = create_engine(database.urls["MIGRATION_DATABASE_URL"], poolclass=NullPool)
    for _ in generate(owner, 100, 22, each=20):
        pass
    assert [*generate_orders(owner, ORDERS, 20)][-1] == "counted for the planner"
    return database


def test_no_table_is_read_whole_and_statements_stay_as_few_with_1_100_and_10_000_orders(
    busy: Database, server: Server
) -> None:
    sent: dict[str, dict[str, int]] = {}
    for slug in ("small-1", "small-2", LARGE):
        named = _ids(busy, slug)
        token = join(named["store"], "STORE_ADMIN").token
        for url in ASKED:
            answer = api("GET", url.format(**named), token=token)
            assert answer.status == 200, (url, answer.text)
            with counted(function_engine()) as statements:
                api("GET", url.format(**named), token=token)
            sent.setdefault(url, {})[slug] = len(statements)
    plans, before = {}, scans(busy, server)
    # Of a table with a few rows a page is all that there is to read.
    large = before.keys() & TENANT
    for url in ASKED:
        with explained() as read:
            api("GET", url.format(**named), token=token)
        plans[url] = sorted(read & large)
    asked = api("POST", "/v1/orders/export", {"created_from": "2026-11-01T00:00:00Z"}, token=token).json["id"]
    message = f'{{"store_id": "{named["store"]}", "transfer_id": "{asked}"}}'
    with explained() as read:
        assert worker({"Records": [{"messageId": "1", "body": message}]}, Context()) == {"batchItemFailures": []}
    plans["export"] = sorted(read & large)
    after = scans(busy, server)

    assert {url: tables for url, tables in plans.items() if tables} == {}
    assert {name: after[name] - before[name] for name in large if after[name] > before[name]} == {}
    assert {url: counts for url, counts in sent.items() if len(set(counts.values())) > 1} == {}
    assert max(count for counts in sent.values() for count in counts.values()) <= 14


def _ids(busy: Database, slug: str) -> dict[str, Any]:
    query = text("""
        SELECT s.id AS store, o.id AS order, o.customer_id AS customer FROM stores s JOIN orders o ON o.store_id = s.id
        WHERE s.slug = :slug AND o.deleted_at IS NULL ORDER BY o.created_at DESC LIMIT 1
    """)
    with busy.engine("PLATFORM_DATABASE_URL").connect() as connection:
        return dict(connection.execute(query, {"slug": slug}).one()._mapping)
