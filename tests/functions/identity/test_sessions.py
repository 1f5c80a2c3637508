"""Sessions: seeing where one is signed in, and signing out here, there and everywhere else."""

import json
from collections.abc import Mapping

import pytest

from functions.identity.handler import handler
from shared.models import Session, User
from shared.models.base import now
from shared.models.enums import UserStatus
from tests.api import answer, api, principal_context
from tests.calls import Answer, http_event
from tests.conftest import Database
from tests.functions.identity.people import (
    OTHER,
    PASSWORD,
    at_once,
    audited,
    change,
    found,
    login,
    make_user,
    token_of,
)

NOBODY = {"kind": "none"}
Route = tuple[str, str, object]
SIGNED_IN: list[Route] = [
    ("GET", "me", None),
    ("PATCH", "me", {"name": "Eve"}),
    ("GET", "sessions", None),
    ("DELETE", "sessions", None),
    ("DELETE", "sessions/x", None),
    ("POST", "logout", None),
    ("POST", "switch-store", {"store_id": "x"}),
    ("PUT", "password", {"current_password": PASSWORD, "new_password": OTHER}),
    ("POST", "mfa/enrol", {"password": PASSWORD}),
    ("POST", "mfa/confirm", {"code": "000000"}),
    ("POST", "mfa/backup-codes", {"password": PASSWORD, "code": "000000"}),
    ("POST", "mfa/disable", {"password": PASSWORD, "code": "000000"}),
]


def sessions_of(token: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = api("GET", "/v1/auth/sessions", token=token).json["items"]
    return items


def remembered(route: Route, context: Mapping[str, object]) -> Answer:
    """The answer when API Gateway still remembers what the authorizer said before."""
    method, path, body = route
    event = http_event(method, f"/v1/auth/{path}", {"content-type": "application/json"})
    event["requestContext"]["authorizer"] = {"lambda": context}
    if body is not None:
        event["body"] = json.dumps(body)
    return answer(handler, event)


def test_one_sees_ones_own_sessions_newest_first_and_never_a_token(either: Database) -> None:
    person, stranger = make_user(), make_user()
    tokens = [login(person.email, ip=f"203.0.113.{number}").json["token"] for number in (1, 2)]
    token_of(stranger)
    listed = api("GET", "/v1/auth/sessions", token=tokens[0])
    items = listed.json["items"]
    assert [item["ip_address"] for item in items] == ["203.0.113.2", "203.0.113.1"]
    assert [item["is_current"] for item in items] == [False, True]
    assert [item["user_agent"] for item in items] == ["tests/1.0"] * 2
    assert [token for token in tokens if token in listed.text] == []
    assert [row.session_token_hash for row in found(Session) if row.session_token_hash in listed.text] == []


def test_signing_out_ends_this_session_alone(either: Database) -> None:
    person = make_user()
    here, there = token_of(person), token_of(person)
    assert api("POST", "/v1/auth/logout", token=here).status == 204
    assert (principal_context(here), principal_context(there)["user_id"]) == (NOBODY, person.id)
    assert api("GET", "/v1/auth/me", token=here).status == 401
    (entry,) = audited("platform.sign_out")
    assert (entry.user_id, entry.actor_email, entry.ip_address) == (person.id, person.email, "203.0.113.1")


def test_one_session_can_be_ended_from_another(either: Database) -> None:
    person = make_user()
    here, there = token_of(person), token_of(person)
    (other,) = [item["id"] for item in sessions_of(here) if not item["is_current"]]
    assert api("DELETE", f"/v1/auth/sessions/{other}", token=here).status == 204
    assert (principal_context(here)["user_id"], principal_context(there)) == (person.id, NOBODY)
    assert api("DELETE", f"/v1/auth/sessions/{other}", token=here).json["code"] == "session_not_found"


def test_anothers_session_is_as_good_as_none(either: Database) -> None:
    person, stranger = make_user(), make_user()
    here, foreign = token_of(person), token_of(stranger)
    (theirs,) = [item["id"] for item in sessions_of(foreign)]
    refused = [api("DELETE", f"/v1/auth/sessions/{one}", token=here) for one in (theirs, "none")]
    assert [(one.status, one.json["code"]) for one in refused] == [(404, "session_not_found")] * 2
    assert refused[0].json["detail"] == refused[1].json["detail"]
    assert principal_context(foreign)["user_id"] == stranger.id


def test_all_others_can_be_ended_at_once(either: Database) -> None:
    person, stranger = make_user(), make_user()
    here, *others = [token_of(person) for _ in range(4)]
    foreign = token_of(stranger)
    assert api("DELETE", "/v1/auth/sessions", token=here).status == 204
    assert [principal_context(one) for one in others] == [NOBODY] * 3
    assert principal_context(here)["user_id"] == person.id
    assert principal_context(foreign)["user_id"] == stranger.id


@pytest.mark.parametrize("route", SIGNED_IN, ids=lambda route: f"{route[0]} {route[1]}")
def test_an_ended_session_is_nobody_at_once_though_api_gateway_remembers_it(database: Database, route: Route) -> None:
    token = token_of(make_user())
    context = principal_context(token)
    assert api("POST", "/v1/auth/logout", token=token).status == 204
    refused = remembered(route, context)
    assert (refused.status, refused.json["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("fate", [{"status": UserStatus.SUSPENDED}, {"deleted_at": now()}], ids=["suspended", "gone"])
@pytest.mark.parametrize("route", SIGNED_IN, ids=lambda route: f"{route[0]} {route[1]}")
def test_a_user_who_is_taken_out_is_nobody_at_once(database: Database, route: Route, fate: dict[str, object]) -> None:
    person = make_user()
    token = token_of(person)
    context = principal_context(token)
    change(User, person.id, **fate)
    assert principal_context(token) == NOBODY
    refused = remembered(route, context)
    assert (refused.status, refused.json["code"]) == (401, "not_signed_in")


@pytest.mark.parametrize("route", SIGNED_IN, ids=lambda route: f"{route[0]} {route[1]}")
def test_who_is_not_signed_in_is_told_so(database: Database, route: Route) -> None:
    refused = remembered(route, NOBODY)
    assert (refused.status, refused.json["code"]) == (401, "not_signed_in")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_signing_out_twice_at_once_is_no_fault(database: Database) -> None:
    token = token_of(make_user())
    context = principal_context(token)
    answers = at_once(4, lambda _: remembered(("POST", "logout", None), context))
    statuses = sorted(one.status for one in answers)
    assert statuses[0] == 204
    assert set(statuses[1:]) <= {401, 404}
    assert len(audited("platform.sign_out")) == 1


def test_a_long_user_agent_is_cut(database: Database) -> None:
    person = make_user()
    event = http_event("POST", "/v1/auth/login", {"content-type": "application/json"})
    event["body"] = f'{{"email": "{person.email}", "password": "{PASSWORD}"}}'
    event["requestContext"]["http"]["userAgent"] = "x" * 7000
    assert answer(handler, event).status == 200
    assert [len(str(row.user_agent)) for row in found(Session)] == [500]
