"""What a reader of the log may not ask: times without a zone, cursors that are not ours, and others' rows."""

import base64
import json
from typing import Any

import pytest

from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import join, make_shop
from tests.functions.stores.test_audit_log import ids, read, written


@pytest.mark.parametrize("moment", ["2026-06-01T00:00:00", "yesterday", "", "9999-12-31T23:59:59-14:00", "2026-13-01"])
@pytest.mark.parametrize("name", ["since", "until"])
def test_a_time_without_its_zone_or_out_of_range_is_named(database: Database, name: str, moment: str) -> None:
    refused = api("GET", f"/v1/audit-log?{name}={moment}", token=make_shop().admin.token)

    assert (refused.status, refused.json["errors"][0]["loc"]) == (422, ["query", name])


def _cursor(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "%F0%9F%9A%80",
        _cursor({}),
        _cursor([]),
        _cursor(["newest"]),
        _cursor(["newest", "2026-06-01T00:00:00+00:00"]),
        _cursor(["newest", "2026-06-01T00:00:00+00:00", "x", "y"]),
        _cursor(["name", "2026-06-01T00:00:00+00:00", "x"]),
        _cursor(["newest", "yesterday", "x"]),
        _cursor(["newest", 1, "x"]),
        _cursor(["newest", "2026-06-01T00:00:00+00:00", "\x00"]),
        _cursor(["newest", "2026-06-01T00:00:00+00:00", "\ud800"]),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(database: Database, cursor: str) -> None:
    refused = api("GET", f"/v1/audit-log?cursor={cursor}", token=make_shop().admin.token)

    assert (refused.status, refused.json["code"]) == (400, "invalid_cursor")


def test_a_cursor_of_another_store_shows_nothing_of_it(database: Database) -> None:
    first, second = make_shop(), make_shop()
    written(database, first, 5)
    own = written(database, second, 5)

    cursor = read(first, "limit=2")["next_cursor"]
    assert set(ids(second, f"cursor={cursor}")) < set(own)


def test_a_log_is_read_with_its_permission_alone(database: Database) -> None:
    shop = make_shop()

    assert api("GET", "/v1/audit-log", token=join(shop.id, permissions=["audit:read"]).token).status == 200
    assert api("GET", "/v1/audit-log", token=join(shop.id).token).status == 403
