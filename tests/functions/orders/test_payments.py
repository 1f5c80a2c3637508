"""Money that arrives: all of it, some of it, twice, and too late."""

from typing import Any

from sqlalchemy import select

from shared.models import Order, OutboxEvent, Payment, Refund, StockReservation
from shared.models.enums import PaymentStatus
from shared.orders import paying
from shared.orders.lifecycle import order_of
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.carts.shopping import admin, goods, level
from tests.functions.orders.ordering import Placed, open_shop, place, sound
from tests.functions.stores.threads import together, with_each


def _awaited(shop: Any = None, *lines: tuple[str, int], **given: Any) -> Placed:
    """An order that waits for a bank transfer."""
    return place(shop or open_shop(), *lines, method="BANK_TRANSFER", **given)


def _told(order: Placed, template: str) -> list[dict[str, Any]]:
    with tenant_session(order.shop.id) as session:
        return [row.payload for row in session.scalars(select(OutboxEvent)) if row.payload["template"] == template]


def test_a_payment_confirms_an_order_and_sells_what_it_holds(database: Database) -> None:
    order = _awaited()
    [lamp] = order.variants
    assert order.read()["pay_before"] is not None

    answer = order.pay(transaction_id="BANK-1")
    assert (answer.status, answer.json["status"], answer.json["method"]) == (201, "CAPTURED", "BANK_TRANSFER"), (
        answer.text
    )
    now = order.read()
    assert (order.state(), now["pay_before"], now["amount_due"]) == (("CONFIRMED", "PAID", "UNFULFILLED"), None, "0.00")
    assert (now["amount_paid"], level(order.shop, lamp)) == (now["total"], (8, 0))
    assert len(now["payments"]) == 1
    assert order.pay().json["code"] == "nothing_due"
    assert [mail["key"] for mail in _told(order, "order_paid")] == [f"paid:{now['payments'][0]['id']}"]
    sound(order.shop)


def test_some_of_the_money_stops_the_clock_and_keeps_the_units(database: Database) -> None:
    order = _awaited()
    [lamp] = order.variants

    assert order.pay(amount="10.00").status == 201
    now = order.read()
    assert (order.state()[:2], now["pay_before"], level(order.shop, lamp)) == (
        ("PENDING", "PARTIALLY_PAID"),
        None,
        (10, 2),
    )
    assert sorted(row["status"] for row in now["payments"]) == ["CAPTURED", "PENDING"]
    more = order.pay(amount="1000.00")
    assert (more.status, more.json["code"], more.json["amount_due"]) == (409, "more_than_due", now["amount_due"])
    assert order.pay().status == 201
    now = order.read()
    assert (order.state()[0], [row["status"] for row in now["payments"]]) == ("CONFIRMED", ["CAPTURED"] * 2)
    assert now["amount_paid"] == now["total"]


def test_a_payment_needs_a_key_and_counts_once(database: Database) -> None:
    order = _awaited()
    without = order.ask("POST", "/payments", {})
    assert (without.status, without.json["code"]) == (400, "idempotency_key_required")

    answers = with_each(lambda _: order.pay(key="once", amount="5.00"), range(6))
    assert {answer.status for answer in answers} <= {201, 409}
    assert order.pay(key="once", amount="5.00").headers["idempotent-replayed"] == "true"
    assert order.read()["amount_paid"] == "5.00"
    assert order.pay(key="once", amount="6.00").status == 422


def test_a_payment_that_makes_no_sense_is_refused(database: Database) -> None:
    shop = open_shop()
    order, other = _awaited(shop), _awaited(shop)
    bodies: list[dict[str, Any]] = [{"amount": "0"}, {"amount": "-1"}, {"amount": "0.001"}, {"method": "CREDIT_CARD"}]
    bodies += [{"paid_at": "2999-01-01T00:00:00Z"}, {"paid_at": "today"}, {"transaction_id": ""}, {"card": "4242"}]
    for body in bodies:
        assert order.pay(**body).status == 422, body
    assert order.read()["amount_paid"] == "0.00"
    assert other.pay(transaction_id="BANK-1").status == 201
    again = order.pay(transaction_id="BANK-1")
    assert (again.status, again.json["code"], order.state()[0]) == (409, "transaction_known", "PENDING")


def test_late_money_revives_an_order_when_all_is_still_there(database: Database) -> None:
    shop = open_shop()
    admin(
        shop, "POST", "/v1/coupons", {"code": "TEN", "name": "T", "discount_type": "PERCENTAGE", "discount_value": "10"}
    )
    order = _awaited(shop, coupons=["TEN"])
    [lamp] = order.variants
    order.do("cancel", {"reason": "No money"})
    assert (level(shop, lamp), admin(shop, "GET", "/v1/coupons")["items"][0]["used"]) == ((10, 0), 0)

    assert order.pay().status == 201
    now = order.read()
    assert (order.state()[:2], now["canceled_at"], now["cancel_reason"]) == (("CONFIRMED", "PAID"), None, None)
    assert (level(shop, lamp), admin(shop, "GET", "/v1/coupons")["items"][0]["used"]) == ((8, 0), 1)
    sound(shop)
    order.do("cancel")
    assert (level(shop, lamp), order.state()[:2]) == ((10, 0), ("CANCELED", "REFUNDED"))


def test_late_money_goes_back_in_full_when_the_stock_is_gone(database: Database) -> None:
    shop = open_shop()
    lamp = goods(shop, stock=3)
    order = _awaited(shop, (lamp, 2))
    order.do("cancel")
    place(shop, (lamp, 2), email="quicker@example.com")

    assert order.pay().status == 201
    now = order.read()
    assert (order.state()[:2], level(shop, lamp)) == (("CANCELED", "REFUNDED"), (3, 2))
    [refund] = now["refunds"]
    assert (refund["amount"], refund["status"]) == (now["total"], "PENDING")
    assert _told(order, "order_paid") == []
    order.do(f"refunds/{refund['id']}/complete")
    assert (order.state()[0], len(_told(order, "refund_made"))) == ("CANCELED", 1)
    sound(shop)


def test_a_payment_and_a_cancellation_at_once_leave_one_story(database: Database) -> None:
    shop = open_shop()
    for number in range(3):
        order = _awaited(shop, (goods(shop), 2), email=f"c{number}@example.com")
        paid, gone = together(order.pay, lambda o=order: o.ask("POST", "/cancel", {}))
        assert paid.status == 201, paid.text
        assert gone.status in (200, 409), gone.text
        now = order.read()
        on_hand = level(shop, order.variants[0])
        if now["status"] == "CANCELED":
            assert (now["payment_status"], now["amount_refunded"], on_hand) == ("REFUNDED", now["total"], (10, 0))
        else:
            assert (now["status"], now["payment_status"], on_hand) == ("CONFIRMED", "PAID", (8, 0))
        sound(shop)


def test_a_gateway_tells_of_its_payments_as_often_as_it_likes(database: Database) -> None:
    order = _awaited()
    with tenant_session(order.shop.id) as session:
        payment = session.scalars(select(Payment)).one()
        payment.gateway = "stripe"
    for _ in range(2):
        with tenant_session(order.shop.id) as session:
            paying.authorized(session, session.scalars(select(Payment)).one())
    assert order.state()[:2] == ("CONFIRMED", "AUTHORIZED")
    for _ in range(2):
        with tenant_session(order.shop.id) as session:
            paying.captured(session, session.scalars(select(Payment)).one())
    with tenant_session(order.shop.id) as session:
        paying.failed(session, session.scalars(select(Payment)).one(), "too late")
    now = order.read()
    assert (order.state()[:2], now["amount_paid"]) == (("CONFIRMED", "PAID"), now["total"])
    assert len(_told(order, "order_paid")) == 1


def test_a_payment_that_fails_leaves_the_order_waiting(database: Database) -> None:
    order = _awaited()
    with tenant_session(order.shop.id) as session:
        paying.failed(session, session.scalars(select(Payment)).one(), "No funds")
        row = order_of(session, order.id)
        assert (row.payment_status, row.auto_cancel_at is None) == (PaymentStatus.FAILED, False)
    assert order.pay().status == 201, "another way may be tried"
    assert order.state()[:2] == ("CONFIRMED", "PAID")


def test_what_costs_nothing_is_paid_at_once(database: Database) -> None:
    shop = open_shop()
    coupon = {"code": "ALL", "name": "All", "discount_type": "PERCENTAGE", "discount_value": "100"}
    admin(shop, "POST", "/v1/coupons", coupon)
    zone = admin(shop, "GET", "/v1/shipping-zones")["items"][0]["id"]
    rate = admin(shop, "GET", f"/v1/shipping-zones/{zone}/rates")["items"][0]["id"]
    admin(shop, "PATCH", f"/v1/shipping-zones/{zone}/rates/{rate}", {"cost": "0.00"})
    order = _awaited(shop, coupons=["ALL"])

    assert (order.state()[:2], order.read()["total"]) == (("CONFIRMED", "PAID"), "0.00")
    assert level(shop, order.variants[0]) == (8, 0)
    assert _told(order, "order_paid") == []
    order.do("cancel")
    with tenant_session(shop.id) as session:
        assert session.scalars(select(Refund)).all() == session.scalars(select(StockReservation)).all() == []
        assert session.scalars(select(Order.amount_refunded)).one() == 0
