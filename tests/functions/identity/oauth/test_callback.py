"""Coming back: only the client that began, only once, only with what the provider has signed for it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import OctKey
from werkzeug.wrappers import Response

from shared.models import Account, User
from shared.models.base import now
from tests.conftest import Database
from tests.functions.identity.oauth.flows import ADA, BOB, come_back, finish, sign_in, start
from tests.functions.identity.oauth.provider import (
    Claims,
    OidcProvider,
    a_key,
    signed_with_public_key,
    unsigned,
)
from tests.functions.identity.people import START, audited, found

Forger = Callable[[OidcProvider], Callable[[Claims], str]]


def refused(body: Any, code: str = "provider_refused", name: str = "google") -> bool:
    """Whether an answer is 401 with this code, and nothing came of it."""
    answer = finish(body, name)
    assert (answer.status, answer.json["code"]) == (401, code), answer.text
    return found(User) == found(Account) == audited("platform.sign_in") == []


def test_a_code_works_once(database: Database, provider: OidcProvider) -> None:
    body = come_back(provider)
    assert finish(body).status == 200
    again = finish(body)

    assert (again.status, again.json["code"]) == (401, "provider_refused")
    assert len(audited("platform.sign_in")) == 1


def test_a_flow_does_not_go_with_the_state_of_another(database: Database, provider: OidcProvider) -> None:
    mine, theirs = come_back(provider, ADA), come_back(provider, BOB)

    # Somebody is made to open the address that somebody else came back to.
    assert refused(mine | {"state": theirs["state"], "code": theirs["code"]}, "state_mismatch")
    assert refused(mine | {"state": "ä" * 43}, "state_mismatch")
    assert refused(mine | {"state": ""}, "state_mismatch")
    assert "/token" not in provider.asked


def test_a_code_of_another_flow_is_no_good(database: Database, provider: OidcProvider) -> None:
    mine, theirs = come_back(provider, ADA), come_back(provider, BOB)

    assert refused(mine | {"code": theirs["code"]})


def test_a_callback_is_of_the_provider_that_the_flow_began_with(database: Database, provider: OidcProvider) -> None:
    assert refused(come_back(provider), "state_mismatch", name="acme")
    assert finish(come_back(provider), name="nobody").json["code"] == "provider_not_found"


def test_a_code_that_the_provider_did_not_give_is_no_good(database: Database, provider: OidcProvider) -> None:
    assert refused(come_back(provider) | {"code": "invented"})
    assert refused(come_back(provider) | {"code": "a&code=b%00=\n"})


@pytest.mark.parametrize(
    "spoilt",
    [
        {"flow": "\ud800" * 40},
        {"state": "\ud800"},
        {"code": "\ud800"},
        {"flow": "short"},
        {"flow": "x" * 201},
        {"code": ""},
        {"state": None},
        {"code": 7},
        {"mfa_code": "123456"},
    ],
    ids=str,
)
def test_what_is_no_callback_is_told_so(database: Database, provider: OidcProvider, spoilt: Claims) -> None:
    assert finish(come_back(provider) | spoilt).status == 422
    assert "/token" not in provider.asked


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": "another-client", "azp": "shop-client"},
        {"aud": None},
        {"aud": []},
        {"aud": ["shop-client", "another-client"]},
        {"aud": ["shop-client", "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"iss": "https://accounts.example.com"},
        {"iss": None},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\x00b"},
        {"at_hash": "of another access token"},
        {"at_hash": 7},
    ],
    ids=str,
)
def test_an_id_token_that_was_not_made_for_this_is_refused(
    database: Database, provider: OidcProvider, claims: Claims
) -> None:
    provider.claims = claims

    assert refused(come_back(provider))


def test_an_id_token_for_several_clients_is_good_if_it_was_issued_to_us(
    database: Database, provider: OidcProvider
) -> None:
    provider.claims = {"aud": ["another-client", "shop-client"], "azp": "shop-client"}

    assert sign_in(provider).status == 200


@pytest.mark.parametrize(("seconds", "status"), [(-61, 401), (-59, 200)])
def test_an_id_token_is_good_until_a_minute_after_it_expired(
    database: Database, provider: OidcProvider, seconds: int, status: int
) -> None:
    with time_machine.travel(START, tick=False):
        provider.claims = {"exp": int(now().timestamp()) + seconds, "iat": int(now().timestamp()) - 300}

        assert sign_in(provider).status == status


@pytest.mark.parametrize(("seconds", "status"), [(61, 401), (59, 200)])
def test_an_id_token_is_not_of_the_future(
    database: Database, provider: OidcProvider, seconds: int, status: int
) -> None:
    with time_machine.travel(START, tick=False):
        provider.claims = {"iat": int(now().timestamp()) + seconds}

        assert sign_in(provider).status == status


FORGERS: dict[str, Forger] = {
    "algorithm none": lambda _: unsigned,
    "the public key as a shared secret": lambda _: signed_with_public_key,
    "another key under the same name": lambda p: lambda claims: p.signed(claims, a_key("second"), "first"),
    "a key that nobody published": lambda p: lambda claims: p.signed(claims, a_key("second")),
    "a signature of something else": lambda p: lambda claims: _swapped(p, claims),
    "no token": lambda _: lambda claims: "",
    "no JWT": lambda _: lambda claims: "a.b.c",
}


def _swapped(provider: OidcProvider, claims: Claims) -> str:
    real, other = (provider.signed(found).split(".") for found in (claims, claims | {"sub": "bob-2"}))
    return ".".join([real[0], other[1], real[2]])


@pytest.mark.parametrize("name", FORGERS)
def test_an_id_token_that_the_provider_did_not_sign_is_refused(
    database: Database, provider: OidcProvider, name: str
) -> None:
    provider.sign = FORGERS[name](provider)

    assert refused(come_back(provider))


def test_a_shared_secret_among_the_keys_signs_nothing(database: Database, provider: OidcProvider) -> None:
    secret = OctKey.import_key("a secret that is long enough to be one", {"kid": "shared"})
    provider.answers["/keys"] = lambda: Response(json.dumps({"keys": [secret.as_dict()]}))
    provider.sign = lambda claims: jwt.encode({"alg": "HS256", "kid": "shared"}, claims, secret)

    assert refused(come_back(provider))


def test_nobody_is_asked_for_keys_more_than_twice(database: Database, provider: OidcProvider) -> None:
    provider.sign = FORGERS["a key that nobody published"](provider)
    finish(come_back(provider))

    assert provider.asked.count("/keys") == 2


def test_a_new_key_is_found_while_the_old_one_is_remembered(database: Database, provider: OidcProvider) -> None:
    assert sign_in(provider).status == 200
    provider.rotate()

    assert sign_in(provider).status == 200
    assert provider.asked.count("/keys") == 2
    assert sign_in(provider).status == 200
    assert provider.asked.count("/keys") == 2


def test_the_21st_callback_in_five_minutes_from_an_address_has_to_wait(
    database: Database, provider: OidcProvider
) -> None:
    body = {"flow": start().json["flow"], "state": "wrong", "code": "wrong"}
    with time_machine.travel(START, tick=False):
        assert [finish(body).status for _ in range(20)] == [401] * 20
        assert finish(body).status == 429
        assert finish(body, ip="203.0.113.2").status == 401
