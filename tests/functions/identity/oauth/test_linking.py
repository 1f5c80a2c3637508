"""Linking a provider's account to a user who is there already: with the user's password, and nothing less."""

from datetime import timedelta

import time_machine

from shared.models import Account, Session, User, VerificationToken
from shared.models.enums import UserStatus
from shared.tokens import token_hash
from tests.api import api, deliver_mails, principal_context
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.identity.oauth.flows import ADA, BOB, link, sign_in
from tests.functions.identity.oauth.provider import OidcProvider
from tests.functions.identity.people import (
    OTHER,
    PASSWORD,
    START,
    at_once,
    audited,
    change,
    enrol,
    found,
    login,
    make_user,
)

WRONG = "Wrong-Horse-7"


def link_token(provider: OidcProvider, name: str = "google") -> str:
    """What a callback answers to who has a user already."""
    answer = sign_in(provider, name=name)
    assert (answer.status, answer.json["code"]) == (409, "link_required"), answer.text
    token: str = answer.json["link_token"]
    return token


def test_an_address_that_has_a_user_is_not_enough_to_sign_in(either: Database, provider: OidcProvider) -> None:
    person = make_user(email=ADA["email"])
    token = link_token(provider)

    assert found(Account) == found(Session) == []
    (kept,) = found(VerificationToken)
    assert (kept.token_hash, token in kept.identifier) == (token_hash(token), False)
    assert [user.id for user in found(User)] == [person.id]


def test_the_password_links_and_signs_in(either: Database, provider: OidcProvider) -> None:
    person = make_user(email=ADA["email"])
    answer = link(link_token(provider), PASSWORD)

    assert answer.status == 200, answer.text
    assert principal_context(answer.json["token"])["user_id"] == person.id
    assert sign_in(provider).json["user"]["id"] == person.id
    assert login(person.email).status == 200


def test_the_audit_log_tells_of_the_link_and_of_the_sign_in(database: Database, provider: OidcProvider) -> None:
    person = make_user(email=ADA["email"])
    link(link_token(provider), PASSWORD)

    (linked,), (signed_in,) = audited("platform.account_linked"), audited("platform.sign_in")
    assert (linked.user_id, linked.after_snapshot) == (person.id, {"provider": "google"})
    assert (signed_in.user_id, signed_in.after_snapshot) == (person.id, {"way": "oauth:google"})
    assert audited("platform.registered") == []


def test_a_wrong_password_does_not_use_up_the_token(database: Database, provider: OidcProvider) -> None:
    make_user(email=ADA["email"])
    token = link_token(provider)
    wrong = link(token, WRONG)

    assert (wrong.status, wrong.json["code"]) == (401, "invalid_credentials")
    assert found(Account) == []
    assert link(token, PASSWORD).status == 200


def test_a_token_links_once(database: Database, provider: OidcProvider) -> None:
    make_user(email=ADA["email"])
    token = link_token(provider)
    assert link(token, PASSWORD).status == 200
    again = link(token, PASSWORD)

    assert (again.status, again.json["code"]) == (404, "sign_in_not_found")


def test_a_token_links_once_even_when_two_come_at_the_same_moment(database: Database, provider: OidcProvider) -> None:
    make_user(email=ADA["email"])
    token = link_token(provider)

    assert sorted(at_once(2, lambda _: link(token, PASSWORD).status)) == [200, 404]
    assert len(found(Account)) == len(found(Session)) == 1


def test_two_tokens_of_one_account_link_it_once_and_both_sign_in(database: Database, provider: OidcProvider) -> None:
    make_user(email=ADA["email"])
    tokens = [link_token(provider), link_token(provider)]

    assert at_once(2, lambda index: link(tokens[index], PASSWORD).status) == [200, 200]
    assert len(found(Account)) == len(audited("platform.account_linked")) == 1


def test_a_token_is_good_for_ten_minutes(database: Database, provider: OidcProvider) -> None:
    make_user(email=ADA["email"])
    with time_machine.travel(START, tick=False) as clock:
        token = link_token(provider)
        clock.shift(timedelta(minutes=10))
        late = link(token, PASSWORD)

    assert (late.status, late.json["code"]) == (404, "sign_in_not_found")


def test_a_token_is_of_its_provider(database: Database, provider: OidcProvider) -> None:
    make_user(email=ADA["email"])

    assert link(link_token(provider), PASSWORD, name="acme").json["code"] == "sign_in_not_found"
    assert link(link_token(provider, "acme"), PASSWORD, name="acme").status == 200


def test_a_subject_may_contain_colons(database: Database, provider: OidcProvider) -> None:
    provider.claims = {"sub": "auth0|a:b:c"}
    make_user(email=ADA["email"])
    link(link_token(provider), PASSWORD)

    assert [account.provider_account_id for account in found(Account)] == ["auth0|a:b:c"]


def test_five_wrong_passwords_lock_the_account(database: Database, provider: OidcProvider, mailbox: Mailbox) -> None:
    person = make_user(email=ADA["email"])
    with time_machine.travel(START, tick=False) as clock:
        token = link_token(provider)
        assert [link(token, WRONG).status for _ in range(5)] == [401] * 5
        assert link(token, PASSWORD).status == 429
        assert login(person.email).status == 429
        clock.shift(1)
        deliver_mails()
        assert "lock" in mailbox.last(person.email).subject.lower()


def test_a_locked_account_is_not_linked(database: Database, provider: OidcProvider) -> None:
    person = make_user(email=ADA["email"])
    for _ in range(5):
        login(person.email, WRONG)

    assert link(link_token(provider), PASSWORD).status == 429
    assert found(Account) == []


def test_a_second_factor_is_asked_for_too(database: Database, mailbox: Mailbox, provider: OidcProvider) -> None:
    person = make_user(email=ADA["email"])
    _, codes = enrol(person)
    token = link_token(provider)

    assert link(token, PASSWORD).json["code"] == "mfa_required"
    assert link(token, PASSWORD, "0aaaaaaaaaa").json["code"] == "invalid_code"
    assert found(Account) == []
    assert link(token, PASSWORD, codes[0]).status == 200


def test_a_disabled_user_is_not_linked(database: Database, provider: OidcProvider) -> None:
    person = make_user(email=ADA["email"])
    token = link_token(provider)
    change(User, person.id, status=UserStatus.INACTIVE)

    assert link(token, PASSWORD).json["code"] == "account_disabled"
    assert found(Account) == []


def test_who_registered_somebody_elses_address_gains_nothing_when_the_owner_comes(
    database: Database, provider: OidcProvider, mailbox: Mailbox
) -> None:
    stranger = {"email": ADA["email"], "password": PASSWORD, "name": "Eve"}
    assert api("POST", "/v1/auth/register", stranger).status == 202
    deliver_mails()
    token = link_token(provider)

    # The owner does not know the stranger's password; and who knows it has no token, nor would it do.
    assert link(token, OTHER).json["code"] == "invalid_credentials"
    assert link(token, PASSWORD).json["code"] == "email_not_verified"
    assert found(Account) == found(Session) == []

    api("POST", "/v1/auth/forgot", {"email": ADA["email"]})
    deliver_mails()
    reset = {"token": mailbox.last(ADA["email"]).token, "password": OTHER}
    assert api("POST", "/v1/auth/reset", reset).status == 204
    assert link(token, PASSWORD).json["code"] == "invalid_credentials"
    assert link(token, OTHER).status == 200


def test_who_has_no_password_sets_one_to_link_another_provider(
    database: Database, provider: OidcProvider, mailbox: Mailbox
) -> None:
    user_id = sign_in(provider).json["user"]["id"]
    token = link_token(provider, "acme")
    assert link(token, PASSWORD, name="acme").json["code"] == "invalid_credentials"
    api("POST", "/v1/auth/forgot", {"email": ADA["email"]})
    deliver_mails()
    api("POST", "/v1/auth/reset", {"token": mailbox.last(ADA["email"]).token, "password": PASSWORD})

    answer = link(token, PASSWORD, name="acme")
    assert (answer.status, answer.json["user"]["id"]) == (200, user_id)
    assert {account.provider for account in found(Account)} == {"google", "acme"}


def test_an_account_that_was_linked_to_somebody_else_meanwhile_stays_there(
    database: Database, provider: OidcProvider
) -> None:
    ada, bob = make_user(email=ADA["email"]), make_user(email=BOB["email"])
    token = link_token(provider)
    other = sign_in(provider, ADA | {"email": BOB["email"]}).json["link_token"]
    assert link(other, PASSWORD).json["user"]["id"] == bob.id
    answer = link(token, PASSWORD)

    assert (answer.status, answer.json["code"]) == (409, "already_linked")
    assert [account.user_id for account in found(Account)] == [bob.id]
    assert len(found(Session, Session.user_id == ada.id)) == 0


def test_linking_counts_as_a_sign_in_from_its_address(database: Database, provider: OidcProvider) -> None:
    with time_machine.travel(START, tick=False):
        assert [link("invented", PASSWORD).status for _ in range(20)] == [404] * 20
        assert link("invented", PASSWORD).status == 429
