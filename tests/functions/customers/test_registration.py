"""Customers register per store; nobody learns whether an address is known, and nothing is theirs until it is proved."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher

from shared.database import function_engine
from shared.models import Customer, CustomerToken, EmailMessage, OutboxEvent
from tests.api import deliver_mails
from tests.aws import Mailbox
from tests.calls import counted
from tests.conftest import Database
from tests.functions.customers.shopping import (
    ADA,
    OTHER,
    PASSWORD,
    START,
    change,
    login,
    make_customer,
    make_guest,
    make_order,
    register,
    row_of,
    rows,
    shop_api,
    verify,
)
from tests.functions.stores.people import make_shop
from tests.functions.stores.threads import with_each


def words(answer: Any) -> Any:
    return answer.status, {**answer.json, "request_id": ""}


def test_a_customer_registers_proves_the_address_signs_in_and_is_known(either: Database, mailbox: Mailbox) -> None:
    shop = make_shop(name="Lamps & Co")
    answer = register(shop, last_name="Lovelace", phone="+44 20 7946 0000", marketing_opt_in=True, language="de")
    assert answer.status == 202
    assert verify(shop, mailbox).status == 204
    signed = login(shop)
    assert signed.status == 200
    me = shop_api(shop, "GET", "me", token=signed.json["token"])
    assert (me.status, me.json) == (200, signed.json["customer"])
    assert (me.json["email"], me.json["last_name"], me.json["language"]) == (ADA, "Lovelace", "de")
    assert me.json["marketing_opt_in"] is True
    assert "Lamps & Co" in mailbox.last(ADA).subject


def test_the_same_address_in_two_stores_is_two_customers(database: Database, mailbox: Mailbox) -> None:
    one, two = make_shop(), make_shop()
    register(one)
    verify(one, mailbox)
    register(two, password=OTHER)
    assert [row.email for row in rows(Customer)] == [ADA, ADA]
    assert login(two, password=OTHER).status == 403
    verify(two, mailbox)
    assert [login(one).status, login(one, password=OTHER).status] == [200, 401]
    assert [login(two).status, login(two, password=OTHER).status] == [401, 200]


def test_the_link_of_one_store_is_none_in_another(database: Database, mailbox: Mailbox) -> None:
    one, two = make_shop(), make_shop()
    register(one)
    assert verify(two, mailbox).status == 404
    assert verify(one, mailbox).status == 204


def test_nobody_signs_in_before_the_address_is_proved(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    register(shop)
    refused = login(shop)
    assert (refused.status, refused.json["code"]) == (403, "email_not_verified")
    assert login(shop, password=OTHER).status == 401


def test_a_link_works_once_and_24_hours(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    with time_machine.travel(START, tick=False) as clock:
        register(shop)
        deliver_mails()
        token = mailbox.last(ADA).token
        clock.shift(timedelta(hours=24))
        assert shop_api(shop, "POST", "customers/verify", {"token": token}).status == 404
        clock.shift(-timedelta(seconds=1))
        answers = [shop_api(shop, "POST", "customers/verify", {"token": token}).status for _ in range(2)]
    assert answers == [204, 404]


def test_an_answer_is_the_same_whoever_has_the_address(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    make_customer(shop, ADA)
    make_guest(shop, "guest@example.com")
    make_customer(shop, "new@example.com", email_verified=False)
    for act in (register, lambda shop, email: shop_api(shop, "POST", "customers/forgot", {"email": email})):
        answers = [
            words(act(shop, email)) for email in (ADA, "guest@example.com", "new@example.com", "nobody@example.com")
        ]
        assert answers == [answers[0]] * 4
    wrong = [words(login(shop, email, OTHER)) for email in (ADA, "guest@example.com", "nobody2@example.com")]
    assert wrong == [wrong[0]] * 3


def noting(name: str, calls: list[str]) -> Any:
    """What Argon2 does, noted."""
    act = getattr(PasswordHasher, name)

    def noted(*given: Any) -> Any:
        calls.append(name)
        return act(*given)

    return noted


def test_nothing_takes_longer_for_an_address_that_is_known(
    database: Database, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, costly = make_shop(), []
    for name in ("hash", "verify"):
        monkeypatch.setattr(PasswordHasher, name, noting(name, costly))
    make_customer(shop, ADA)
    make_guest(shop, "guest@example.com")
    make_customer(shop, "new@example.com", email_verified=False)
    acts = [
        lambda email: register(shop, email),
        lambda email: shop_api(shop, "POST", "customers/forgot", {"email": email}),
        lambda email: login(shop, email, OTHER),
    ]
    for act in acts:
        costs = []
        for email in (ADA, "guest@example.com", "new@example.com", "nobody@example.com"):
            costly.clear()
            with counted(function_engine()) as sent:
                act(email)
            costs.append(([statement.split()[0] for statement in sent], list(costly)))
        assert costs == [costs[0]] * 4


def test_a_proved_address_stays_as_it_is_and_gets_a_mail_that_says_so(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    customer_id = make_customer(shop, ADA, first_name="Augusta")
    register(shop, password=OTHER)
    deliver_mails()
    assert "you have an account already" in mailbox.last(ADA).subject
    assert "stc_" not in mailbox.last(ADA).text
    assert row_of(Customer, customer_id).first_name == "Augusta"
    assert [login(shop).status, login(shop, password=OTHER).status] == [200, 401]


def test_the_last_to_ask_counts_and_earlier_links_do_nothing(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    register(shop, password=OTHER, last_name="Stranger")
    deliver_mails()
    first = mailbox.last(ADA).token
    register(shop, last_name="Lovelace")
    assert shop_api(shop, "POST", "customers/verify", {"token": first}).status == 404
    verify(shop, mailbox)
    assert login(shop).json["customer"]["last_name"] == "Lovelace"


def test_ten_who_register_an_address_at_once_make_one_customer(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    answers = with_each(lambda number: register(shop, last_name=f"N{number}"), range(10))
    assert {answer.status for answer in answers} == {202}
    assert len(rows(Customer)) == 1
    # Three mails an hour and address.
    assert len(rows(OutboxEvent)) == 3


def test_a_guests_orders_and_addresses_are_the_accounts_once_the_address_is_proved(
    database: Database, mailbox: Mailbox
) -> None:
    shop, other = make_shop(), make_shop()
    guest = make_guest(shop, total_orders=1)
    make_order(shop, guest, order_number="ORD-1", customer_email=ADA)
    make_order(shop, None, order_number="ORD-2", customer_email="Ada@Example.com")
    make_order(shop, None, order_number="ORD-3", customer_email="bob@example.com")
    make_order(other, None, order_number="ORD-4", customer_email=ADA)
    register(shop, first_name="Stranger")
    row = row_of(Customer, guest)
    assert (row.is_guest, row.email_verified, row.first_name, row.total_orders) == (True, False, "Guest", 1)
    assert login(shop).status == 403
    verify(shop, mailbox)
    row = row_of(Customer, guest)
    assert (row.is_guest, row.email_verified, row.first_name, row.total_orders) == (False, True, "Guest", 2)
    token = login(shop).json["token"]
    orders = shop_api(shop, "GET", "me/orders", token=token).json["items"]
    assert {order["order_number"] for order in orders} == {"ORD-1", "ORD-2"}


def test_a_guest_who_asks_for_a_new_password_proves_the_address_with_it(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    make_guest(shop)
    shop_api(shop, "POST", "customers/forgot", {"email": ADA})
    deliver_mails()
    body = {"token": mailbox.last(ADA).token, "password": PASSWORD}
    assert shop_api(shop, "POST", "customers/reset", body).status == 204
    assert login(shop).status == 200


def test_a_deleted_customer_does_not_sign_in_and_their_address_is_free(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    gone = make_customer(shop, ADA)
    change(Customer, gone, deleted_at=START)
    assert login(shop).status == 401
    register(shop, password=OTHER)
    verify(shop, mailbox)
    assert login(shop, password=OTHER).json["customer"]["id"] != gone


@pytest.mark.parametrize("password", ["short", "alllowercase1!", "NoDigits!!", "NoSpecial11"])
def test_a_weak_password_is_refused_with_what_it_lacks(database: Database, mailbox: Mailbox, password: str) -> None:
    answer = register(make_shop(), password=password)
    assert (answer.status, answer.json["code"]) == (422, "password_too_weak")
    assert rows(Customer) == []


def test_no_row_holds_a_password_or_a_token_that_works(database: Database, mailbox: Mailbox) -> None:
    shop = make_shop()
    register(shop)
    deliver_mails()
    token = mailbox.last(ADA).token
    (mail,), (link,), (event,) = rows(EmailMessage), rows(CustomerToken), rows(OutboxEvent)
    kept = f"{mail.body_text}{mail.body_html}{link.token_hash}{event.payload}{rows(Customer)[0].password_hash}"
    assert token not in kept
    assert PASSWORD not in kept
