"""Money given back: to the cent, whatever the split, and never more than was captured."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from shared.models import Customer, Order, OutboxEvent, Payment, Refund, RefundItem
from shared.orders import refunding
from shared.orders.lifecycle import order_of
from shared.tenancy import tenant_session
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.carts.shopping import admin, level
from tests.functions.orders.ordering import Placed, goods, open_shop, place, sound
from tests.functions.stores.people import Shop
from tests.functions.stores.threads import with_each


def _paid(*lines: tuple[str, int], shop: Shop | None = None, **given: Any) -> Placed:
    order = place(shop or open_shop(), *lines, **given)
    assert order.pay().status == 201
    return order


def _thirds(shop: Shop, kind: str) -> Placed:
    """Three lamps at 9.99 and seven pens at 0.33, a coupon off them: little of it divides."""
    admin(shop, "POST", "/v1/coupons", {"code": "ODD", "name": "Odd", "discount_type": kind, "discount_value": "3.37"})
    return _paid((goods(shop, "9.99"), 3), (goods(shop, "0.33", name="Pen"), 7), shop=shop, coupons=["ODD"])


def _give(order: Placed, line: dict[str, Any], units: int, **given: Any) -> Answer:
    return order.refund(items=[{"order_item_id": line["id"], "quantity": units}], **given)


@pytest.mark.parametrize(
    ("lamps", "pens", "kind"),
    [
        ([3], [7], "PERCENTAGE"),
        ([1, 1, 1], [1] * 7, "PERCENTAGE"),
        ([2, 1], [3, 4], "FIXED_AMOUNT"),
    ],
)
def test_however_it_is_given_back_it_sums_to_what_was_paid(
    database: Database, lamps: list[int], pens: list[int], kind: str
) -> None:
    order = _thirds(open_shop(), kind)
    total = Decimal(order.read()["total"])
    given = Decimal(0)
    for line, split in zip(order.lines(), (lamps, pens), strict=True):
        for units in split:
            answer = _give(order, line, units, restock=True)
            assert answer.status == 201, answer.text
            given += Decimal(answer.json["amount"])
        worth = Decimal(line["total"]) + Decimal(line["tax_amount"])
        with tenant_session(order.shop.id) as session:
            of_line = select(func.sum(RefundItem.amount)).where(RefundItem.order_item_id == line["id"])
            assert session.scalar(of_line) == worth
    left = order.ask("GET", "/refunds").json
    assert left["refundable"] == left["shipping_refundable"] == str(total - given)
    last = order.refund(shipping_amount=left["shipping_refundable"])
    assert given + Decimal(last.json["amount"]) == total
    assert order.state()[:2] == ("REFUNDED", "REFUNDED")
    assert order.refund(amount="0.01").json["code"] == "refund_exceeds_captured"
    assert [level(order.shop, variant) for variant in order.variants] == [(10, 0), (10, 0)]
    sound(order.shop)


def test_a_race_gives_back_no_more_than_was_captured(database: Database) -> None:
    order = _paid()
    total = Decimal(order.read()["total"])
    share = (total / 4).quantize(Decimal("0.01")) + Decimal("0.01")

    answers = with_each(lambda _: order.refund(amount=str(share)), range(12))

    assert sorted(answer.status for answer in answers) == [201] * 3 + [409] * 9
    with tenant_session(order.shop.id) as session:
        assert session.scalar(select(func.sum(Refund.amount))) == share * 3 <= total
        assert session.scalars(select(Order.amount_refunded)).one() == share * 3


def test_a_race_for_the_units_of_a_line_gives_back_each_once(database: Database) -> None:
    order = _paid()
    [line] = order.lines()

    answers = with_each(lambda _: _give(order, line, 1, restock=True), range(6))

    assert sorted(answer.status for answer in answers) == [201] * 2 + [409] * 4
    assert (order.lines()[0]["quantity_refunded"], level(order.shop, order.variants[0])) == (2, (10, 0))
    sound(order.shop)


def test_one_key_is_one_refund_however_often_it_is_sent(database: Database) -> None:
    order = _paid()
    answers = with_each(lambda _: order.refund(key="once", amount="5.00"), range(6))

    assert {answer.status for answer in answers} <= {201, 409}
    again = order.refund(key="once", amount="5.00")
    assert (again.status, again.headers["idempotent-replayed"]) == (201, "true")
    assert order.refund(key="once", amount="6.00").status == 422
    assert order.read()["amount_refunded"] == "5.00"
    without = order.ask("POST", "/refunds", {"amount": "1.00"})
    assert (without.status, without.json["code"]) == (400, "idempotency_key_required")


def test_no_line_nor_shipping_nor_payment_gives_back_more_than_its_own(database: Database) -> None:
    shop = open_shop()
    order = place(shop, (goods(shop, "10.00"), 2))
    assert order.pay(amount="20.00").status == order.pay().status == 201
    [line] = order.lines()

    over = _give(order, line, 3)
    assert (over.json["code"], over.json["units_left"]) == ("refund_exceeds_line", 2)
    dear = order.refund(items=[{"order_item_id": line["id"], "quantity": 1, "amount": "11.91"}])
    assert (dear.json["code"], dear.json["refundable"]) == ("refund_exceeds_line", "11.90")
    sent = order.refund(shipping_amount="5.96")
    assert (sent.json["code"], sent.json["refundable"]) == ("refund_exceeds_shipping", "5.95")
    whole = order.refund(amount="29.75")
    assert (whole.status, whole.json["code"], whole.json["refundable"]) == (409, "refund_exceeds_captured", "29.75")
    first, second = order.read()["payments"]
    assert whole.json["payments"] == {first["id"]: first["amount"], second["id"]: second["amount"]}
    for payment in (first, second):
        assert order.refund(amount=payment["amount"], payment_id=payment["id"]).status == 201
    assert [row["status"] for row in order.read()["payments"]] == ["REFUNDED", "REFUNDED"]
    assert order.read()["amount_refunded"] == "29.75"


def test_less_may_be_given_back_for_a_unit(database: Database) -> None:
    order = _paid()
    [line] = order.lines()
    made = order.refund(
        items=[{"order_item_id": line["id"], "quantity": 1, "amount": "10.00"}], reason="DEFECTIVE_PRODUCT"
    )
    assert (made.json["amount"], made.json["reason"], made.json["is_restocked"]) == (
        "10.00",
        "DEFECTIVE_PRODUCT",
        False,
    )
    assert level(order.shop, order.variants[0]) == (8, 0), "what is broken is not sold again"


def test_a_refund_that_makes_no_sense_is_refused(database: Database) -> None:
    order = _paid()
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({}, 422, "invalid_request"),
        ({"amount": "-1"}, 422, "invalid_request"),
        ({"amount": "0.001"}, 422, "invalid_request"),
        ({"amount": "NaN"}, 422, "invalid_request"),
        ({"amount": "1.00", "reason": "BORED"}, 422, "invalid_request"),
        ({"items": [{"order_item_id": "none", "quantity": 1}]}, 404, "order_item_not_found"),
        ({"items": [{"order_item_id": "none", "quantity": 1}] * 2}, 422, "invalid_request"),
        ({"amount": "1.00", "payment_id": "none"}, 404, "payment_not_found"),
    ]
    for body, status, code in cases:
        answer = order.refund(**body)
        assert (answer.status, answer.json["code"]) == (status, code), body
    assert order.read()["refunds"] == []


def test_what_nobody_has_paid_does_not_go_back(database: Database) -> None:
    order = place(open_shop())
    assert order.refund(amount="1.00").json["code"] == "refund_exceeds_captured"
    [line] = order.lines()
    assert _give(order, line, 1).json["code"] == "order_not_confirmed"


def test_a_refund_may_wait_until_the_money_was_handed_over(database: Database) -> None:
    order = _paid()
    total = order.read()["total"]
    made = order.refund(amount=total, is_paid_out=False).json
    assert (made["status"], order.state()[0]) == ("PENDING", "CONFIRMED")
    assert order.refund(amount="0.01").status == 409, "what waits is spoken for"
    done = order.do(f"refunds/{made['id']}/complete", {"transaction_id": "T-1"})
    assert (done["status"], done["transaction_id"], order.state()[0]) == ("COMPLETED", "T-1", "REFUNDED")
    order.do(f"refunds/{made['id']}/complete")
    assert order.ask("POST", "/refunds/none/complete", {}).json["code"] == "refund_not_found"
    with tenant_session(order.shop.id) as session:
        told = [
            row.payload["key"] for row in session.scalars(select(OutboxEvent)) if "refund" in row.payload["template"]
        ]
    assert told == [f"refund:{made['id']}"]


def test_a_gateway_says_itself_how_a_refund_went(database: Database) -> None:
    order = _paid()
    with tenant_session(order.shop.id) as session:
        session.scalars(select(Payment)).one().gateway = "stripe"
    [line] = order.lines()
    made = _give(order, line, 2).json
    assert made["status"] == "PENDING"
    assert order.ask("POST", f"/refunds/{made['id']}/complete", {}).json["code"] == "refund_of_gateway"
    with tenant_session(order.shop.id) as session:
        row = order_of(session, order.id, lock=True)
        refunding.fail(session, row, refunding.refund_row(session, row, made["id"]), "The card is closed.")
    now = order.read()
    assert (now["payment_status"], now["amount_refunded"], now["items"][0]["quantity_refunded"]) == ("PAID", "0.00", 0)
    again = _give(order, line, 2).json
    with tenant_session(order.shop.id) as session:
        row = order_of(session, order.id, lock=True)
        refunding.complete(session, row, refunding.refund_row(session, row, again["id"]), transaction_id="re_1")
    assert order.read()["refunds"][1]["transaction_id"] == "re_1"


def test_a_customer_has_spent_what_did_not_go_back(database: Database) -> None:
    shop = open_shop()
    first, second = _paid(shop=shop), _paid(shop=shop)

    def spent() -> tuple[int, Decimal]:
        with tenant_session(shop.id) as session:
            row = session.scalars(select(Customer)).one()
            assert (row.last_order_at is None) == (row.total_orders == 0)
            return row.total_orders, row.total_spent

    total = Decimal(first.read()["total"])
    assert spent() == (2, total * 2)
    first.refund(amount="10.00")
    assert spent() == (2, total * 2 - 10)
    second.do("cancel")
    assert spent() == (1, total - 10)
    first.refund(amount=str(total - 10))
    assert spent() == (0, Decimal(0))
