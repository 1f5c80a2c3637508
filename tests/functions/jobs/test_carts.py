"""Carts that were left: reminders to those who agreed, and their end."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shared.models import Cart, ConsentRecord, Customer, OutboxEvent, Variant
from shared.tenancy import tenant_session
from tests.api import api, deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.factories import order_of
from tests.functions.jobs.clockwork import NOON, SECOND, counts
from tests.functions.jobs.due import DAY, end_trial, hold, leave_cart, make_customer, open_store, write
from tests.functions.stores.people import make_shop

JOB = "abandoned_carts"
HOUR = timedelta(hours=1)


def _events(store_id: str) -> list[dict[str, object]]:
    with tenant_session(store_id) as session:
        query = select(OutboxEvent).where(OutboxEvent.topic == "shop_mail").order_by(OutboxEvent.created_at)
        return [event.payload for event in session.scalars(query)]


def _change(store_id: str, cart: Cart, **given: object) -> None:
    with tenant_session(store_id) as session:
        row = session.get_one(Cart, cart.id)
        for name, value in given.items():
            setattr(row, name, value)


def test_three_mails_and_no_more(mailbox: Mailbox, database: Database) -> None:
    shop = make_shop(name="Lamps")
    customer = make_customer(shop.id, email="ada@example.com", first_name="Ada", marketing_opt_in=True)
    leave_cart(shop.id, NOON, customer=customer)

    found = []
    for after in (HOUR - SECOND, HOUR, 2 * HOUR, DAY - SECOND, DAY, 2 * DAY, 7 * DAY, 8 * DAY, 13 * DAY):
        found.append(counts(JOB, NOON + after))
        deliver_mails()

    assert found == [{}, {"mails": 1}, {}, {}, {"mails": 1}, {}, {"mails": 1}, {}, {}]
    mails = mailbox.mails("ada@example.com")
    assert [mail.subject for mail in mails] == ["Lamps: your cart is waiting"] * 3
    assert "you left something" in mails[0].text
    assert "2 x Product" in mails[0].text
    assert "a last reminder" in mails[2].text
    assert f"/shops/{shop.slug}/cart</a>" in mails[0].text


def test_who_slept_a_week_sends_the_newest_mail_alone_and_none_after_two(database: Database) -> None:
    store = open_store()
    customer = make_customer(store, marketing_opt_in=True)
    leave_cart(store, NOON - 8 * DAY, customer=customer)
    leave_cart(store, NOON - 14 * DAY, customer=customer)

    assert counts(JOB) == {"mails": 1}
    assert [event["mail"] for event in _events(store)] == ["3"]


def test_who_comes_back_and_leaves_again_hears_of_it_after_a_week(database: Database) -> None:
    store = open_store()
    cart = leave_cart(store, NOON - HOUR, customer=make_customer(store, marketing_opt_in=True))
    assert counts(JOB) == {"mails": 1}

    _change(store, cart, expires_at=NOON + 2 * DAY + 30 * DAY)
    assert counts(JOB, NOON + 2 * DAY + HOUR) == {}
    assert counts(JOB, NOON + 6 * DAY) == {}
    assert counts(JOB, NOON + 7 * DAY) == {"mails": 1}
    assert [event["mail"] for event in _events(store)] == ["1", "2"]


@pytest.mark.parametrize("case", ["no consent", "unproved", "guest", "empty", "ordered", "small plan", "suspended"])
def test_nobody_else_is_written_to(database: Database, case: str) -> None:
    shop = make_shop(plan="free" if case == "small plan" else "enterprise")
    given = {"marketing_opt_in": case != "no consent", "email_verified": case != "unproved"}
    customer = make_customer(shop.id, **given)
    if case == "ordered":
        with tenant_session(shop.id) as session:
            session.get_one(Customer, customer.id).last_order_at = NOON - SECOND
    if case == "empty":
        write(shop.id, Cart(customer_id=customer.id, expires_at=NOON - HOUR + 30 * DAY))
    elif case == "guest":
        leave_cart(shop.id, NOON - HOUR, email="unknown@example.com")
    else:
        leave_cart(shop.id, NOON - HOUR, customer=customer)
    if case == "suspended":
        end_trial(shop.id, NOON - 30 * DAY)
        counts("subscriptions")

    counts(JOB)
    assert _events(shop.id) == []


def test_a_guests_cart_reminds_the_customer_who_has_that_address(database: Database) -> None:
    store = open_store()
    make_customer(store, email="ada@example.com", marketing_opt_in=True)
    leave_cart(store, NOON - HOUR, email="ada@example.com")

    assert counts(JOB) == {"mails": 1}
    assert [event["recipient"] for event in _events(store)] == ["ada@example.com"]


def test_the_mailer_looks_again_and_a_click_ends_it(mailbox: Mailbox, database: Database) -> None:
    shop = make_shop()
    customer = make_customer(shop.id, email="ada@example.com", marketing_opt_in=True)
    leave_cart(shop.id, NOON - HOUR, customer=customer)
    counts(JOB)
    deliver_mails()
    token = mailbox.last("ada@example.com").token

    for _ in range(2):
        answer = api("POST", "/v1/storefront/customers/unsubscribe", {"token": token}, x_store=shop.slug)
        assert answer.status == 204
    wrong = api("POST", "/v1/storefront/customers/unsubscribe", {"token": "stc_" + "x" * 43}, x_store=shop.slug)
    assert (wrong.status, wrong.json["code"]) == (404, "link_not_found")

    with tenant_session(shop.id) as session:
        assert session.get_one(Customer, customer.id).marketing_opt_in is False
        [consent] = session.scalars(select(ConsentRecord))
        assert (consent.granted, consent.source, consent.purpose) == (False, "mail", "marketing")
    assert counts(JOB, NOON + DAY) == {}


def test_who_unsubscribes_or_orders_before_it_is_sent_gets_no_mail(mailbox: Mailbox, database: Database) -> None:
    store = open_store()
    for email in ("ada@example.com", "bob@example.com"):
        leave_cart(store, NOON - HOUR, customer=make_customer(store, email=email, marketing_opt_in=True))
    assert counts(JOB) == {"mails": 2}
    with tenant_session(store) as session:
        ada = session.scalars(select(Customer).where(Customer.email == "ada@example.com")).one()
        ada.marketing_opt_in = False
        order = order_of()
        session.add(order)
        session.flush()
        bobs = session.scalars(select(Cart).where(Cart.customer_id != ada.id)).one()
        bobs.converted_order_id = order.id

    deliver_mails()
    assert mailbox.mails() == []


def test_a_cart_that_holds_stock_goes_when_it_has_given_it_back(either: Database) -> None:
    store = open_store()
    hold(store, NOON)

    late = NOON + 30 * DAY
    assert counts("expire_carts", late) == {}
    assert counts("expire_reservations", late) == {"reservations": 1}
    assert counts("expire_carts", late) == {"carts": 1}
    with tenant_session(store) as session:
        assert session.scalars(select(Variant.reserved_quantity)).one() == 0
