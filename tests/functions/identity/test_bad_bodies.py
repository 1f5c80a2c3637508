"""Bodies that no client should send: each is refused as a problem, and changes nothing."""

import base64
import json
from typing import Any

import pytest

from functions.identity.handler import handler
from shared.models import AccountMail, SignInAttempts, User
from tests.api import answer, api
from tests.calls import Answer, http_event
from tests.conftest import Database
from tests.functions.identity.people import PASSWORD, found, make_user, token_of

REGISTER = "/v1/auth/register"
GOOD = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada"}
ROUTES: dict[str, tuple[str, dict[str, Any]]] = {
    REGISTER: ("POST", GOOD),
    "/v1/auth/login": ("POST", {"email": "ada@example.com", "password": PASSWORD}),
    "/v1/auth/verify": ("POST", {"token": "stc_x"}),
    "/v1/auth/verify/resend": ("POST", {"email": "ada@example.com"}),
    "/v1/auth/forgot": ("POST", {"email": "ada@example.com"}),
    "/v1/auth/unlock": ("POST", {"token": "stc_x"}),
    "/v1/auth/reset": ("POST", {"token": "stc_x", "password": PASSWORD}),
    "/v1/auth/password": ("PUT", {"current_password": PASSWORD, "new_password": "Another-Pass-9"}),
    "/v1/auth/me": ("PATCH", {"name": "Ada"}),
    "/v1/auth/switch-store": ("POST", {"store_id": "x"}),
    "/v1/auth/invitations/accept": ("POST", {"token": "stc_x", "name": "Ada", "password": PASSWORD}),
    "/v1/auth/mfa/enrol": ("POST", {"password": PASSWORD}),
    "/v1/auth/mfa/confirm": ("POST", {"code": "000000"}),
    "/v1/auth/mfa/backup-codes": ("POST", {"password": PASSWORD, "code": "000000"}),
    "/v1/auth/mfa/disable": ("POST", {"password": PASSWORD, "code": "000000"}),
}
FIELDS = [(path, field) for path, (_, body) in ROUTES.items() for field in body]
NONSENSE = ["x\x00y", "\ud800", "x" * 100_000, 7, 1e400, True, [], {}, ["a"]]
UNREADABLE = ["", "{", "null", "[]", '"text"', "7", "{'a': 1}", "\ufeff{}", "[" * 100_000, "9" * 5000, "NaN"]


def send(path: str, body: Any) -> Answer:
    """The answer to somebody signed in."""
    return api(ROUTES[path][0], path, body, token=token_of(make_user()))


def raw(body: str | None, *, is_base64: bool, content_type: str | None = "application/json") -> Answer:
    """The answer to a registration whose body is sent as it stands."""
    event = http_event("POST", REGISTER, {"content-type": content_type} if content_type else {})
    event.pop("body", None)
    event |= {"isBase64Encoded": is_base64} | ({} if body is None else {"body": body})
    return answer(handler, event)


def refusal(found_answer: Answer) -> int:
    """The status of a problem that a client has caused."""
    assert found_answer.headers["content-type"] == "application/problem+json", found_answer.text
    assert found_answer.json["status"] == found_answer.status in (400, 401, 404, 409, 413, 415, 422), found_answer.text
    return found_answer.status


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: body[:8])
def test_a_body_that_is_no_object_is_refused(database: Database, body: str) -> None:
    assert refusal(raw(body, is_base64=False)) in (400, 422)
    assert [*found(User), *found(SignInAttempts)] == []


def test_no_body_at_all_is_refused(database: Database) -> None:
    assert refusal(raw(None, is_base64=False)) in (400, 422)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{\xff}", b"", b"\x00"])
def test_a_base64_body_that_is_no_text_is_refused(database: Database, body: bytes) -> None:
    assert refusal(raw(base64.b64encode(body).decode(), is_base64=True)) in (400, 422)
    assert found(User) == []


def test_a_base64_body_is_read(database: Database) -> None:
    assert raw(base64.b64encode(json.dumps(GOOD).encode()).decode(), is_base64=True).status == 202


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data", "", "json", None])
def test_another_content_type_never_breaks_the_function(database: Database, content_type: str | None) -> None:
    got = raw(json.dumps(GOOD), is_base64=False, content_type=content_type)
    assert got.status == 202 or refusal(got)


@pytest.mark.parametrize("path", ROUTES)
def test_a_field_that_nobody_knows_is_refused(database: Database, path: str) -> None:
    got = send(path, ROUTES[path][1] | {"is_admin": True})
    assert refusal(got) == 422
    assert got.json["errors"][0]["loc"] == ["body", "is_admin"]
    assert found(AccountMail) == []


@pytest.mark.parametrize(("path", "field"), FIELDS)
def test_a_field_of_nonsense_is_refused(database: Database, path: str, field: str) -> None:
    token = token_of(make_user())
    for value in NONSENSE:
        refusal(api(ROUTES[path][0], path, ROUTES[path][1] | {field: value}, token=token))
    assert [user.name for user in found(User)] == ["Ada"]


@pytest.mark.parametrize(
    "email",
    [
        *["", "ada", "ada@", "@example.com", "ada@localhost", "a@b@c.com", "ada@example.com\r\nBcc: eve@example.com"],
        *["x" * 243 + "@example.com", f"ada@{'x' * 64}.com", "ada@-example.com", '"a b"@example.com', "ada@[::1]"],
    ],
)
def test_what_is_no_address_is_refused(database: Database, email: str) -> None:
    got = api("POST", REGISTER, GOOD | {"email": email})
    assert refusal(got) == 422
    assert [*found(User), *found(AccountMail)] == []
