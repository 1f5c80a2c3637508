"""Headers of every kind: a token that is no good is let through as nobody, and never breaks the authorizer."""

from typing import Any

import pytest

from functions.authorizer.handler import handler
from tests.calls import Context
from tests.conftest import Database
from tests.functions.identity.people import make_user, token_of

NOBODY = {"isAuthorized": True, "context": {"kind": "none"}}
NO_TOKEN = ["", " ", "Bearer", "Bearer ", "Bearer   ", "bearer\t", "Basic YWRhOnB3", "Token x", "Bearer,", ",", "\x00"]
BAD_TOKENS = [
    *["x", "stc_", "stc_" + "A" * 43, "null", "undefined", "Bearer", "a b", "' OR 1=1 --", "%", "stc_%", "0" * 8000],
    *["za\u017c\u00f3\u0142\u0107", "\U0001f511", "\ud800", "\udcff\udcfe", "\x00", "stc_\x00", "a\r\nb"],
]


def ask(headers: dict[str, Any]) -> dict[str, Any]:
    return handler({"version": "2.0", "type": "REQUEST", "headers": headers}, Context())


@pytest.mark.parametrize("header", NO_TOKEN, ids=ascii)
def test_a_header_without_a_token_is_nobody(database: Database, header: str) -> None:
    token_of(make_user())
    assert ask({"authorization": header}) == NOBODY


@pytest.mark.parametrize("token", BAD_TOKENS, ids=lambda token: ascii(token)[:12])
def test_a_bad_token_is_nobody(database: Database, token: str) -> None:
    token_of(make_user())
    assert ask({"authorization": f"Bearer {token}"}) == NOBODY


def test_no_header_at_all_is_nobody(database: Database) -> None:
    assert ask({}) == NOBODY
    assert ask({"x-authorization": f"Bearer {token_of(make_user())}"}) == NOBODY


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_may_be_written_in_any_case(either: Database, scheme: str) -> None:
    person = make_user()
    assert ask({"authorization": f"{scheme} {token_of(person)}"})["context"]["user_id"] == person.id


def test_a_good_token_is_good_alone(database: Database) -> None:
    token = token_of(make_user())
    for header in (
        token,
        f"Basic {token}",
        f"Bearer {token},Bearer {token}",
        f"Bearer {token}x",
        f"Bearer {token[:-1]}",
    ):
        assert ask({"authorization": header}) == NOBODY


def test_a_token_is_known_by_each_of_its_letters(database: Database) -> None:
    token = token_of(make_user())
    assert ask({"authorization": f"Bearer {token.swapcase()}"}) == NOBODY
    assert ask({"authorization": f"Bearer {token.removeprefix('stc_')}"}) == NOBODY
