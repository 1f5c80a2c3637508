"""Packing slips, and shoppers' own invoices."""

import pytest
from sqlalchemy import select

from shared.models import OrderItem, Shipment, ShipmentItem
from shared.models.base import new_id
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import Answer
from tests.functions.customers.shopping import make_customer, shop_api, token_of
from tests.functions.orders.papers.printed import whole
from tests.functions.orders.selling import Sold, sell
from tests.functions.stores.people import Shop, make_shop

pytestmark = pytest.mark.usefixtures("database")
LINES = [
    Sold("10.00", 3, name="Kettle", more={"quantity_fulfilled": 1}),
    Sold("20.00", 2, name="Gift card", more={"needs_shipping": False}),
    Sold("30.00", 2, name="Lamp", more={"quantity_refunded": 2}),
]


def _slip(shop: Shop, order_id: str, query: str = "") -> Answer:
    return api("GET", f"/v1/orders/{order_id}/packing-slip{query}", token=shop.admin.token)


@pytest.fixture
def shop() -> Shop:
    return make_shop(name="Aurora Home")


def _parcel(store_id: str, order_id: str, units: int, **given: str) -> str:
    with tenant_session(store_id) as session:
        own = (OrderItem.order_id == order_id) & (OrderItem.product_name == "Kettle")
        row = Shipment(
            **{"id": new_id(), "order_id": order_id, "carrier": "DHL", "shipping_method": "Parcel", "shipping_cost": 0}
            | given
        )
        session.add(row)
        session.flush()
        item_id = session.scalars(select(OrderItem.id).where(own)).one()
        session.add(ShipmentItem(shipment_id=row.id, order_item_id=item_id, quantity=units))
        return row.id


def test_it_lists_what_is_in_no_parcel_yet_without_prices(shop: Shop) -> None:
    answer = _slip(shop, sell(shop.id, LINES, order_number="ORD-9", notes="Fragile"))

    text = whole(answer)
    assert answer.headers["content-disposition"] == 'inline; filename="packing-slip-ORD-9.pdf"'
    for part in ("PACKING SLIP", "ORD-9", "Ada Byron", "1 Main Street", "Kettle", "3 2 [", "Fragile"):
        assert part in text
    for part in ("Gift card", "Lamp", "10.00", "30.00", "USD"):
        assert part not in text


def test_it_lists_what_one_parcel_holds(shop: Shop) -> None:
    order_id = sell(shop.id, LINES)
    parcel = _parcel(shop.id, order_id, 1, tracking_number="JD014600")

    text = whole(_slip(shop, order_id, f"?shipment={parcel}"))

    for part in ("DHL, Parcel", "Tracking JD014600", "3 1 ["):
        assert part in text
    assert "Lamp" not in text


def test_an_order_that_is_packed_says_so(shop: Shop) -> None:
    assert "left to be packed" in whole(_slip(shop, sell(shop.id, LINES[1:])))


def test_another_orders_or_stores_parcel_is_not_there(shop: Shop) -> None:
    order_id, other = sell(shop.id, LINES), make_shop()
    their_order = sell(other.id, LINES)

    for parcel in (_parcel(shop.id, sell(shop.id, LINES), 1), _parcel(other.id, their_order, 1), new_id()):
        answer = _slip(shop, order_id, f"?shipment={parcel}")
        assert (answer.status, answer.json["code"]) == (404, "shipment_not_found")
    assert _slip(shop, their_order).json["code"] == "order_not_found"


def test_shoppers_get_their_own_invoice_and_nobody_elses(shop: Shop) -> None:
    ada, eve = make_customer(shop), make_customer(shop)
    sell(shop.id, customer_id=ada, order_number="ORD-1")
    sell(shop.id, customer_id=eve, order_number="ORD-2")
    token = token_of(shop, ada)

    own = shop_api(shop, "GET", "me/orders/ORD-1/invoice", token=token)

    assert "ORD-1" in whole(own)
    for number in ("ORD-2", "ORD-3"):
        assert shop_api(shop, "GET", f"me/orders/{number}/invoice", token=token).json["code"] == "order_not_found"
    assert shop_api(shop, "GET", "me/orders/ORD-1/invoice").status == 401
    # The token of a customer of another shop is no good here.
    other = make_shop()
    assert shop_api(shop, "GET", "me/orders/ORD-1/invoice", token=token_of(other, make_customer(other))).status == 401
