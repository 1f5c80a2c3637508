"""The second factor of who signs in with a provider: a step of its own, for the provider's code has been used."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from shared.models import Account, Session, User, VerificationToken
from shared.models.base import new_id
from shared.models.enums import UserStatus
from shared.tokens import token_hash
from tests.api import deliver_mails, principal_context
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.identity.oauth.flows import ADA, go_on, sign_in
from tests.functions.identity.oauth.provider import OidcProvider
from tests.functions.identity.people import (
    PASSWORD,
    START,
    Person,
    at_once,
    audited,
    change,
    enrol,
    everything,
    found,
    login,
    make_user,
)


@pytest.fixture
def ada(database: Database, mailbox: Mailbox, provider: OidcProvider) -> tuple[Person, list[str]]:
    """A user with a password, a second factor and an account at the provider, and the backup codes."""
    person = make_user(email="ada@example.com")
    _, codes = enrol(person)
    with everything() as session:
        session.add(
            Account(id=new_id(), user_id=person.id, type="oidc", provider="google", provider_account_id=ADA["sub"])
        )
    return person, codes


def continue_token(provider: OidcProvider, ip: str = "203.0.113.1") -> str:
    """What a first step answers."""
    answer = sign_in(provider, ip=ip)
    assert (answer.status, answer.json["code"]) == (401, "mfa_required"), answer.text
    token: str = answer.json["continue_token"]
    return token


Ada = tuple[Person, list[str]]


def test_the_first_step_asks_for_a_code_and_begins_no_session(ada: Ada, provider: OidcProvider) -> None:
    token = continue_token(provider)

    (kept,) = found(VerificationToken)
    assert kept.token_hash == token_hash(token)
    assert token not in kept.identifier
    (entry,) = audited("platform.sign_in_failed")
    assert (entry.user_id, entry.after_snapshot) == (ada[0].id, {"reason": "mfa_required"})
    assert audited("platform.sign_in") == []


def test_the_code_signs_in(ada: Ada, provider: OidcProvider) -> None:
    answer = go_on(continue_token(provider), ada[1][0])

    assert answer.status == 200, answer.text
    assert principal_context(answer.json["token"])["user_id"] == ada[0].id
    (entry,) = audited("platform.sign_in")
    assert entry.after_snapshot == {"way": "oauth:google"}
    assert found(VerificationToken) == []


def test_a_wrong_code_may_be_followed_by_a_right_one(ada: Ada, provider: OidcProvider) -> None:
    token = continue_token(provider)
    wrong = go_on(token, "0aaaaaaaaaa")

    assert (wrong.status, wrong.json["code"]) == (401, "invalid_code")
    assert go_on(token, ada[1][0]).status == 200


def test_a_token_signs_in_once(ada: Ada, provider: OidcProvider) -> None:
    token = continue_token(provider)
    assert go_on(token, ada[1][0]).status == 200
    again = go_on(token, ada[1][1])

    assert (again.status, again.json["code"]) == (404, "sign_in_not_found")


def test_a_token_signs_in_once_even_when_two_come_at_the_same_moment(ada: Ada, provider: OidcProvider) -> None:
    token = continue_token(provider)
    before = len(found(Session))
    statuses = at_once(2, lambda index: go_on(token, ada[1][index]).status)

    assert sorted(statuses) == [200, 404]
    assert len(found(Session)) == before + 1


def test_a_token_is_good_for_ten_minutes(ada: Ada, provider: OidcProvider) -> None:
    with time_machine.travel(START, tick=False) as clock:
        token = continue_token(provider)
        clock.shift(timedelta(minutes=10))
        late = go_on(token, ada[1][0])
        assert (late.status, late.json["code"]) == (404, "sign_in_not_found")
        token = continue_token(provider)
        clock.shift(timedelta(minutes=10, seconds=-1))
        assert go_on(token, ada[1][0]).status == 200


def test_tokens_that_have_expired_do_not_pile_up(ada: Ada, provider: OidcProvider) -> None:
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(3):
            continue_token(provider)
            clock.shift(timedelta(minutes=10))

    assert len(found(VerificationToken)) == 1


def test_a_token_is_of_its_provider_and_of_its_step(ada: Ada, provider: OidcProvider) -> None:
    token = continue_token(provider)

    assert go_on(token, ada[1][0], name="acme").json["code"] == "sign_in_not_found"
    with everything() as session:
        session.add(
            VerificationToken(
                identifier=f"reset:{ada[0].id}", token_hash=token_hash("of a mail"), expires=found(User)[0].created_at
            )
        )
    assert go_on("of a mail", ada[1][0]).json["code"] == "sign_in_not_found"
    assert go_on("invented", ada[1][0]).json["code"] == "sign_in_not_found"


def test_five_wrong_codes_lock_the_account_for_passwords_too(
    ada: Ada, provider: OidcProvider, mailbox: Mailbox
) -> None:
    deliver_mails()
    with time_machine.travel(START, tick=False) as clock:
        token = continue_token(provider)
        assert [go_on(token, "0aaaaaaaaaa").status for _ in range(5)] == [401] * 5
        assert go_on(token, ada[1][0]).status == 429
        assert login(ada[0].email, PASSWORD, ada[1][0]).status == 429
        clock.shift(1)
        deliver_mails()
        assert "lock" in mailbox.last(ada[0].email).subject.lower()
        clock.shift(timedelta(minutes=15, seconds=1))
        assert go_on(continue_token(provider), ada[1][0]).status == 200


def test_wrong_passwords_and_wrong_codes_count_together(ada: Ada, provider: OidcProvider) -> None:
    token = continue_token(provider)
    for _ in range(3):
        login(ada[0].email, "Wrong-Horse-7")
    assert [go_on(token, "0aaaaaaaaaa").status for _ in range(3)] == [401, 401, 429]


def test_a_right_code_begins_to_count_anew(ada: Ada, provider: OidcProvider) -> None:
    token = continue_token(provider)
    assert [go_on(token, "0aaaaaaaaaa").status for _ in range(4)] == [401] * 4
    assert go_on(token, ada[1][0]).status == 200
    token = continue_token(provider)

    assert [go_on(token, "0aaaaaaaaaa").status for _ in range(4)] == [401] * 4


def _disable(user_id: str) -> None:
    change(User, user_id, status=UserStatus.SUSPENDED)


def _unlink(user_id: str) -> None:
    with everything() as session:
        for account in session.query(Account).filter(Account.user_id == user_id):
            session.delete(account)


@pytest.mark.parametrize(
    ("meanwhile", "status", "code"),
    [(_disable, 403, "account_disabled"), (_unlink, 404, "sign_in_not_found")],
)
def test_the_second_step_looks_again(
    ada: Ada, provider: OidcProvider, meanwhile: Callable[[str], None], status: int, code: str
) -> None:
    token = continue_token(provider)
    meanwhile(ada[0].id)
    answer = go_on(token, ada[1][0])

    assert (answer.status, answer.json["code"]) == (status, code)
    assert audited("platform.sign_in") == []


def test_the_second_step_counts_as_a_sign_in_from_its_address(ada: Ada, provider: OidcProvider) -> None:
    with time_machine.travel(START, tick=False):
        assert [go_on("invented", "123456").status for _ in range(20)] == [404] * 20
        assert go_on("invented", "123456").status == 429


@pytest.mark.parametrize("code", ["12345", "1234567", "abcdef", ""])
def test_what_is_no_code_is_told_so(ada: Ada, provider: OidcProvider, code: str) -> None:
    assert go_on(continue_token(provider), code).status == 422
