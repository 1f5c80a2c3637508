"""Parcels: some of an order in each, never more than was bought, and the order's own statuses after them."""

from sqlalchemy import select, update

from shared.models import OrderItem, OutboxEvent
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.functions.orders.ordering import Placed, goods, open_shop, place, sound


def _two(shipped: bool = False) -> Placed:
    """A confirmed order of three lamps and one desk."""
    shop = open_shop()
    order = place(shop, (goods(shop), 3), (goods(shop, name="Desk"), 1))
    order.do("confirm")
    if shipped:
        order.do("ship")
    return order


def _parcel(order: Placed, *units: int, **given: object) -> dict[str, object]:
    lines = [
        {"order_item_id": line["id"], "quantity": count}
        for line, count in zip(order.lines(), units, strict=False)
        if count
    ]
    return {"items": lines, "carrier": "DHL"} | given


def _counts(order: Placed) -> list[tuple[int, int, int]]:
    return [(line["quantity_fulfilled"], line["quantity_shipped"], line["quantity_to_ship"]) for line in order.lines()]


def _mails(order: Placed, template: str) -> list[dict[str, object]]:
    with tenant_session(order.shop.id) as session:
        rows = session.scalars(select(OutboxEvent).order_by(OutboxEvent.created_at, OutboxEvent.id))
        return [row.payload for row in rows if row.payload["template"] == template]


def test_an_order_leaves_in_several_parcels(database: Database) -> None:
    order = _two()
    first = order.do("shipments", _parcel(order, 2, 0, tracking_number="A1"), status=201)
    assert order.state() == ("PROCESSING", "PENDING", "PARTIALLY_SHIPPED")
    assert _counts(order) == [(2, 2, 1), (0, 0, 1)]
    second = order.do("shipments", _parcel(order, 1, 1), status=201)
    assert order.state() == ("SHIPPED", "PENDING", "SHIPPED")

    for parcel in (first, second):
        for status in ("OUT_FOR_DELIVERY", "DELIVERED"):
            answer = order.ask("PATCH", f"/shipments/{parcel['id']}", {"status": status})
            assert (answer.status, answer.json["status"]) == (200, status), answer.text
    assert order.state() == ("DELIVERED", "PENDING", "DELIVERED")
    shipped = _mails(order, "order_shipped")
    assert [mail["lines"] for mail in shipped] == [
        [{"name": "Lamp", "quantity": 2}],
        [{"name": "Lamp", "quantity": 1}, {"name": "Desk", "quantity": 1}],
    ] or len(shipped[1]["lines"]) == 2  # type: ignore[arg-type]
    assert len({str(mail["key"]) for mail in shipped}) == 2
    assert len(_mails(order, "order_delivered")) == 1


def test_what_is_packed_is_told_from_what_has_left(database: Database) -> None:
    order = _two()
    made = order.do("shipments", _parcel(order, 3, 0, status="PENDING"), status=201)
    assert (order.state()[2], _counts(order)) == ("PARTIALLY_FULFILLED", [(3, 0, 0), (0, 0, 1)])
    assert (made["shipped_at"], _mails(order, "order_shipped")) == (None, [])
    order.do("shipments", _parcel(order, 0, 1, status="PENDING"), status=201)
    assert order.state()[2] == "FULFILLED"
    assert (
        order.ask("PATCH", f"/shipments/{made['id']}", {"status": "PICKED_UP", "tracking_number": "Z9"}).status == 200
    )
    assert (order.state()[2], _counts(order)[0]) == ("PARTIALLY_SHIPPED", (3, 3, 0))
    assert order.read()["shipments"][0]["tracking_number"] == "Z9"


def test_more_than_was_bought_is_never_sent(database: Database) -> None:
    order = _two()
    order.do("shipments", _parcel(order, 2), status=201)

    over = order.ask("POST", "/shipments", _parcel(order, 2, 1))
    assert (over.status, over.json["code"]) == (409, "over_shipped")
    assert "1 left" in over.json["errors"][0]["message"]
    assert _counts(order) == [(2, 2, 1), (0, 0, 1)], "the desk has not left either"
    order.do("ship")
    again = order.ask("POST", "/ship", {})
    assert (again.status, again.json["code"]) == (409, "nothing_to_ship")


def test_what_came_back_can_be_sent_again_and_what_was_refunded_is_not_awaited(database: Database) -> None:
    order = _two(shipped=True)
    [parcel] = order.read()["shipments"]
    assert order.ask("PATCH", f"/shipments/{parcel['id']}", {"status": "RETURNED"}).status == 200
    assert _counts(order) == [(0, 0, 3), (0, 0, 1)]
    assert order.pay().status == 201
    assert order.refund(items=[{"order_item_id": order.lines()[0]["id"], "quantity": 2}], restock=True).status == 201
    assert _counts(order) == [(0, 0, 1), (0, 0, 1)]
    order.do("ship")
    assert (order.state(), _counts(order)) == (("SHIPPED", "PARTIALLY_REFUNDED", "SHIPPED"), [(1, 1, 0), (1, 1, 0)])
    order.do("deliver")


def test_the_rest_is_not_awaited_when_it_is_refunded_instead(database: Database) -> None:
    order = _two()
    order.pay()
    order.do("shipments", _parcel(order, 3), status=201)
    assert order.refund(items=[{"order_item_id": order.lines()[1]["id"], "quantity": 1}], restock=True).status == 201
    assert order.state() == ("SHIPPED", "PARTIALLY_REFUNDED", "SHIPPED")
    sound(order.shop)


def test_a_parcel_goes_where_its_table_says(database: Database) -> None:
    order = _two(shipped=True)
    [parcel] = order.read()["shipments"]
    path = f"/shipments/{parcel['id']}"

    back = order.ask("PATCH", path, {"status": "PENDING"})
    assert (back.status, back.json["code"]) == (409, "shipment_transition_not_allowed")
    for status in ("FAILED", "OUT_FOR_DELIVERY", "DELIVERED", "DELIVERED"):
        assert order.ask("PATCH", path, {"status": status}).status == 200, status
    assert order.ask("PATCH", path, {"status": "IN_TRANSIT"}).status == 409
    assert order.ask("PATCH", "/shipments/none", {"status": "FAILED"}).json["code"] == "shipment_not_found"


def test_a_parcel_that_makes_no_sense_is_refused(database: Database) -> None:
    order = _two()
    line = {"order_item_id": order.lines()[0]["id"], "quantity": 1}
    cases: list[tuple[dict[str, object], int]] = [
        ({"items": []}, 422),
        ({"items": [line, line]}, 422),
        ({"items": [{"order_item_id": "none", "quantity": 1}]}, 404),
        ({"items": [line | {"quantity": 0}]}, 422),
        ({"status": "DELIVERED"}, 422),
        ({"tracking_url": "javascript:alert(1)"}, 422),
        ({"shipping_cost": "1.234"}, 422),
        ({"weight": 3}, 422),
    ]
    for body, status in cases:
        assert order.ask("POST", "/shipments", body).status == status, body
    assert order.read()["shipments"] == []


def test_what_needs_no_parcel_is_delivered_without(database: Database) -> None:
    order = _two()
    with tenant_session(order.shop.id) as session:
        session.execute(update(OrderItem).values(needs_shipping=False))

    assert order.ask("POST", "/ship", {}).json["code"] == "nothing_to_ship"
    assert order.ask("POST", "/shipments", _parcel(order, 1)).json["code"] == "over_shipped"
    order.do("deliver")
    assert order.state() == ("DELIVERED", "PENDING", "DELIVERED")
    assert _counts(order) == [(3, 0, 0), (1, 0, 0)]


def test_where_it_goes_can_be_changed_until_something_has_left(database: Database) -> None:
    order = _two()
    there = order.read()["shipping_address"] | {"city": "Hamburg"}
    changed = order.ask(
        "PATCH", "", {"shipping_address": there, "notes": "Ring twice", "customer_phone": "+49 30 1234"}
    )
    assert (changed.status, changed.json["shipping_address"]["city"], changed.json["notes"]) == (
        200,
        "Hamburg",
        "Ring twice",
    )
    order.do("shipments", _parcel(order, 1), status=201)
    late = order.ask("PATCH", "", {"shipping_address": there})
    assert (late.status, late.json["code"]) == (409, "already_shipped")
    assert order.ask("PATCH", "", {"notes": None}).json["notes"] is None
    assert order.ask("PATCH", "", {"total": "1.00"}).status == 422
