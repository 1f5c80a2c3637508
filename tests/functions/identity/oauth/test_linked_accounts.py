"""The providers' accounts of a user: seen, and taken off, but for the last way in."""

from collections.abc import Mapping
from typing import Any

from shared.models import Account, Session
from shared.models.base import new_id
from tests.api import api
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.identity.oauth.flows import ADA, BOB, sign_in
from tests.functions.identity.oauth.provider import OidcProvider
from tests.functions.identity.people import Person, at_once, audited, everything, found, make_user, token_of


def give_account(person: Person, provider: str = "google", **given: Any) -> str:
    """Link a provider's account to somebody. Returns its id."""
    facts: Mapping[str, Any] = {"id": new_id(), "type": "oidc", "provider_account_id": new_id()}
    with everything() as session:
        account = Account(**{**facts, "user_id": person.id, "provider": provider, **given})
        session.add(account)
        return account.id


def accounts(token: str) -> list[dict[str, Any]]:
    """What the list says."""
    answer = api("GET", "/v1/auth/accounts", token=token)
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def unlink(account_id: str, token: str | None) -> Answer:
    """The answer to who takes an account off."""
    return api("DELETE", f"/v1/auth/accounts/{account_id}", token=token)


def test_the_list_names_the_providers_and_nothing_secret(either: Database, provider: OidcProvider) -> None:
    token = sign_in(provider).json["token"]

    (item,) = accounts(token)
    assert set(item) == {"id", "provider", "created_at"}
    assert item["provider"] == "google"


def test_everybody_sees_their_own(database: Database) -> None:
    ada, bob = make_user(), make_user()
    own = [give_account(ada, "google"), give_account(ada, "acme")]
    theirs = give_account(bob)
    token = token_of(ada)

    assert [item["id"] for item in accounts(token)] == own
    refused = unlink(theirs, token)
    assert (refused.status, refused.json["code"]) == (404, "linked_account_not_found")
    assert len(found(Account)) == 3


def test_who_has_a_password_may_take_off_every_account(either: Database) -> None:
    person = make_user()
    account_id, token = give_account(person), token_of(person)

    assert unlink(account_id, token).status == 204
    assert accounts(token) == []
    assert unlink(account_id, token).status == 404
    (entry,) = audited("platform.account_unlinked")
    assert (entry.user_id, entry.before_snapshot) == (person.id, {"provider": "google"})


def test_the_last_way_in_stays(either: Database) -> None:
    person = make_user(password=None)
    first, second, token = give_account(person), give_account(person, "acme"), token_of(person)

    assert unlink(first, token).status == 204
    refused = unlink(second, token)
    assert (refused.status, refused.json["code"]) == (409, "last_way_in")
    assert [item["id"] for item in accounts(token)] == [second]


def test_of_the_last_two_one_stays_even_when_both_go_at_the_same_moment(database: Database) -> None:
    person = make_user(password=None)
    ids, token = [give_account(person), give_account(person, "acme")], token_of(person)

    assert sorted(at_once(2, lambda index: unlink(ids[index], token).status)) == [204, 409]
    assert len(found(Account)) == 1


def test_an_account_that_was_taken_off_signs_in_no_more(database: Database, provider: OidcProvider) -> None:
    person = make_user(email=ADA["email"])
    account_id = give_account(person, provider_account_id=ADA["sub"])
    assert sign_in(provider).status == 200
    unlink(account_id, token_of(person))

    assert sign_in(provider).json["code"] == "link_required"
    assert sign_in(provider, ADA | {"email": BOB["email"]}).json["user"]["email"] == BOB["email"]


def test_nobody_sees_or_takes_off_anything_without_a_session(database: Database) -> None:
    person = make_user()
    account_id, token = give_account(person), token_of(person)

    assert api("GET", "/v1/auth/accounts").status == unlink(account_id, None).status == 401
    with everything() as session:
        for row in session.query(Session):
            session.delete(row)
    assert api("GET", "/v1/auth/accounts", token=token).status == unlink(account_id, token).status == 401
    assert len(found(Account)) == 1
