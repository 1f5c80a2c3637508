"""Providers that refuse, fail or talk nonsense: a clear answer, nothing changed, nothing told."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from werkzeug.wrappers import Response

from functions.identity import providers
from shared.database import identity_engine
from shared.models import Account, User, VerificationToken
from shared.settings import settings
from tests.conftest import Database
from tests.functions.identity.oauth.conftest import configure, entry_of
from tests.functions.identity.oauth.flows import ADA, come_back, finish, sign_in, start
from tests.functions.identity.oauth.provider import ACCESS_TOKEN, CLIENT_SECRET, Claims, OidcProvider
from tests.functions.identity.people import START, found


def saying(text: str, status: int = 200, **headers: str) -> Callable[[], Response]:
    """An answer of a provider."""
    return lambda: Response(text, status, content_type="application/json", headers=headers)


REFUSALS = {
    "denied": saying('{"error": "access_denied"}', 400),
    "a bad client": saying('{"error": "invalid_client"}', 401),
    "an error with success": saying('{"error": "invalid_grant"}'),
    "an error of its own": saying('{"error": "PRIVATE", "error_description": "PRIVATE WORDS"}', 403),
    "an error that is no word": saying('{"error": {"code": 7}}', 400),
    "no ID token": saying('{"access_token": "x"}'),
    "an ID token that is none": saying('{"access_token": "x", "id_token": {"a": 1}}'),
}
FAULTS = {
    "500": saying('{"error": "server_error"}', 500),
    "503": saying("PRIVATE WORDS", 503),
    "429": saying("PRIVATE WORDS", 429),
    "404": saying("PRIVATE WORDS", 404),
    "no JSON": saying("<html>PRIVATE WORDS</html>"),
    "no object": saying('["PRIVATE WORDS"]'),
    "somewhere else": saying("", 302, Location="https://evil.example.com/"),
    "somewhere else, with the body": saying("", 307, Location="/authorize"),
    "nothing": saying(""),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_provider_refuses_is_refused(database: Database, provider: OidcProvider, name: str) -> None:
    provider.answers["/token"] = REFUSALS[name]
    answer = sign_in(provider)

    assert (answer.status, answer.json["code"]) == (401, "provider_refused")
    assert found(User) == found(Account) == found(VerificationToken) == []


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_provider_that_fails_is_unavailable(database: Database, provider: OidcProvider, path: str, name: str) -> None:
    provider.answers[path] = FAULTS[name]
    answer = sign_in(provider, {"sub": ADA["sub"]})

    assert (answer.status, answer.json["code"]) == (503, "provider_unavailable")
    assert answer.headers["retry-after"] == "30"
    assert "PRIVATE" not in answer.text
    assert found(User) == found(Account) == found(VerificationToken) == []


def test_tokens_that_are_none_are_a_fault(database: Database, provider: OidcProvider) -> None:
    provider.answers["/token"] = saying('{"expires_in": "PRIVATE", "id_token": "x"}')

    assert sign_in(provider).json["code"] == "provider_unavailable"


@pytest.mark.parametrize("name", FAULTS)
def test_nobody_is_sent_to_a_provider_whose_discovery_fails(
    database: Database, provider: OidcProvider, name: str
) -> None:
    provider.answers["/.well-known/openid-configuration"] = FAULTS[name]
    answer = start()

    assert (answer.status, answer.json["code"]) == (503, "provider_unavailable")
    del provider.answers["/.well-known/openid-configuration"]
    assert start().status == 200


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://accounts.example.com"},
        {"issuer": None},
        {"token_endpoint": "http://accounts.example.com/token"},
        {"jwks_uri": "ftp://127.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
    ids=str,
)
def test_a_discovery_document_is_of_its_issuer_and_leads_over_encrypted_ways(
    database: Database, provider: OidcProvider, metadata: Claims
) -> None:
    provider.metadata = metadata

    assert start().json["code"] == "provider_unavailable"


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"keys": []},
        {"keys": "none"},
        {"keys": [{"kty": "RSA"}]},
        {"keys": [{"kty": "new", "kid": "1"}]},
        {"keys": [7]},
    ],
    ids=str,
)
def test_keys_that_are_none_are_a_fault(database: Database, provider: OidcProvider, keys: Claims) -> None:
    provider.answers["/keys"] = saying(json.dumps(keys))

    assert sign_in(provider).json["code"] == "provider_unavailable"


def test_a_provider_that_takes_its_time_is_not_waited_for(
    database: Database, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow() -> Response:
        provider.released.wait(60)
        return Response("{}")

    body = come_back(provider)
    monkeypatch.setattr(providers, "TIMEOUT", (0.2, 0.2))
    provider.answers["/token"] = slow

    assert finish(body).json["code"] == "provider_unavailable"


def test_a_provider_that_is_not_there_is_unavailable(database: Database, provider: OidcProvider) -> None:
    configure({"google": entry_of(provider, issuer="http://127.0.0.1:1")})

    assert start().json["code"] == "provider_unavailable"


def test_no_connection_is_held_while_the_provider_is_asked(database: Database, provider: OidcProvider) -> None:
    held = []
    provider.when_asked = lambda path: held.append((path, identity_engine().pool.checkedout()))  # type: ignore[attr-defined]
    sign_in(provider, {"sub": ADA["sub"]})

    asked = {"/.well-known/openid-configuration", "/authorize", "/token", "/keys", "/userinfo"}
    assert {path for path, _ in held} == asked
    assert {number for _, number in held} == {0}


@pytest.mark.parametrize("path", ["/token", "/keys", "/userinfo", None])
def test_no_secret_and_no_word_of_the_provider_is_logged_or_answered(
    database: Database, provider: OidcProvider, caplog: pytest.LogCaptureFixture, path: str | None
) -> None:
    caplog.set_level(logging.INFO)
    id_tokens = []
    provider.sign = lambda claims: id_tokens.append(provider.signed(claims)) or id_tokens[-1]  # type: ignore[func-returns-value]
    provider.userinfo = ADA
    if path is not None:
        provider.answers[path] = FAULTS["no JSON"]
    body = come_back(provider, {"sub": ADA["sub"]})
    answer = finish(body)

    logged = [str(vars(record)) for record in caplog.records]
    secrets = [CLIENT_SECRET, ACCESS_TOKEN, "PRIVATE", body["code"], body["flow"], *id_tokens]
    assert [secret for secret in secrets if secret in answer.text or any(secret in line for line in logged)] == []
    assert (answer.status == 200) is (path is None)


MISTAKES: dict[str, Any] = {
    "no JSON": f"client_secret: {CLIENT_SECRET}",
    "a list": [CLIENT_SECRET],
    "an entry that is none": {"google": CLIENT_SECRET},
    "no secret": {"google": {"client_secret": ""}},
    "an unknown field": {"google": {"client_sceret": CLIENT_SECRET}},
    "an issuer in the open": {"google": {"issuer": "http://accounts.example.com"}},
    "an issuer without a host": {"google": {"issuer": "https://"}},
    "no OpenID Connect": {"google": {"scope": "email"}},
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_secret_closes_the_provider_and_is_logged_without_its_secrets(
    database: Database, provider: OidcProvider, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    mistake = MISTAKES[name]
    if isinstance(mistake, dict) and isinstance(mistake["google"], dict):
        mistake = {"google": entry_of(provider) | mistake["google"]}
    configure(mistake)
    answer = start()

    assert (answer.status, answer.json["code"]) == (503, "provider_unavailable")
    assert [record.message for record in caplog.records] == ["a sign-in provider does not work"]
    assert CLIENT_SECRET not in str([vars(record) for record in caplog.records]) + answer.text


def test_a_mistake_in_one_provider_leaves_the_others_open(database: Database, provider: OidcProvider) -> None:
    configure({"google": entry_of(provider), "acme": {}})

    assert (start("google").status, start("acme").status) == (200, 503)


def test_a_secret_that_is_not_there_closes_the_providers(
    database: Database, no_providers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTH_SECRET_ID", "nowhere")
    settings.cache_clear()

    assert start().json["code"] == "provider_unavailable"


def test_the_secret_is_read_again_after_five_minutes_and_the_rest_after_an_hour(
    database: Database, provider: OidcProvider
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        assert sign_in(provider).status == 200
        configure({})
        clock.shift(299)
        assert sign_in(provider).status == 200
        clock.shift(1)
        assert start().json["code"] == "provider_not_found"
        configure({"google": entry_of(provider)})
        clock.shift(300)
        assert sign_in(provider).status == 200
        assert [provider.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys")] == [1, 1]
        clock.shift(3000)
        assert sign_in(provider).status == 200
        assert [provider.asked.count(path) for path in ("/.well-known/openid-configuration", "/keys")] == [2, 2]
