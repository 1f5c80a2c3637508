"""Changing what members may do, letting them rest, letting them go; and a store's last admin."""

from typing import Any

import pytest

from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import Person, Shop, join, make_shop
from tests.functions.stores.test_inviting import invite, places
from tests.functions.stores.threads import with_each

RESTS, DEMOTED = {"is_active": False}, {"role": "STAFF"}


def change(by: Person, whom: Person, body: dict[str, Any], **headers: str) -> Any:
    return api("PATCH", f"/v1/store/staff/{whom.member_id}", body, token=by.token, **headers)


def remove(by: Person, whom: Person, **headers: str) -> Any:
    return api("DELETE", f"/v1/store/staff/{whom.member_id}", token=by.token, **headers)


def members(shop: Shop) -> dict[str, Any]:
    """Who works there, by e-mail address."""
    found = api("GET", "/v1/store/staff", token=shop.admin.token).json["members"]
    return {member["email"]: member for member in found}


def test_members_are_listed_with_what_they_may_do(either: Database) -> None:
    shop = make_shop()
    staff, few, rests = join(shop.id), join(shop.id, permissions=["orders:read"]), join(shop.id, is_active=False)
    join(make_shop().id)

    found = members(shop)

    assert list(found) == [shop.admin.email, staff.email, few.email, rests.email]
    assert [found[one.email]["role"] for one in (shop.admin, staff)] == ["STORE_ADMIN", "STAFF"]
    assert found[few.email]["permissions"] == ["orders:read"]
    assert "products:write" in found[staff.email]["permissions"]
    assert [member["is_active"] for member in found.values()] == [True, True, True, False]
    assert "password" not in str(found)


def test_a_change_of_role_or_permissions_counts_for_the_next_request(either: Database) -> None:
    shop = make_shop()
    staff = join(shop.id, permissions=[])
    assert api("GET", "/v1/store", token=staff.token).status == 403

    assert change(shop.admin, staff, {"permissions": ["store:read"]}).json["permissions"] == ["store:read"]
    assert api("GET", "/v1/store", token=staff.token).status == 200
    assert api("PATCH", "/v1/store", {"name": "x"}, token=staff.token).status == 403

    assert change(shop.admin, staff, {"role": "STORE_ADMIN"}).json["permissions"] == ["*"]
    assert api("PATCH", "/v1/store", {"name": "x"}, token=staff.token).status == 200

    demoted = change(shop.admin, staff, DEMOTED).json
    assert "products:write" in demoted["permissions"]
    assert api("PATCH", "/v1/store", {"name": "x"}, token=staff.token).status == 403

    assert change(shop.admin, staff, RESTS).json["is_active"] is False
    assert api("GET", "/v1/store", token=staff.token).json["code"] == "no_store"
    assert change(shop.admin, staff, {"is_active": True}).status == 200
    assert api("GET", "/v1/store", token=staff.token).status == 200

    assert remove(shop.admin, staff).status == 204
    assert api("GET", "/v1/store", token=staff.token).json["code"] == "no_store"


def test_an_admin_has_no_permissions_of_their_own(database: Database) -> None:
    shop = make_shop()
    other = join(shop.id)

    promoted = change(shop.admin, other, {"role": "STORE_ADMIN", "permissions": ["orders:read"]})

    assert promoted.json["permissions"] == ["*"]
    assert change(shop.admin, other, {"permissions": ["orders:read"]}).json["permissions"] == ["*"]


def test_if_match_names_the_version_that_the_client_knows(database: Database) -> None:
    shop = make_shop()
    staff = join(shop.id)

    assert change(shop.admin, staff, RESTS, if_match='"9"').status == 412
    assert remove(shop.admin, staff, if_match='"9"').status == 412
    assert members(shop)[staff.email]["is_active"] is True
    changed = change(shop.admin, staff, RESTS, if_match='"1"')
    assert (changed.status, changed.headers["etag"], changed.json["version"]) == (200, '"2"', 2)
    assert remove(shop.admin, staff, if_match='"2"').status == 204


def test_of_ten_who_change_a_member_by_one_version_one_wins(database: Database) -> None:
    shop = make_shop()
    staff = join(shop.id)

    bodies = [{"permissions": [f"{name}:read"]} for name in ("orders", "store", "products", "staff", "pos")]
    statuses = with_each(lambda body: change(shop.admin, staff, body, if_match='"1"').status, bodies)
    assert sorted(statuses) == [200, 412, 412, 412, 412]


def test_letting_somebody_go_gives_the_place_back(database: Database) -> None:
    shop = make_shop("free", {"current_staff": 1})
    staff = join(shop.id)
    assert invite(shop.admin.token).status == 402

    assert remove(shop.admin, staff).status == 204
    assert places(shop) == 0
    assert invite(shop.admin.token).status == 201


def test_letting_somebody_go_ten_times_at_once_gives_one_place_back(database: Database) -> None:
    shop = make_shop("pro", {"current_staff": 2})
    staff, _ = join(shop.id), join(shop.id)

    statuses = with_each(lambda _: remove(shop.admin, staff).status, range(10))

    assert statuses.count(204) == 1
    assert set(statuses) <= {204, 404, 412}
    assert places(shop) == 1


def test_a_member_who_rests_keeps_their_place(database: Database) -> None:
    shop = make_shop("free", {"current_staff": 1})
    assert change(shop.admin, join(shop.id), RESTS).status == 200

    assert places(shop) == 1
    assert invite(shop.admin.token).status == 402


@pytest.mark.parametrize(
    "body",
    [
        {"role": "STAFF"},
        {"role": "STORE_ADMIN"},
        {"is_active": False},
        {"is_active": True},
        {"permissions": []},
        {},
    ],
)
def test_staff_cannot_touch_an_admin(database: Database, body: dict[str, Any]) -> None:
    shop = make_shop()
    join(shop.id, "STORE_ADMIN")
    staff = join(shop.id, permissions=["staff:read", "staff:write"])

    refused = change(staff, shop.admin, body)

    assert (refused.status, refused.json["code"]) == (403, "role_too_high")
    assert remove(staff, shop.admin).status == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"role": "STORE_ADMIN"}, 403),
        ({"permissions": ["store:delete"]}, 403),
        ({"permissions": ["orders:read", "orders:write"]}, 403),
        ({"permissions": ["orders:read"]}, 200),
        ({"permissions": []}, 200),
        ({"is_active": False}, 200),
    ],
)
@pytest.mark.parametrize("whom", ["a colleague", "themselves"])
def test_staff_give_a_colleague_only_what_they_have(
    database: Database, body: dict[str, Any], status: int, whom: str
) -> None:
    shop = make_shop()
    staff = join(shop.id, permissions=["staff:write", "orders:read"])
    other = join(shop.id, permissions=["pricing:read"]) if whom == "a colleague" else staff

    assert change(staff, other, body).status == status


def test_staff_wake_up_nobody_who_may_do_more_than_they(database: Database) -> None:
    shop = make_shop()
    staff = join(shop.id, permissions=["staff:write", "orders:read"])
    more, less = join(shop.id, is_active=False), join(shop.id, permissions=["orders:read"], is_active=False)

    assert change(staff, more, {"is_active": True}).status == 403
    assert change(staff, less, {"is_active": True}).status == 200


def test_what_is_done_to_members_is_noted(database: Database) -> None:
    shop = make_shop()
    staff = join(shop.id, permissions=["orders:read"])
    change(shop.admin, staff, {"permissions": ["pos:read"]})
    change(shop.admin, staff, RESTS)
    remove(shop.admin, staff)

    log = api("GET", f"/v1/audit-log?entity_id={staff.member_id}", token=shop.admin.token).json["items"]
    assert [(entry["action"], entry["after"]) for entry in log] == [
        ("user_store.deleted", None),
        ("user_store.updated", {"is_active": False}),
        ("user_store.updated", {"permissions": ["pos:read"]}),
    ]
    assert log[0]["before"]["user_id"] == staff.user_id
    assert log[2]["before"] == {"permissions": ["orders:read"]}
    assert {entry["actor_email"] for entry in log} == {shop.admin.email}
