"""What comes as a body and cannot be one is refused with a clear problem, and never as a fault of ours."""

import base64
import json
from typing import Any

import pytest

from functions.identity.handler import handler
from tests.api import answer
from tests.calls import http_event
from tests.conftest import Database

GOOD = json.dumps({"email": "ada@example.com", "password": "Correct-Horse-7"})


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _event(body: str | None, content_type: str | None, *, is_base64: bool = False) -> dict[str, Any]:
    event = http_event("POST", "/v1/auth/login")
    event |= {"isBase64Encoded": is_base64} | ({} if body is None else {"body": body})
    if content_type is not None:
        event["headers"]["content-type"] = content_type
    return event


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
def test_json_is_read_whether_or_not_it_says_so(database: Database, content_type: str | None) -> None:
    assert answer(handler, _event(GOOD, content_type)).json["code"] == "invalid_credentials"


def test_json_may_come_in_base64(database: Database) -> None:
    event = _event(_encoded(GOOD.encode()), "application/json", is_base64=True)

    assert answer(handler, event).json["code"] == "invalid_credentials"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_kind_of_body_is_refused_with_what_to_send(database: Database, content_type: str) -> None:
    found = answer(handler, _event(GOOD, content_type))

    assert (found.status, found.json["code"]) == (415, "json_expected")
    assert "ada" not in found.text


@pytest.mark.parametrize("body", ['{"email":', "[" * 100_000, '{"email":' + "9" * 5000 + "}", GOOD + "x", "\x00"])
def test_what_is_no_json_is_malformed(database: Database, body: str) -> None:
    found = answer(handler, _event(body, "application/json"))

    assert (found.status, found.json["code"]) == (400, "malformed_json")


def test_bytes_that_are_no_text_are_malformed(database: Database) -> None:
    found = answer(handler, _event(_encoded(b"\xff\xfe"), "application/json", is_base64=True))

    assert (found.status, found.json["code"]) == (400, "malformed_json")


def test_a_nul_character_is_refused_and_the_words_for_it_are_not(database: Database) -> None:
    with_nul, with_words = GOOD.replace("Horse", "\\u0000"), GOOD.replace("Horse", "\\\\u0000")

    assert answer(handler, _event(with_nul, "application/json")).json["code"] == "nul_character"
    assert answer(handler, _event(with_words, "application/json")).json["code"] == "invalid_credentials"


@pytest.mark.parametrize("body", [None, "", "null", "[]", "5", "{}", '{"email": "\\ud800", "password": "x"}'])
def test_what_lacks_fields_is_invalid(database: Database, body: str | None) -> None:
    found = answer(handler, _event(body, "application/json"))

    assert (found.status, found.json["code"]) == (422, "invalid_request")
    assert found.json["errors"]
