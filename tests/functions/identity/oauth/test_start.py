"""Beginning: where the browser is sent, and what the client keeps."""

from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from tests.conftest import Database
from tests.functions.identity.oauth.conftest import configure, entry_of
from tests.functions.identity.oauth.flows import start
from tests.functions.identity.oauth.provider import CLIENT_ID, REDIRECT_URI, OidcProvider
from tests.functions.identity.people import START


def test_the_browser_is_sent_to_the_provider_with_state_nonce_and_pkce(
    database: Database, provider: OidcProvider
) -> None:
    begun = start()

    assert begun.status == 200, begun.text
    address = urlsplit(begun.json["authorization_url"])
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{provider.issuer}/authorize"
    derived = {asked.pop(name) for name in ("state", "nonce", "code_challenge")}
    assert asked == {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT_URI,
        "scope": "openid email profile",
        "code_challenge_method": "S256",
    }
    assert {len(value) for value in derived} == {43}
    assert len(derived | {begun.json["flow"]}) == 4


def test_the_flow_is_another_each_time_and_not_in_the_address(database: Database, provider: OidcProvider) -> None:
    first, second = start().json, start().json

    assert first["flow"] != second["flow"]
    assert first["authorization_url"] != second["authorization_url"]
    assert first["flow"] not in first["authorization_url"]


def test_what_the_providers_address_asks_already_stays(database: Database, provider: OidcProvider) -> None:
    provider.metadata = {"authorization_endpoint": f"{provider.issuer}/authorize?tenant=7"}

    assert "?tenant=7&response_type=code&" in start().json["authorization_url"]


@pytest.mark.parametrize("name", ["nobody", "GOOGLE", "google.", "%20", "x" * 40])
def test_an_unknown_provider_is_not_found(database: Database, provider: OidcProvider, name: str) -> None:
    answer = start(name)

    assert (answer.status, answer.json["code"]) == (404, "provider_not_found")


def test_without_a_secret_there_is_no_provider(database: Database, no_providers: None) -> None:
    assert start().json["code"] == "provider_not_found"


def test_the_scope_is_openid_email_and_profile_if_the_secret_says_nothing(
    database: Database, provider: OidcProvider
) -> None:
    entry = entry_of(provider)
    configure({"google": {name: value for name, value in entry.items() if name != "scope"}})

    assert "scope=openid+email+profile" in start().json["authorization_url"].replace("%20", "+")


def test_the_21st_start_in_five_minutes_from_an_address_has_to_wait(database: Database, provider: OidcProvider) -> None:
    with time_machine.travel(START, tick=False) as clock:
        assert [start().status for _ in range(20)] == [200] * 20
        refused = start()
        assert (refused.status, refused.json["code"]) == (429, "too_many_attempts")
        assert refused.headers["retry-after"] == "301"
        assert start(ip="203.0.113.2").status == 200
        clock.shift(301)
        assert start().status == 200
