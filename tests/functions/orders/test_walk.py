"""From the order to the door: each step, and what stock, money and mails say after it."""

from tests.api import deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.carts.shopping import level
from tests.functions.orders.ordering import open_shop, place


def test_an_order_goes_from_the_till_to_the_door_and_half_of_it_back(database: Database, mailbox: Mailbox) -> None:
    shop = open_shop(name="Lamps & Co")
    order = place(shop)
    [lamp] = order.variants
    assert (order.state(), level(shop, lamp)) == (("PENDING", "PENDING", "UNFULFILLED"), (10, 2))

    assert order.do("confirm")["status"] == "CONFIRMED"
    assert level(shop, lamp) == (8, 0), "what is confirmed is sold"
    parcel = {"carrier": "DHL", "tracking_number": "JD01", "tracking_url": "https://dhl.example/JD01"}
    assert order.do("ship", parcel)["fulfillment_status"] == "SHIPPED"
    assert order.pay().status == 201
    assert order.state() == ("SHIPPED", "PAID", "SHIPPED")
    assert order.do("deliver")["status"] == "DELIVERED"
    [line] = order.lines()
    made = order.refund(items=[{"order_item_id": line["id"], "quantity": 1}], restock=True)
    assert (made.status, made.json["amount"], made.json["status"]) == (201, "23.79", "COMPLETED"), made.text
    assert (order.state(), level(shop, lamp)) == (("DELIVERED", "PARTIALLY_REFUNDED", "DELIVERED"), (9, 0))

    deliver_mails()
    deliver_mails()
    told = [mail.subject for mail in mailbox.mails("ada@example.com")]
    ends = ["", " is on its way", " is paid", " was delivered"]
    assert sorted(told) == sorted(
        [f"Lamps & Co: your order ORD-1001{end}" for end in ends]
        + ["Lamps & Co: 23.79 USD back for your order ORD-1001"]
    )
    entries = [entry["what"] for entry in order.read()["timeline"]]
    assert entries[:3] == ["placed", "confirmed", "shipped"]
    assert {"paid", "delivered", "refunded"} <= set(entries)
