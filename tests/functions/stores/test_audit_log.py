"""Reading the log of a store: filters, pages, and what an entry tells."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import insert

from shared.models import AuditLog, Base
from shared.models.base import new_id
from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import Shop, make_shop
from tests.functions.stores.test_inviting import invite

START = datetime(2026, 6, 1, tzinfo=UTC)
ACTIONS = ["product.updated", "product.created", "order.updated", "staff.joined", "store.updated"]


def written(database: Database, shop: Shop, rows: int, **given: Any) -> list[str]:
    """Rows a minute apart, two of each moment. Returns their ids, newest first."""
    made = [
        {
            "id": new_id(),
            "store_id": shop.id,
            "actor_email": "boss@example.com",
            "action": ACTIONS[number % 5],
            "entity_type": "user_store" if number % 5 == 3 else ACTIONS[number % 5].partition(".")[0],
            "entity_id": f"row-{number % 4}",
            "user_id": shop.admin.user_id if number % 2 else None,
            "created_at": START + timedelta(minutes=number // 2),
        }
        | given
        for number in range(rows)
    ]
    with database.engine("PLATFORM_DATABASE_URL").begin() as connection:
        connection.execute(insert(Base.metadata.tables[AuditLog.__tablename__]), made)
    return [row["id"] for row in sorted(made, key=lambda row: (row["created_at"], row["id"]), reverse=True)]


def read(shop: Shop, query: str = "") -> Any:
    answer = api("GET", f"/v1/audit-log?{query}", token=shop.admin.token)
    assert answer.status == 200, answer.text
    return answer.json


def ids(shop: Shop, query: str = "") -> list[str]:
    """The ids of all pages."""
    page = read(shop, query)
    found = [entry["id"] for entry in page["items"]]
    while page["next_cursor"] is not None:
        page = read(shop, f"{query}&cursor={page['next_cursor']}")
        found += [entry["id"] for entry in page["items"]]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20, 100])
def test_pages_have_no_gap_and_no_double_even_among_rows_of_one_moment(either: Database, limit: int) -> None:
    shop = make_shop()
    expected = written(either, shop, 21)

    assert ids(shop, f"limit={limit}") == expected


def test_what_is_added_while_one_reads_moves_no_later_page(database: Database) -> None:
    shop = make_shop()
    expected = written(database, shop, 9)

    first = read(shop, "limit=4")
    written(database, shop, 3, created_at=START + timedelta(days=1))
    later = ids(shop, f"cursor={first['next_cursor']}")
    assert [entry["id"] for entry in first["items"]] + later == expected


@pytest.mark.parametrize(
    ("query", "keep"),
    [
        ("action=product.updated", lambda row: row["action"] == "product.updated"),
        ("action=staff.joined", lambda row: row["action"] == "staff.joined"),
        ("entity_type=product", lambda row: row["entity_type"] == "product"),
        ("entity_type=user_store", lambda row: row["entity_type"] == "user_store"),
        ("entity_id=row-2", lambda row: row["entity_id"] == "row-2"),
        ("entity_type=product&entity_id=row-1", lambda row: row["entity_id"] == "row-1" and "prod" in row["action"]),
        ("user_id={user}", lambda row: row["user_id"] is not None),
        ("action=order.updated&user_id={user}", lambda row: row["user_id"] and row["action"] == "order.updated"),
        ("action=product", lambda row: False),
        ("user_id=nobody", lambda row: False),
        ("action=%25", lambda row: False),
    ],
)
def test_filters_keep_exactly_what_they_name_over_all_pages(database: Database, query: str, keep: Any) -> None:
    shop = make_shop()
    written(database, shop, 40)
    whole = read(shop, "limit=100")["items"]

    found = ids(shop, f"limit=3&{query.format(user=shop.admin.user_id)}")

    assert found == [row["id"] for row in whole if keep(row)]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, range(10)),
        (3, None, range(6, 10)),
        (None, 3, range(6)),
        (1, 3, range(2, 6)),
        (3, 3, range(0)),
        (4, 1, range(0)),
    ],
)
def test_since_is_included_and_until_is_not(
    database: Database, since: int | None, until: int | None, expected: range
) -> None:
    shop = make_shop()
    rows = list(reversed(written(database, shop, 10)))
    span = {"since": since, "until": until}
    query = "&".join(
        f"{name}={quote((START + timedelta(minutes=n)).isoformat())}" for name, n in span.items() if n is not None
    )

    assert sorted(ids(shop, query)) == sorted(rows[number] for number in expected)


def test_a_time_may_be_given_in_any_zone(database: Database) -> None:
    shop = make_shop()
    written(database, shop, 10)

    assert ids(shop, "since=2026-06-01T00:03:00Z") == ids(shop, "since=2026-06-01T02:03:00%2B02:00")


def test_an_entry_tells_who_what_and_from_where(database: Database) -> None:
    shop = make_shop(phone="1")
    api("PATCH", "/v1/store", {"phone": "2", "name": "Größe"}, token=shop.admin.token, ip="2001:db8::1")

    (entry,) = read(shop)["items"]
    assert entry | {"id": "", "created_at": ""} == {
        "id": "",
        "created_at": "",
        "actor_email": shop.admin.email,
        "user_id": shop.admin.user_id,
        "action": "store.updated",
        "entity_type": "store",
        "entity_id": shop.id,
        "before": {"phone": "1", "name": entry["before"]["name"]},
        "after": {"phone": "2", "name": "Größe"},
        "ip_address": "2001:db8::1",
        "user_agent": "tests/1.0",
    }


def test_a_request_that_is_refused_leaves_no_trace_of_what_it_had_begun(database: Database) -> None:
    shop = make_shop("free")
    assert invite(shop.admin.token, "one@example.com").status == 201
    before = ids(shop)

    assert invite(shop.admin.token, "two@example.com").status == 402
    assert api("PATCH", "/v1/store", {"phone": "1", "name": None}, token=shop.admin.token).status == 422
    assert ids(shop) == before
