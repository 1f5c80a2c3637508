"""What those who run the platform may do to stores, and what is noted of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from functions.storefront.handler import handler as storefront
from shared.models.base import new_id
from shared.models.enums import StoreStatus
from tests.api import api
from tests.calls import call
from tests.conftest import Database
from tests.functions.stores.people import make_shop, make_super_admin
from tests.functions.stores.threads import with_each


def _platform_log(database: Database, email: str) -> list[str]:
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        query = (
            "SELECT entity_id FROM audit_logs WHERE action = 'platform.session' AND actor_email = :email ORDER BY id"
        )
        return sorted(connection.scalars(text(query), {"email": email}))


def _listed(token: str, query: str = "") -> list[str]:
    """The ids of every store that a list shows, a page after the other."""
    found: list[str] = []
    page = api("GET", f"/v1/stores?limit=2{query}", token=token)
    while True:
        assert page.status == 200, page.text
        found += [store["id"] for store in page.json["items"]]
        if page.json["next_cursor"] is None:
            return found
        assert len(page.json["items"]) == 2
        page = api("GET", f"/v1/stores?limit=2{query}&cursor={page.json['next_cursor']}", token=token)


@pytest.mark.parametrize("stores", [0, 1, 2, 4, 5])
def test_every_live_store_is_listed_once_newest_first(database: Database, stores: int) -> None:
    # Of one moment, so that the id must decide.
    moment = datetime(2026, 12, 1, tzinfo=UTC)
    made = [make_shop(created_at=moment).id for _ in range(stores)]
    make_shop(deleted_at=moment, deletion_id="x")

    assert _listed(make_super_admin().token) == sorted(made, reverse=True)


def test_the_list_is_filtered_by_status_and_by_slug_or_id(database: Database) -> None:
    lamps, lamp = make_shop(slug="lamps").id, make_shop(slug="lamp", status=StoreStatus.SUSPENDED).id
    other = make_shop(slug="other").id
    token = make_super_admin().token

    assert set(_listed(token, "&q=LAMP")) == {lamps, lamp}
    assert _listed(token, "&q=lamps") == [lamps]
    assert _listed(token, "&q=amp") == []
    assert _listed(token, "&q=%25") == []
    assert _listed(token, "&q=_amp") == []
    assert _listed(token, f"&q={other}") == [other]
    assert _listed(token, "&status=SUSPENDED") == [lamp]
    assert _listed(token, "&status=SUSPENDED&q=other") == []
    assert api("GET", "/v1/stores?status=OPEN", token=token).status == 422


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24", "WyJuZXdlc3QiXQ", "WyJuYW1lIiwiYSIsImIiXQ"])
def test_a_cursor_of_others_is_refused(database: Database, cursor: str) -> None:
    refused = api("GET", f"/v1/stores?cursor={cursor}", token=make_super_admin().token)

    assert (refused.status, refused.json["code"]) == (400, "invalid_cursor")


def test_a_store_is_read_and_its_own_log_tells_of_it(database: Database) -> None:
    shop, admin = make_shop(), make_super_admin()

    read = api("GET", f"/v1/stores/{shop.id}", token=admin.token)

    assert (read.status, read.json["id"], read.headers["etag"]) == (200, shop.id, '"1"')
    entry = api("GET", "/v1/audit-log", token=shop.admin.token).json["items"][0]
    assert (entry["action"], entry["actor_email"], entry["ip_address"]) == ("store.viewed", admin.email, "203.0.113.1")
    assert entry["after"] == {"request": f"GET /v1/stores/{shop.id}"}


@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("PATCH", ""), ("DELETE", "?confirm=x"), ("POST", "/restore")]
)
def test_a_store_that_is_not_there_is_not_found(database: Database, method: str, rest: str) -> None:
    body = {"status": "CLOSED"} if method == "PATCH" else None
    gone = make_shop(deleted_at=datetime(2020, 1, 1, tzinfo=UTC), deletion_id="x")

    for store_id in (new_id(), gone.id):
        answer = api(method, f"/v1/stores/{store_id}{rest}", body, token=make_super_admin().token)
        assert (answer.status, answer.json["code"]) == (404, "store_not_found")


def test_a_suspended_store_is_shut_for_shoppers_and_read_only_for_its_admin(either: Database) -> None:
    shop, admin = make_shop(), make_super_admin()
    url = f"/v1/stores/{shop.id}"

    assert api("PATCH", url, {"status": "SUSPENDED"}, token=admin.token).json["status"] == "SUSPENDED"

    assert call(storefront, "/v1/storefront/store", store=shop.slug).status == 403
    assert api("GET", "/v1/store", token=shop.admin.token).json["status"] == "SUSPENDED"
    refused = api("PATCH", "/v1/store", {"name": "x"}, token=shop.admin.token)
    assert (refused.status, refused.json["code"]) == (402, "subscription_ended")
    assert api("PUT", "/v1/store/subscription", {"plan": "pro"}, token=shop.admin.token).status == 422
    chosen = api("PUT", "/v1/store/subscription", {"plan": "pro", "payment_method": "INVOICE"}, token=shop.admin.token)
    assert chosen.status == 200
    # Paying does not undo what the platform has decided.
    assert api("GET", "/v1/store", token=shop.admin.token).json["status"] == "SUSPENDED"

    assert api("PATCH", url, {"status": "ACTIVE"}, token=admin.token).status == 200
    assert call(storefront, "/v1/storefront/store", store=shop.slug).status == 200
    assert api("PATCH", "/v1/store", {"name": "x"}, token=shop.admin.token).status == 200


@pytest.mark.parametrize("status", ["TRIAL", "TRIAL_EXPIRED", "open", None, ""])
def test_only_three_statuses_are_the_platforms_to_set(database: Database, status: Any) -> None:
    shop = make_shop()

    assert api("PATCH", f"/v1/stores/{shop.id}", {"status": status}, token=make_super_admin().token).status == 422


def test_setting_a_status_is_noted_with_who_did_it(database: Database) -> None:
    shop, admin = make_shop(), make_super_admin()
    api("PATCH", f"/v1/stores/{shop.id}", {"status": "CLOSED"}, token=admin.token, ip="198.51.100.9")

    entry = api("GET", "/v1/audit-log?action=store.updated", token=shop.admin.token).json["items"][0]
    assert (entry["before"], entry["after"]) == ({"status": "ACTIVE"}, {"status": "CLOSED"})
    assert (entry["user_id"], entry["actor_email"]) == (admin.user_id, admin.email)
    assert (entry["ip_address"], entry["user_agent"]) == ("198.51.100.9", "tests/1.0")


def test_every_session_of_the_platform_is_noted_even_if_it_fails(database: Database) -> None:
    shop, admin = make_shop("basic"), make_super_admin()
    url = f"/v1/stores/{shop.id}"
    api("GET", "/v1/stores", token=admin.token)
    api("GET", url, token=admin.token)
    api("PATCH", url, {"status": "CLOSED"}, token=admin.token)
    assert api("DELETE", f"{url}?confirm=wrong", token=admin.token).status == 422
    assert api("POST", f"{url}/restore", token=admin.token).status == 404

    assert _platform_log(database, admin.email) == [
        "delete a store",
        "list the stores",
        "read a store",
        "restore a store",
        "set a store's status to CLOSED",
    ]


def test_of_five_who_set_a_status_by_one_version_one_wins(database: Database) -> None:
    shop, token = make_shop(), make_super_admin().token
    url = f"/v1/stores/{shop.id}"

    statuses = with_each(
        lambda _: api("PATCH", url, {"status": "CLOSED"}, token=token, if_match='"1"').status, range(5)
    )

    assert sorted(statuses) == [200, 412, 412, 412, 412]


def test_the_platform_deletes_a_store_by_its_name(database: Database) -> None:
    shop, admin = make_shop("free", name="Lamps & Co"), make_super_admin()

    assert api("DELETE", f"/v1/stores/{shop.id}?confirm=Lamps%20%26%20Co", token=admin.token).status == 204
    assert api("GET", f"/v1/stores/{shop.id}", token=admin.token).status == 404
    assert api("GET", "/v1/store", token=shop.admin.token).json["code"] == "no_store"


def test_a_visiting_super_admin_sees_everything_and_changes_nothing(database: Database) -> None:
    shop = make_shop()
    token = make_super_admin(visiting=shop.id).token
    reads = ["/v1/store", "/v1/store/domain", "/v1/store/staff", "/v1/store/subscription", "/v1/audit-log"]

    for url in reads:
        assert api("GET", url, token=token).status == 200
    assert api("PATCH", "/v1/store", {"name": "Mine"}, token=token).status == 403
    assert api("DELETE", "/v1/store?confirm=x", token=token).status == 403

    log = api("GET", "/v1/audit-log?action=store.viewed&limit=100", token=shop.admin.token).json["items"]
    refused = ["DELETE /v1/store", "PATCH /v1/store"]
    assert [entry["after"]["request"] for entry in log] == [*refused, *(f"GET {url}" for url in reversed(reads))]
