"""Who may call which route: every route that asks for a token, for every kind of caller."""

from collections.abc import Callable

import pytest

from shared.models.enums import StoreStatus
from tests.api import api
from tests.conftest import Database
from tests.functions.stores.people import Shop, join, make_shop, make_super_admin, make_user, token_of
from tests.functions.stores.routes import Route, all_routes, authorizers

# What each of this context's routes asks; a change here is a change of who may do what.
ASKED = {
    "POST /v1/stores": None,
    "GET /v1/stores": "platform:stores",
    "GET /v1/stores/{store_id}": "platform:stores",
    "PATCH /v1/stores/{store_id}": "platform:stores",
    "DELETE /v1/stores/{store_id}": "platform:stores",
    "POST /v1/stores/{store_id}/restore": None,
    "GET /v1/store": "store:read",
    "PATCH /v1/store": "store:write",
    "DELETE /v1/store": "store:delete",
    "PUT /v1/store/maintenance": "store:write",
    "GET /v1/store/domain": "store:read",
    "PUT /v1/store/domain": "store:write",
    "POST /v1/store/domain/verify": "store:write",
    "DELETE /v1/store/domain": "store:write",
    "GET /v1/store/staff": "staff:read",
    "POST /v1/store/staff": "staff:write",
    "PATCH /v1/store/staff/{member_id}": "staff:write",
    "DELETE /v1/store/staff/{member_id}": "staff:write",
    "POST /v1/store/staff/invitations/{invitation_id}/resend": "staff:write",
    "DELETE /v1/store/staff/invitations/{invitation_id}": "staff:write",
    "GET /v1/roles": None,
    "GET /v1/store/subscription": "subscription:read",
    "PUT /v1/store/subscription": "subscription:write",
    "DELETE /v1/store/subscription": "subscription:write",
    "GET /v1/plans": None,
    "POST /v1/plans": "platform:plans",
    "PATCH /v1/plans/{slug}": "platform:plans",
    "GET /v1/jobs": "platform:stores",
    "GET /v1/jobs/{name}/runs": "platform:stores",
    "GET /v1/audit-log": "audit:read",
}
STAFF_MAY = {
    "products:read",
    "products:write",
    "inventory:read",
    "inventory:write",
    "orders:read",
    "orders:write",
    "customers:read",
    "pricing:read",
    "content:read",
    "reviews:read",
    "reviews:write",
    "pos:read",
    "pos:write",
    "store:read",
}
# The token of a caller, in a shop or not, and which permissions they should have.
CALLERS: dict[str, tuple[Callable[[Shop], str], Callable[[str], bool]]] = {
    "an admin": (lambda shop: token_of(shop.admin.user_id, shop.id), lambda asked: not asked.startswith("platform:")),
    "staff": (lambda shop: join(shop.id).token, lambda asked: asked in STAFF_MAY),
    "staff with none": (lambda shop: join(shop.id, permissions=[]).token, lambda asked: False),
    "staff who rest": (lambda shop: join(shop.id, is_active=False).token, lambda asked: False),
    "a user without a store": (lambda shop: make_user().token, lambda asked: False),
    "a user whose session names a store of others": (lambda shop: make_user(shop.id).token, lambda asked: False),
    "a visiting super admin": (
        lambda shop: make_super_admin(visiting=shop.id).token,
        lambda asked: asked.startswith("platform:") or asked.endswith(":read"),
    ),
    "a super admin": (lambda shop: make_super_admin().token, lambda asked: asked.startswith("platform:")),
}
PERMISSIONS = sorted({route.access.permission for route in all_routes() if route.access.permission})
GUARDED = [route for route in all_routes() if route.access.signed_in]


def _outcome(route: Route, token: str | None) -> str:
    """`admitted`, or the code of the refusal."""
    answer = api(route.method, route.url, {} if route.method in {"POST", "PUT", "PATCH"} else None, token=token)
    if answer.status == 401:
        return str(answer.json["code"])
    if answer.status == 403 and answer.json["code"] in {"permission_missing", "no_store"}:
        return str(answer.json["code"])
    return "admitted"


def test_these_are_the_routes_of_the_context_and_what_they_ask() -> None:
    found = {route.key: route.access.permission for route in all_routes() if route.key in ASKED}

    assert found == ASKED
    assert {route.key for route in all_routes() if not route.path.startswith(("/v1/auth/", "/v1/storefront/"))} >= set(
        ASKED
    )


@pytest.mark.parametrize("caller", CALLERS)
def test_a_route_lets_pass_who_has_its_permission_and_nobody_else(database: Database, caller: str) -> None:
    sign_in, may = CALLERS[caller]
    shop = make_shop()
    token = sign_in(shop)

    wrong = []
    for route in GUARDED:
        permission = route.access.permission
        outcome = _outcome(route, token)
        if route.path.startswith("/v1/auth/"):
            token = sign_in(shop)  # that may have ended the session
        if (outcome == "admitted") != (permission is None or may(permission)):
            wrong.append((route.key, outcome))
    assert wrong == []


@pytest.mark.parametrize("permission", [one for one in PERMISSIONS if not one.startswith("platform:")])
def test_one_permission_opens_the_routes_that_ask_for_it_alone(database: Database, permission: str) -> None:
    token = join(make_shop().id, permissions=[permission]).token

    asking = [route for route in GUARDED if route.access.permission]
    opened = {route.key for route in asking if _outcome(route, token) == "admitted"}
    assert opened == {route.key for route in asking if route.access.permission == permission}


def test_without_a_token_or_with_a_bad_one_nobody_is_let_in(database: Database) -> None:
    assert len(GUARDED) > len(ASKED)
    for route in GUARDED:
        assert _outcome(route, None) == "not_signed_in", route.key
        assert _outcome(route, "stc_forged") == "not_signed_in", route.key


def test_what_is_public_asks_nobody_who_they_are(database: Database) -> None:
    for route in all_routes():
        if not route.access.signed_in:
            assert _outcome(route, None) != "not_signed_in", route.key


def test_a_refusal_says_which_permission_is_missing(database: Database) -> None:
    shop = make_shop()

    answer = api("PATCH", "/v1/store", {"name": "x"}, token=join(shop.id).token)

    assert (answer.status, answer.json["permission"]) == (403, "store:write")


def test_a_suspended_store_is_read_and_may_choose_a_plan_and_nothing_else(database: Database) -> None:
    shop = make_shop(status=StoreStatus.SUSPENDED)

    for route in GUARDED:
        permission = route.access.permission
        if permission is None or permission.startswith("platform:"):
            continue
        answer = api(route.method, route.url, {} if route.method != "GET" else None, token=shop.admin.token)
        is_open = permission.endswith(":read") or permission == "subscription:write"
        assert (answer.status == 402) != is_open, route.key


def test_the_template_asks_for_a_token_exactly_where_the_apps_do() -> None:
    named = authorizers()

    wanted = {route.key: "Bearer" if route.access.signed_in else "NONE" for route in all_routes()}
    others = {"GET /v1/docs": "NONE", "GET /v1/openapi.json": "NONE"}
    assert named == wanted | others
