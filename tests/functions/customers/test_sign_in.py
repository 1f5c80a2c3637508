"""Signing in: locks, limits, and sessions that are good in one store, for a while."""

from datetime import timedelta

import pytest
import time_machine
from argon2 import PasswordHasher

from shared.models import AuditLog, Customer, CustomerSession
from tests.api import deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.customers.shopping import (
    ADA,
    OTHER,
    PASSWORD,
    START,
    change,
    login,
    make_customer,
    rows,
    shop_api,
    signed_in,
    token_of,
)
from tests.functions.stores.people import make_shop
from tests.functions.stores.threads import with_each

NEW = "Another-Pass-9"


def test_five_failures_lock_the_account_for_fifteen_minutes(either: Database) -> None:
    shop = make_shop()
    make_customer(shop, ADA)
    with time_machine.travel(START, tick=False) as clock:
        failed = [login(shop, password=OTHER, ip=f"198.51.100.{n}").status for n in range(5)]
        locked = login(shop)
        clock.shift(timedelta(minutes=14, seconds=59))
        still = login(shop).status
        clock.shift(timedelta(seconds=1))
        assert (failed, locked.status, still, login(shop).status) == ([401] * 5, 429, 429, 200)
    assert int(locked.headers["retry-after"]) == 901


def test_an_address_without_an_account_locks_as_well(database: Database) -> None:
    shop = make_shop()
    assert [login(shop, "no@example.com").status for _ in range(6)] == [401] * 5 + [429]


def test_a_lock_is_one_stores_and_ends_with_a_success(database: Database) -> None:
    one, two = make_shop(), make_shop()
    for shop in (one, two):
        make_customer(shop, ADA)
    for _ in range(5):
        login(one, password=OTHER)
    assert (login(one).status, login(two).status) == (429, 200)
    for _ in range(3):
        assert [login(two, password=OTHER).status for _ in range(4)] == [401] * 4
        assert login(two, ip="198.51.100.9").status == 200


def test_twenty_who_guess_at_once_get_five_password_checks(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, checked = make_shop(), []
    make_customer(shop, ADA)
    verify = PasswordHasher.verify

    def noting(hasher: PasswordHasher, stored: str, password: str) -> bool:
        checked.append(password)
        return verify(hasher, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", noting)
    answers = with_each(lambda n: login(shop, password=f"Guess-{n}", ip=f"198.51.100.{n}").status, range(20))
    assert sorted(answers) == [401] * 5 + [429] * 15
    assert len(checked) == 5


def test_twenty_sign_ins_from_an_address_in_five_minutes_are_all(database: Database) -> None:
    shop = make_shop()
    make_customer(shop, ADA)
    with time_machine.travel(START, tick=False) as clock:
        tried = [login(shop, f"c{n}@example.com").status for n in range(20)]
        assert (tried, login(shop).status, login(shop, ip="198.51.100.1").status) == ([401] * 20, 429, 200)
        clock.shift(timedelta(minutes=5))
        assert login(shop).status == 200


def test_the_right_password_of_an_unproved_account_is_no_failure(database: Database) -> None:
    shop = make_shop()
    make_customer(shop, ADA, email_verified=False)
    assert {login(shop).json["code"] for _ in range(7)} == {"email_not_verified"}


def test_a_token_is_nobody_in_another_store(database: Database) -> None:
    one, two = make_shop(), make_shop()
    token = signed_in(one, email=ADA)
    make_customer(two, ADA)
    assert shop_api(one, "GET", "me", token=token).status == 200
    refused = shop_api(two, "GET", "me", token=token)
    assert (refused.status, refused.json["code"]) == (401, "not_signed_in")
    assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", [None, "stc_forged", "", "x" * 4000])
def test_who_sends_no_good_token_is_nobody(database: Database, token: str | None) -> None:
    shop = make_shop()
    paths = ("me", "me/addresses", "me/wishlists", "me/orders", "me/orders/ORD-1", "me/tax-exemptions")
    assert {shop_api(shop, "GET", path, token=token).status for path in paths} == {401}


def test_a_users_token_is_no_customers(database: Database) -> None:
    shop = make_shop()
    assert shop_api(shop, "GET", "me", token=shop.admin.token).status == 401


def test_signing_out_ends_the_token_at_once_and_no_other(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    token, other = token_of(shop, customer_id), token_of(shop, customer_id)
    assert shop_api(shop, "POST", "customers/logout", token=token).status == 204
    statuses = [shop_api(shop, "GET", "me", token=one).status for one in (token, other)]
    assert statuses == [401, 200]


def test_a_session_ends_after_seven_days_without_use_and_thirty_at_most(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    with time_machine.travel(START, tick=False) as clock:
        idle, used = token_of(shop, customer_id), token_of(shop, customer_id)
        for _ in range(4):
            clock.shift(timedelta(days=6, hours=23))
            assert shop_api(shop, "GET", "me", token=used).status == 200
        assert shop_api(shop, "GET", "me", token=idle).status == 401
        clock.move_to(START + timedelta(days=30))
        assert shop_api(shop, "GET", "me", token=used).status == 401


def test_a_deleted_customers_sessions_are_nobodys(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    token = token_of(shop, customer_id)
    change(Customer, customer_id, deleted_at=START)
    assert shop_api(shop, "GET", "me", token=token).status == 401


def test_a_new_password_ends_all_other_sessions_and_the_customer_is_told(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    customer_id = make_customer(shop, ADA)
    token, other = token_of(shop, customer_id), token_of(shop, customer_id)
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert shop_api(shop, "PUT", "me/password", body, token=token).status == 204
    assert [shop_api(shop, "GET", "me", token=one).status for one in (token, other)] == [200, 401]
    assert [login(shop).status, login(shop, password=NEW).status] == [401, 200]
    deliver_mails()
    assert "your password was changed" in mailbox.last(ADA).subject


def test_the_current_password_can_be_guessed_five_times(database: Database) -> None:
    shop = make_shop()
    token = signed_in(shop)
    body = {"current_password": OTHER, "new_password": NEW}
    assert [shop_api(shop, "PUT", "me/password", body, token=token).status for _ in range(6)] == [401] * 5 + [429]


def test_a_new_password_that_is_weak_or_the_old_one_is_no_guess(database: Database) -> None:
    shop = make_shop()
    token = signed_in(shop)
    for new in ["weak", PASSWORD] * 4:
        body = {"current_password": PASSWORD, "new_password": new}
        assert shop_api(shop, "PUT", "me/password", body, token=token).status == 422


def test_a_reset_link_works_once_within_an_hour_opens_the_lock_and_ends_every_session(
    database: Database, mailbox: Mailbox
) -> None:
    shop = make_shop()
    token = token_of(shop, make_customer(shop, ADA))
    with time_machine.travel(START, tick=False) as clock:
        shop_api(shop, "POST", "customers/forgot", {"email": ADA})
        deliver_mails()
        body = {"token": mailbox.last(ADA).token, "password": NEW}
        clock.shift(timedelta(hours=1))
        assert shop_api(shop, "POST", "customers/reset", body).status == 404
        clock.shift(-timedelta(seconds=1))
        for _ in range(5):
            login(shop, password=OTHER)
        assert login(shop, password=NEW).status == 429
        weak = shop_api(shop, "POST", "customers/reset", body | {"password": "weak"})
        assert [weak.status] + [shop_api(shop, "POST", "customers/reset", body).status for _ in range(2)] == [
            422,
            204,
            404,
        ]
        assert login(shop, password=NEW).status == 200
    assert len(rows(CustomerSession)) == 1
    assert shop_api(shop, "GET", "me", token=token).status == 401


def test_four_resets_an_hour_send_three_mails(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    make_customer(shop, ADA)
    assert {shop_api(shop, "POST", "customers/forgot", {"email": ADA}).status for _ in range(4)} == {202}
    deliver_mails()
    assert len(mailbox.mails(ADA)) == 3


def test_sign_ins_are_in_the_stores_audit_log(database: Database) -> None:
    shop = make_shop()
    make_customer(shop, ADA)
    login(shop, password=OTHER)
    login(shop)
    noted = rows(AuditLog, AuditLog.action.like("customer.sign_in%"))
    assert [(row.action, row.actor_email, row.store_id) for row in noted] == [
        ("customer.sign_in_failed", ADA, shop.id),
        ("customer.sign_in", ADA, shop.id),
    ]
    assert noted[0].after_snapshot == {"reason": "invalid_credentials"}
