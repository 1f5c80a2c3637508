"""Declaring who may call a route, and being held to it: no route opens itself to everybody by saying nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.api import HttpApi
from shared.auth import Standing, public, requires, signed_in
from shared.permissions import PERMISSIONS, PLATFORM_PERMISSIONS
from tests.calls import Answer, Context, http_event

CALLER = {
    "kind": "user",
    "user_id": "u",
    "email": "u@example.com",
    "session_id": "s",
    "store_id": "store",
    "role": "STORE_ADMIN",
    "permissions": "* platform:plans platform:stores",
    "is_visitor": False,
    "standing": "active",
    "requests_a_minute": 60,
}
VERBS = ["get", "put", "post", "patch", "delete"]
NEW_CATALOGUE = {"products:write", "pricing:write", "content:write", "integrations:write"}


def ask(app: HttpApi, url: str, caller: dict[str, Any] | None = CALLER, method: str = "GET") -> Answer:
    event = http_event(method, url)
    if caller is not None:
        event["requestContext"]["authorizer"] = {"lambda": caller}
    response = app.resolve(event, Context())
    return Answer(response["statusCode"], {}, response["body"])


@pytest.fixture(scope="module")
def app() -> HttpApi:
    """A route for each permission, one for the signed-in and one for all."""
    made = HttpApi()
    made.get("/public")(public(lambda: {}))
    made.get("/signed-in")(signed_in(lambda: {}))
    for permission in PERMISSIONS:
        made.get(f"/{permission.replace(':', '-')}")(requires(permission)(lambda: {}))
    return made


def opened(app: HttpApi, **caller: Any) -> set[str]:
    """The permissions whose routes answer a caller."""
    found = {one for one in PERMISSIONS if ask(app, f"/{one.replace(':', '-')}", CALLER | caller).status == 200}
    assert ask(app, "/signed-in", CALLER | caller).status == 200
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_a_route_that_does_not_say_who_may_call_it_cannot_be_registered(verb: str) -> None:
    app = HttpApi()

    def route() -> dict[str, str]:
        return {}

    with pytest.raises(TypeError, match="must say who may call it"):
        getattr(app, verb)("/open")(route)
    # Said too late: the decorators stand the wrong way round.
    with pytest.raises(TypeError, match="must say who may call it"):
        signed_in(getattr(app, verb)("/open")(route))
    assert ask(app, "/open", method=verb.upper()).status == 404


def test_a_public_api_may_still_ask_for_a_token() -> None:
    app = HttpApi(public=True)
    app.get("/own")(signed_in(lambda: {}))
    app.get("/all")(lambda: {})

    assert [ask(app, url, None).status for url in ("/own", "/all")] == [401, 200]


@pytest.mark.parametrize(
    "caller",
    [None, {}, {"kind": "none"}, {"kind": "NONE"}, CALLER | {"kind": "none"}, CALLER | {"kind": None}],
)
def test_who_the_authorizer_does_not_know_is_nobody(app: HttpApi, caller: dict[str, Any] | None) -> None:
    assert ask(app, "/public", caller).status == 200
    for url in ("/signed-in", "/store-read", "/platform-stores"):
        refused = ask(app, url, caller)
        assert (refused.status, refused.json["code"]) == (401, "not_signed_in")


def test_an_api_gateway_event_without_an_authorizer_is_nobodys(app: HttpApi) -> None:
    event = http_event("GET", "/signed-in")
    for authorizer in ({}, {"lambda": None}, None):
        event["requestContext"]["authorizer"] = authorizer
        assert app.resolve(event, Context())["statusCode"] == 401


def test_without_a_store_only_what_is_the_platforms_opens(app: HttpApi) -> None:
    assert opened(app, store_id="") == PLATFORM_PERMISSIONS
    assert ask(app, "/store-read", CALLER | {"store_id": ""}).json["code"] == "no_store"


@pytest.mark.parametrize("permission", sorted(PERMISSIONS))
def test_one_permission_opens_one_route(app: HttpApi, permission: str) -> None:
    assert opened(app, permissions=permission) == {permission}


@pytest.mark.parametrize("permissions", ["", "nothing", "storeread", "store:reading", "platform:"])
def test_words_that_are_no_permissions_open_nothing(app: HttpApi, permissions: str) -> None:
    assert opened(app, permissions=permissions) == set()
    refused = ask(app, "/store-read", CALLER | {"permissions": permissions})
    assert (refused.status, refused.json["code"], refused.json["permission"]) == (
        403,
        "permission_missing",
        "store:read",
    )


@pytest.mark.parametrize(
    ("standing", "is_open", "code"),
    [
        (Standing.ACTIVE, lambda _: True, ""),
        (Standing.GRACE, lambda permission: permission not in NEW_CATALOGUE, "trial_ended"),
        (
            Standing.SUSPENDED,
            lambda permission: permission.endswith(":read") or permission == "subscription:write",
            "subscription_ended",
        ),
    ],
)
def test_a_store_that_has_not_paid_may_do_less(
    app: HttpApi, standing: Standing, is_open: Callable[[str], bool], code: str
) -> None:
    expected = {one for one in PERMISSIONS if one in PLATFORM_PERMISSIONS or is_open(one)}

    assert opened(app, standing=str(standing)) == expected
    for permission in PERMISSIONS - expected:
        refused = ask(app, f"/{permission.replace(':', '-')}", CALLER | {"standing": str(standing)})
        assert (refused.status, refused.json["code"]) == (402, code)


def test_a_permission_that_is_missing_is_told_before_a_payment_that_is(app: HttpApi) -> None:
    caller = CALLER | {"permissions": "store:read", "standing": "suspended"}

    assert ask(app, "/store-write", caller).status == 403


def test_refusals_come_before_the_body_is_read() -> None:
    app = HttpApi()
    app.post("/numbers")(requires("store:write")(_numbers))
    event = http_event("POST", "/numbers", {"content-type": "application/json"}) | {"body": '{"number": "none"}'}

    assert app.resolve(event, Context())["statusCode"] == 401
    event["requestContext"]["authorizer"] = {"lambda": CALLER | {"permissions": ""}}
    assert app.resolve(event, Context())["statusCode"] == 403
    event["requestContext"]["authorizer"] = {"lambda": CALLER}
    assert app.resolve(event, Context())["statusCode"] == 422


def _numbers(number: int) -> dict[str, int]:
    return {"number": number}
