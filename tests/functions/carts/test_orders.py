"""A shopper's own order: looked at with its token or a session, and called off while nobody has paid it."""

from sqlalchemy import select, update

from shared.models import AuditLog, Customer, CustomerSession, Order
from shared.models.base import now
from shared.tenancy import tenant_session
from shared.tokens import new_token, session_end, token_hash
from tests.api import api
from tests.calls import Answer
from tests.conftest import Database
from tests.functions.carts.shopping import level
from tests.functions.orders.ordering import Placed, open_shop, place


def _ask(order: Placed, method: str = "GET", path: str = "", **headers: str) -> Answer:
    url = f"/v1/storefront/orders/{order.id}{path}"
    return api(method, url, {} if method == "POST" else None, x_store=order.shop.slug, **headers)


def _sign_in(order: Placed, email: str) -> str:
    """A session of a customer, as a header."""
    token, moment = new_token(), now()
    with tenant_session(order.shop.id) as session:
        session.execute(update(Customer).where(Customer.email == email).values(email_verified=True, is_guest=False))
        customer = session.scalars(select(Customer.id).where(Customer.email == email)).one()
        ends = session_end(moment, moment)
        session.add(
            CustomerSession(customer_id=customer, token_hash=token_hash(token), last_used_at=moment, expires_at=ends)
        )
    return f"Bearer {token}"


def test_a_guest_sees_an_order_with_its_token_and_nobody_else_does(database: Database) -> None:
    shop = open_shop()
    order, other = place(shop), place(shop, email="bob@example.com")

    seen = _ask(order, x_order_token=order.token)
    assert (seen.status, seen.json["order_number"], seen.json["may_cancel"]) == (200, "ORD-1001", True)
    assert (seen.json["total"], seen.json["items"][0]["total"]) == ("53.53", "39.98")
    for headers in ({}, {"x_order_token": other.token}, {"x_order_token": ""}, {"x_order_token": "none"}):
        answer = _ask(order, **headers)
        assert (answer.status, answer.json["code"]) == (404, "order_not_found")
        assert _ask(order, "POST", "/cancel", **headers).status == 404
    mine, theirs = _sign_in(order, "ada@example.com"), _sign_in(order, "bob@example.com")
    assert (_ask(order, authorization=mine).status, _ask(order, authorization=theirs).status) == (200, 404)
    assert order.state()[0] == "PENDING"


def test_a_shopper_calls_off_what_nobody_has_paid(database: Database) -> None:
    order = place(open_shop(), method="BANK_TRANSFER")
    answer = _ask(order, "POST", "/cancel", x_order_token=order.token)
    assert (answer.status, answer.json["status"], answer.json["may_cancel"]) == (200, "CANCELED", False), answer.text
    assert level(order.shop, order.variants[0]) == (10, 0)
    again = _ask(order, "POST", "/cancel", x_order_token=order.token)
    assert (again.status, again.json["code"]) == (409, "order_not_cancelable")
    with tenant_session(order.shop.id) as session:
        row = session.scalars(select(AuditLog).where(AuditLog.action == "order.canceled")).one()
        assert (row.actor_email, row.user_id) == ("ada@example.com", None)


def test_what_was_paid_or_confirmed_is_called_off_by_the_shop_alone(database: Database) -> None:
    shop = open_shop()
    paid, confirmed = place(shop), place(shop)
    paid.pay(amount="1.00")
    confirmed.do("confirm")
    for order in (paid, confirmed):
        answer = _ask(order, "POST", "/cancel", x_order_token=order.token)
        assert (answer.status, answer.json["code"]) == (409, "order_not_cancelable")


def test_a_parcel_that_is_only_packed_is_not_shown(database: Database) -> None:
    order = place(open_shop())
    order.do("confirm")
    line = {"order_item_id": order.lines()[0]["id"], "quantity": 1}
    order.do("shipments", {"items": [line], "status": "PENDING"}, status=201)
    order.do("shipments", {"items": [line], "carrier": "DHL", "tracking_number": "JD1"}, status=201)

    seen = _ask(order, x_order_token=order.token).json
    assert [(row["carrier"], row["tracking_number"]) for row in seen["shipments"]] == [("DHL", "JD1")]
    assert seen["fulfillment_status"] == "PARTIALLY_SHIPPED"


def test_a_deleted_order_is_shown_to_nobody(database: Database) -> None:
    order = place(open_shop())
    order.do("cancel")
    assert order.ask("DELETE").status == 204
    assert _ask(order, x_order_token=order.token).status == 404
    with tenant_session(order.shop.id) as session:
        assert session.scalars(select(Order)).all() == []
