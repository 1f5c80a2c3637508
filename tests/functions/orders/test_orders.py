"""Lists of orders, one order, its notes, and what another store's ids are answered."""

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from shared.database import function_engine
from shared.models import Order
from shared.models.base import new_id, now
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import counted
from tests.conftest import Database
from tests.functions.orders.ordering import Placed, goods, open_shop, place
from tests.functions.pricing.prices import pages
from tests.functions.stores.people import Shop, join, make_shop

FOREIGN: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("PATCH", "", {"notes": "x"}),
    ("DELETE", "", None),
    *[("POST", f"/{step}", {}) for step in ("confirm", "process", "cancel", "ship", "deliver")],
    ("POST", "/shipments", {}),
    ("PATCH", "/shipments/none", {"status": "DELIVERED"}),
    ("POST", "/payments", {}),
    ("GET", "/refunds", None),
    ("POST", "/refunds", {"amount": "1.00"}),
    ("POST", "/refunds/none/complete", {}),
    ("GET", "/notes", None),
    ("POST", "/notes", {"text": "x"}),
]


def _found(shop: Shop, query: str) -> list[str]:
    return [row["order_number"] for row in pages(shop, f"/v1/orders?{query}", 2)]


def test_a_list_is_narrowed_by_each_of_its_filters(database: Database) -> None:
    shop = open_shop()
    lamp = goods(shop, stock=100)
    orders = [place(shop, (lamp, 1), email=f"c{number % 2}@example.com") for number in range(5)]
    orders[0].do("confirm")
    orders[0].do("ship")
    orders[1].pay()
    orders[2].do("cancel")
    names = [f"ORD-{1001 + number}" for number in range(5)]
    with tenant_session(shop.id) as session:
        for age, order in enumerate(orders):
            made = now() - timedelta(days=10 - age)
            session.execute(update(Order).where(Order.id == order.id).values(created_at=made))
    customer = orders[1].read()["customer_id"]

    assert _found(shop, "") == names[::-1]
    assert _found(shop, "status=CANCELED") == [names[2]]
    assert _found(shop, "payment_status=PAID") == [names[1]]
    assert _found(shop, "fulfillment_status=SHIPPED") == [names[0]]
    assert _found(shop, "email=C1@example.com") == _found(shop, f"customer_id={customer}") == [names[3], names[1]]
    assert _found(shop, "q=ord-100") == names[::-1]
    assert _found(shop, "q=ORD-1003") == [names[2]]
    assert _found(shop, "q=%25") == []
    since = (now() - timedelta(days=8, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert _found(shop, f"created_from={since}") == names[2:][::-1]
    assert _found(shop, f"created_to={since}&status=PENDING") == []
    for query in ("status=LOST", "created_from=today", "limit=0", "cursor=x"):
        assert api("GET", f"/v1/orders?{query}", token=shop.admin.token).status in (400, 422), query


def test_an_order_takes_as_many_statements_however_much_belongs_to_it(database: Database) -> None:
    shop = open_shop()
    sent = []
    for lines in (1, 12):
        order = place(shop, *[(goods(shop), 2) for _ in range(lines)])
        order.pay()
        for line in order.lines():
            order.do("shipments", {"items": [{"order_item_id": line["id"], "quantity": 1}]}, status=201)
            order.refund(items=[{"order_item_id": line["id"], "quantity": 1}])
        with counted(function_engine()) as statements:
            assert order.read()["order_number"]
        sent.append(len(statements))
    with counted(function_engine()) as statements:
        assert api("GET", "/v1/orders", token=shop.admin.token).status == 200
    assert sent[0] == sent[1] <= 12, sent
    assert len(statements) <= 4, statements


def test_notes_stand_beside_an_order(database: Database) -> None:
    order = place(open_shop())
    staff = join(order.shop.id)
    for number in range(3):
        made = order.ask("POST", "/notes", {"text": f"Note {number}", "is_for_customer": number == 2})
        assert (made.status, made.json["author"]) == (201, order.shop.admin.email)
    assert (
        api("POST", f"/v1/orders/{order.id}/notes", {"text": "Mine"}, token=staff.token).json["author"] == staff.email
    )

    assert [row["text"] for row in pages(order.shop, f"/v1/orders/{order.id}/notes", 2)] == [
        "Mine",
        "Note 2",
        "Note 1",
        "Note 0",
    ]
    assert "Note 0" in [entry["detail"] for entry in order.read()["timeline"]]
    for body in ({}, {"text": "  "}, {"text": "x" * 5001}, {"text": "x", "author": "me"}):
        assert order.ask("POST", "/notes", body).status == 422
    seen = api("GET", f"/v1/storefront/orders/{order.id}", x_store=order.shop.slug, x_order_token=order.token).json
    assert [note["text"] for note in seen["notes"]] == ["Note 2"]


def test_what_is_over_can_be_deleted_and_restored(database: Database) -> None:
    order = place(open_shop())
    alive = order.ask("DELETE")
    assert (alive.status, alive.json["code"]) == (409, "order_not_over")
    order.do("cancel")
    assert order.ask("DELETE").status == 204
    assert (order.ask("GET").status, _found(order.shop, ""), _found(order.shop, "deleted=true")) == (
        404,
        [],
        ["ORD-1001"],
    )
    assert order.do("restore")["status"] == "CANCELED"
    assert (_found(order.shop, ""), order.ask("POST", "/restore", {}).status) == (["ORD-1001"], 404)


def test_an_order_of_another_store_is_not_there(database: Database) -> None:
    order, other = place(open_shop()), make_shop()
    before = order.read()
    for method, path, body in FOREIGN:
        stranger = Placed(other, order.id, "", [])
        answer = stranger.ask(method, path, body, idempotency_key=new_id())
        assert (answer.status, answer.json["code"]) == (404, "order_not_found"), path
    assert Placed(other, order.id, "", []).ask("POST", "/restore", {}).status == 404
    assert order.read() == before


def test_parts_of_another_order_are_not_there(database: Database) -> None:
    shop = open_shop()
    order, other = place(shop), place(shop)
    for each in (order, other):
        each.pay()
        each.do("ship")
    parcel, [line] = order.read()["shipments"][0]["id"], order.lines()
    refund = order.refund(amount="1.00", is_paid_out=False).json["id"]
    payment = order.read()["payments"][0]["id"]

    assert other.ask("PATCH", f"/shipments/{parcel}", {"status": "DELIVERED"}).status == 404
    assert other.ask("POST", f"/refunds/{refund}/complete", {}).status == 404
    assert other.refund(items=[{"order_item_id": line["id"], "quantity": 1}]).status == 404
    assert other.refund(amount="1.00", payment_id=payment).status == 404
