"""Signing in with a provider's account: new people, known ones, and those whom nobody vouches for."""

import pytest

from shared.models import Account, User, VerificationToken
from shared.models.base import now
from shared.models.enums import UserStatus
from tests.api import api, principal_context
from tests.conftest import Database
from tests.functions.identity.oauth.flows import ADA, BOB, sign_in
from tests.functions.identity.oauth.provider import OidcProvider
from tests.functions.identity.people import audited, change, found


def test_who_is_new_becomes_a_verified_user_without_a_password(either: Database, provider: OidcProvider) -> None:
    answer = sign_in(provider)

    assert answer.status == 200, answer.text
    user = answer.json["user"]
    assert (user["email"], user["name"], user["email_verified"]) == ("ada@example.com", "Ada Lovelace", True)
    assert (user["has_password"], user["mfa_enabled"], answer.json["stores"]) == (False, False, [])
    assert principal_context(answer.json["token"])["email"] == "ada@example.com"
    assert api("GET", "/v1/auth/me", token=answer.json["token"]).json["user"] == user


def test_who_comes_again_signs_in_to_the_same_user_whatever_the_address_is_by_now(
    either: Database, provider: OidcProvider
) -> None:
    first = sign_in(provider)
    again = sign_in(provider, ADA | {"email": "ada@elsewhere.example", "email_verified": False, "name": "Ada King"})

    assert again.status == 200, again.text
    assert again.json["user"] == first.json["user"]
    assert len(found(User)) == len(found(Account)) == 1


def test_no_token_of_the_provider_is_kept(database: Database, provider: OidcProvider) -> None:
    sign_in(provider)

    (account,) = found(Account)
    assert (account.type, account.provider, account.provider_account_id) == ("oidc", "google", "ada-1")
    kept = (account.access_token, account.refresh_token, account.id_token, account.session_state, account.scope)
    assert kept == (None,) * 5


def test_the_audit_log_tells_of_the_new_user_and_of_the_way_in(database: Database, provider: OidcProvider) -> None:
    user_id = sign_in(provider).json["user"]["id"]

    for action in ("platform.registered", "platform.sign_in"):
        (entry,) = audited(action)
        assert (entry.user_id, entry.actor_email, entry.entity_id) == (user_id, "ada@example.com", user_id)
        assert entry.after_snapshot == {"way": "oauth:google"}
        assert entry.ip_address == "203.0.113.1"


def test_the_same_subject_at_another_provider_is_somebody_else(database: Database, provider: OidcProvider) -> None:
    sign_in(provider)
    other = sign_in(provider, BOB | {"sub": ADA["sub"]}, "acme")

    assert other.status == 200, other.text
    assert other.json["user"]["email"] == "bob@example.com"


@pytest.mark.parametrize(
    "given",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"email": None},
        {"email": "no address"},
        {"email": ["ada@example.com"]},
    ],
    ids=str,
)
def test_who_is_new_needs_an_address_that_the_provider_has_verified(
    database: Database, provider: OidcProvider, given: dict[str, object]
) -> None:
    provider.userinfo = {"sub": ADA["sub"]}
    answer = sign_in(provider, ADA | given)

    assert (answer.status, answer.json["code"]) == (403, "provider_email_not_verified")
    assert found(User) == found(Account) == found(VerificationToken) == []


def test_an_address_is_the_same_in_capitals(database: Database, provider: OidcProvider) -> None:
    assert sign_in(provider, ADA | {"email": "Ada@Example.COM"}).json["user"]["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("given", "kept"),
    [(None, None), ("  ", None), ("Ada\x00\n\x9f", "Ada"), ("x" * 300, "x" * 200), (["Ada"], None)],
    ids=["none", "blank", "control characters", "too long", "a list"],
)
def test_a_name_is_taken_as_far_as_it_is_one(
    database: Database, provider: OidcProvider, given: object, kept: str | None
) -> None:
    assert sign_in(provider, ADA | {"name": given}).json["user"]["name"] == kept


def test_what_the_id_token_leaves_out_is_asked_of_userinfo(database: Database, provider: OidcProvider) -> None:
    provider.userinfo = ADA
    answer = sign_in(provider, {"sub": ADA["sub"]})

    assert answer.status == 200, answer.text
    assert (answer.json["user"]["email"], answer.json["user"]["name"]) == ("ada@example.com", "Ada Lovelace")


def test_userinfo_of_somebody_else_is_refused(database: Database, provider: OidcProvider) -> None:
    provider.userinfo = BOB
    answer = sign_in(provider, {"sub": ADA["sub"]})

    assert (answer.status, answer.json["code"]) == (401, "provider_refused")
    assert found(User) == []


def test_userinfo_is_not_asked_for_nothing(database: Database, provider: OidcProvider) -> None:
    sign_in(provider)

    assert "/userinfo" not in provider.asked


def test_a_disabled_user_stays_out(database: Database, provider: OidcProvider) -> None:
    user_id = sign_in(provider).json["user"]["id"]
    change(User, user_id, status=UserStatus.SUSPENDED)
    answer = sign_in(provider)

    assert (answer.status, answer.json["code"]) == (403, "account_disabled")
    (entry,) = audited("platform.sign_in_failed")
    assert (entry.user_id, entry.after_snapshot) == (user_id, {"reason": "account_disabled"})


def test_a_deleted_user_stays_out_and_is_not_made_again(database: Database, provider: OidcProvider) -> None:
    user_id = sign_in(provider).json["user"]["id"]
    change(User, user_id, deleted_at=now())
    answer = sign_in(provider)

    assert (answer.status, answer.json["code"]) == (403, "account_disabled")


@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post", "private_key_jwt"]])
def test_the_client_shows_who_it_is_in_the_way_that_the_provider_takes(
    database: Database, provider: OidcProvider, methods: list[str] | None
) -> None:
    provider.auth_methods = methods

    assert sign_in(provider).status == 200
