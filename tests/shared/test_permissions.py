"""What a set of permissions grants."""

import pytest
from sqlalchemy import text

from shared.auth import requires
from shared.permissions import PERMISSIONS, STORE_PERMISSIONS, grants, missing
from tests.conftest import Database

READS = {permission for permission in STORE_PERMISSIONS if permission.endswith(":read")}
EVERYTHING = {"*", "*:read"} | PERMISSIONS


GRANTED = {
    "": set(),
    "*": STORE_PERMISSIONS,
    "*:read": READS,
    "*:read store:write": READS | {"store:write"},
    "* platform:stores platform:plans": PERMISSIONS,
    "platform:stores": {"platform:stores"},
    "platform:*": set(),
    "products:*": set(),
    "*:write": set(),
    "products": set(),
    "PRODUCTS:READ": set(),
}


@pytest.mark.parametrize("granted", GRANTED)
def test_a_set_grants_its_own_and_what_its_wildcards_say(granted: str) -> None:
    assert {permission for permission in PERMISSIONS if grants(granted.split(), permission)} == GRANTED[granted]


@pytest.mark.parametrize("permission", sorted(STORE_PERMISSIONS))
def test_one_permission_grants_itself_alone(permission: str) -> None:
    assert [one for one in PERMISSIONS if grants({permission}, one)] == [permission]


@pytest.mark.parametrize("unknown", ["", "*", "*:read", "products", "products:delete", "products:read ", "staff:admin"])
def test_what_does_not_exist_is_granted_to_nobody_and_cannot_be_asked(unknown: str) -> None:
    assert not grants(EVERYTHING - {unknown}, unknown)
    with pytest.raises(ValueError, match="there is no permission"):
        requires(unknown)


def test_what_is_missing_is_named_in_order() -> None:
    assert missing({"orders:read"}, ["store:write", "orders:read", "orders:write"]) == ["orders:write", "store:write"]
    assert missing({"*"}, STORE_PERMISSIONS) == []
    assert missing({"*"}, ["platform:stores"]) == ["platform:stores"]
    assert missing(set(), []) == []


def test_the_roles_that_come_with_an_installation_grant_what_exists(either: Database) -> None:
    query = text("SELECT slug, permissions FROM roles")
    with either.engine("PLATFORM_DATABASE_URL").connect() as connection:
        found = {slug: str(permissions) for slug, permissions in connection.execute(query)}

    assert set(found) == {"SUPER_ADMIN", "STORE_ADMIN", "STAFF"}
    for permissions in found.values():
        named = permissions.strip("[]").replace("'", "").replace('"', "").split(", ")
        assert set(named) <= EVERYTHING
    assert "write" not in found["SUPER_ADMIN"]
    assert not any(word in found["STAFF"] for word in ("*", "staff", "subscription", "audit", "delete", "platform"))
