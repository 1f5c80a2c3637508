"""The second factor: setting it up, being asked for it, giving it up."""

import base64
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import time_machine
from botocore.exceptions import ClientError

from shared.encryption import decrypt
from shared.models import Session, User
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.identity.people import (
    OTHER,
    PASSWORD,
    START,
    audited,
    code_of,
    enrol,
    found,
    login,
    make_user,
    token_of,
)

LATER = timedelta(seconds=30)


def ask(path: str, token: str, **body: str) -> Answer:
    return api("POST", f"/v1/auth/mfa/{path}", body, token=token)


def test_once_set_up_signing_in_asks_for_a_code(either: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        refused = login(person.email)
        assert (refused.status, refused.json["code"]) == (401, "mfa_required")
        clock.shift(LATER)
        answer = login(person.email, code=code_of(authenticator))
        assert (answer.status, answer.json["user"]["mfa_enabled"]) == (200, True)


def test_before_the_first_code_nothing_is_asked(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    assert ask("enrol", token_of(person), password=PASSWORD).status == 200
    assert login(person.email).status == 200


def test_what_an_authenticator_needs_is_the_same_in_the_url(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    begun = ask("enrol", token_of(person), password=PASSWORD).json
    url = urlsplit(begun["otpauth_url"])
    assert (url.scheme, url.netloc, parse_qs(url.query)["issuer"]) == ("otpauth", "totp", ["StormCom"])
    assert parse_qs(url.query)["secret"] == [begun["secret"]]
    assert len(base64.b32decode(begun["secret"])) >= 20


def test_setting_up_asks_for_the_password(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    assert ask("enrol", token_of(person), password=OTHER).json["code"] == "invalid_credentials"
    assert [user.mfa_secret for user in found(User)] == [None]


def test_a_wrong_first_code_sets_nothing_up(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    token = token_of(person)
    authenticator = pyotp.TOTP(ask("enrol", token, password=PASSWORD).json["secret"])
    for wrong in (code_of(authenticator, 5), pyotp.TOTP(pyotp.random_base32()).now(), "0abcdefghij"):
        assert ask("confirm", token, code=wrong).json["code"] == "invalid_code"
    assert login(person.email).status == 200


def test_a_secret_that_was_replaced_before_the_first_code_is_void(database: Database, mailbox: Mailbox) -> None:
    token = token_of(make_user())
    first, second = (pyotp.TOTP(ask("enrol", token, password=PASSWORD).json["secret"]) for _ in range(2))
    assert ask("confirm", token, code=code_of(first)).json["code"] == "invalid_code"
    assert ask("confirm", token, code=code_of(second)).status == 200


def test_what_is_not_begun_cannot_be_finished_and_what_is_done_not_begun(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    token = token_of(person)
    assert ask("confirm", token, code="000000").json["code"] == "mfa_not_enrolling"
    for path in ("backup-codes", "disable"):
        refused = ask(path, token, password=PASSWORD, code="000000")
        assert (refused.status, refused.json["code"]) == (409, "mfa_not_enabled")
    authenticator, _ = enrol(person)
    assert ask("enrol", token, password=PASSWORD).json["code"] == "mfa_already_enabled"
    assert ask("confirm", token, code=code_of(authenticator, 1)).json["code"] == "mfa_not_enrolling"


def test_giving_it_up_needs_password_and_code(either: Database, mailbox: Mailbox) -> None:
    with time_machine.travel(START, tick=False) as clock:
        person = make_user()
        authenticator, _ = enrol(person)
        token = token_of(person)
        clock.shift(LATER)
        assert ask("disable", token, password=OTHER, code=code_of(authenticator)).json["code"] == "invalid_credentials"
        assert ask("disable", token, password=PASSWORD, code=code_of(authenticator, 5)).json["code"] == "invalid_code"
        assert ask("disable", token, password=PASSWORD).status == 422
        assert login(person.email).json["code"] == "mfa_required"
        assert ask("disable", token, password=PASSWORD, code=code_of(authenticator)).status == 204
        assert login(person.email).status == 200
    (user,) = found(User)
    assert (user.mfa_enabled, user.mfa_secret, user.mfa_backup_codes) == (False, None, None)


def test_every_change_is_told_by_mail_and_audited(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    _, codes = enrol(person)
    token = token_of(person)
    fresh = ask("backup-codes", token, password=PASSWORD, code=codes[0]).json["backup_codes"]
    assert ask("disable", token, password=PASSWORD, code=fresh[0]).status == 204
    deliver_mails()
    assert [mail.subject for mail in mailbox.mails(person.email)] == ["Your second factor was changed"] * 3
    for action in ("mfa_enabled", "mfa_backup_codes_renewed", "mfa_disabled"):
        assert [entry.user_id for entry in audited(f"platform.{action}")] == [person.id]


def test_the_secret_is_bound_to_its_user(database: Database, mailbox: Mailbox) -> None:
    person, other = make_user(), make_user()
    authenticator, _ = enrol(person)
    (user,) = found(User, User.id == person.id)
    assert decrypt(str(user.mfa_secret), user=person.id) == authenticator.secret
    for wrong in ({"user": other.id}, {"store": person.id}, {}):
        with pytest.raises(ClientError):
            decrypt(str(user.mfa_secret), **wrong)


# Digits of other scripts, then what has the wrong length or letters.
@pytest.mark.parametrize(
    "code",
    [
        *["\u0661\u0662\u0663\u0664\u0665\u0666", "\uff11\uff12\uff13\uff14\uff15\uff16", "\u0663abcdefghij"],
        *["", "12345", "1234567", "abcdef", "0ABCDEFGHIJ"],
    ],
    ids=ascii,
)
def test_what_is_no_code_is_refused(database: Database, mailbox: Mailbox, code: str) -> None:
    person = make_user()
    enrol(person)
    refused = login(person.email, code=code)
    assert refused.status in (401, 422), refused.text
    assert refused.json["code"] in ("invalid_code", "invalid_request")
    assert ask("disable", token_of(person), password=PASSWORD, code=code).status in (401, 422)


def test_wrong_codes_count_towards_the_lock(either: Database, mailbox: Mailbox) -> None:
    person = make_user()
    authenticator, codes = enrol(person)
    wrong = [login(person.email, code=code_of(authenticator, 5)).status for _ in range(6)]
    assert wrong == [401] * 5 + [429]
    assert login(person.email, code=codes[0]).status == 429


def test_asking_without_a_code_does_not_begin_the_count_anew(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    authenticator, codes = enrol(person)
    for _ in range(2):
        assert login(person.email, code=code_of(authenticator, 5)).json["code"] == "invalid_code"
        assert login(person.email).json["code"] == "mfa_required"
    assert login(person.email).json["code"] == "mfa_required"
    assert login(person.email, code=codes[0]).status == 429
    assert found(Session)[1:] == []


def test_a_code_is_not_asked_for_before_the_password_is_right(database: Database, mailbox: Mailbox) -> None:
    person = make_user()
    _, codes = enrol(person)
    assert login(person.email, OTHER, code=codes[0]).json["code"] == "invalid_credentials"
    assert login(person.email, OTHER).json["code"] == "invalid_credentials"
    assert login(person.email, code=codes[0]).status == 200
