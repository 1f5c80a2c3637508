"""Parcels of orders that were placed in another shop: told to it once each, with what they hold and their tracking."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from shared.errors import ConflictError
from shared.models import ExternalPlatformIntegration, Order, OrderItem, OutboxEvent, Shipment
from shared.models.enums import OrderStatus, ShipmentStatus
from shared.orders import canceling, shipping
from shared.orders.lifecycle import order_of
from shared.orders.refunding import Asked, refund
from shared.orders.shipping import Parcel
from shared.tenancy import tenant_session
from shared.tenant_session import TenantSession
from tests.factories import order_of as an_order
from tests.functions.sync import bodies
from tests.functions.sync.connected import deliver
from tests.functions.sync.connected import shopify as from_shopify
from tests.functions.sync.connected import woocommerce as from_woocommerce
from tests.functions.sync.outbound.both import Both, ShopifyBoth


class Fulfilling:
    """An order of three mugs and two cups that was placed in the other shop, and its parcels here."""

    def __init__(self, both: Both) -> None:
        self.both = both
        both.product("MUG")
        both.product("CUP")
        both.work()

    def order(self) -> str:
        """Our id of the order."""
        with tenant_session(self.both.store_id) as session:
            return session.scalars(select(Order.id)).one()

    def send(
        self, status: ShipmentStatus = ShipmentStatus.IN_TRANSIT, units: dict[str, int] | None = None, **given: Any
    ) -> str:
        """Pack a parcel with units by SKU, or with all that is left. Returns its id."""
        with tenant_session(self.both.store_id) as session:
            order = order_of(session, self.order(), lock=True)
            lines = {item.variant_sku: item.id for item in session.scalars(select(OrderItem))}
            held = None if units is None else {lines[sku]: count for sku, count in units.items()}
            return shipping.pack(session, order, Parcel(units=held, **given), status).id

    def change(self, parcel_id: str, status: ShipmentStatus | None = None, **given: Any) -> None:
        """Change a parcel."""
        with tenant_session(self.both.store_id) as session:
            order = order_of(session, self.order(), lock=True)
            row = shipping.parcel_of(session, order, parcel_id)
            for name, value in given.items():
                setattr(row, name, value)
            if status is not None:
                shipping.track(session, order, row, status)

    def status(self) -> tuple[str, str, dict[str, int]]:
        """Status and fulfilment of the order here, and what has left of each line."""
        with tenant_session(self.both.store_id) as session:
            order = session.scalars(select(Order)).one()
            sent = {item.variant_sku: item.quantity_shipped for item in session.scalars(select(OrderItem))}
            return str(order.status), str(order.fulfillment_status), sent

    def told(self) -> list[tuple[str, str | None]]:
        """Status and reason of what the shop was told of the order, oldest first."""
        return [(status, reason) for kind, status, reason in self.both.rows() if kind in ("order", "fulfillment")]

    def mails(self) -> int:
        """The mails that our store sends about the order."""
        query = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.topic == "shop_mail")
        with tenant_session(self.both.store_id) as session:
            return session.scalars(query).one()


@pytest.fixture
def woo(both: Both) -> Fulfilling:
    """An order of WooCommerce."""
    made = Fulfilling(both)
    for topic in ("order.created", "order.updated"):
        both.shop.add("webhooks", topic=topic, delivery_url="https://us.example", secret="s")
    ids = {sku: both.theirs(sku)["id"] for sku in ("MUG", "CUP")}
    body = bodies.order(0, (ids["MUG"], 3), (ids["CUP"], 2))
    for line, sku in zip(body["line_items"], ("MUG", "CUP"), strict=True):
        line["sku"] = line["name"] = sku
    both.shop.add("orders", **{**body, "currency": "USD"})
    both.echo()
    return made


@pytest.fixture
def shopify(pair: ShopifyBoth) -> Fulfilling:
    """An order of Shopify whose units lie in one place."""
    made = Fulfilling(pair)
    place_order(pair)
    pair.there.parcels.open(700, {1: 3, 2: 2})
    return made


def place_order(pair: ShopifyBoth, **given: Any) -> None:
    """Shopify's word of the order."""
    lines = [
        {"id": number, "title": sku, "sku": sku, "quantity": units, "price": "10.00"}
        | {"variant_id": int(pair.variant(sku)["id"].rpartition("/")[2])}
        for number, (sku, units) in enumerate((("MUG", 3), ("CUP", 2)), 1)
    ]
    body = {"id": 700, "name": "#1001", "currency": "USD", "total_price": "50.00", "financial_status": "paid"}
    body |= {"line_items": lines, "email": "b@example.com", "created_at": "2026-11-20T11:00:00Z"}
    body |= {"updated_at": "2026-11-20T11:00:00Z", "fulfillments": [], "fulfillment_status": None}
    deliver(pair.here, from_shopify("orders/updated", body | given))


def notes(woo: Fulfilling) -> list[tuple[str, bool]]:
    """The notes on the order, oldest first, and whether the customer gets them."""
    (found,) = woo.both.shop.notes.values()
    return [(note["note"], note["customer_note"]) for note in reversed(found)]


def their_order(woo: Fulfilling) -> dict[str, Any]:
    (found,) = woo.both.shop.entities["orders"].values()
    return found


def there(shopify: Fulfilling) -> Any:
    """Shopify's side of parcels."""
    assert isinstance(shopify.both, ShopifyBoth)
    return shopify.both.there.parcels


def test_woocommerce_hears_of_each_parcel_and_completes_the_order_with_the_last(woo: Fulfilling) -> None:
    woo.send(units={"MUG": 2}, carrier="DHL & Co", tracking_number="T1", tracking_url="https://dhl.example/T1")
    woo.both.work()
    woo.both.echo()
    words = "Parcel 1: 2 × MUG. DHL &amp; Co T1 https://dhl.example/T1"  # noqa: RUF001 - read by people
    assert notes(woo) == [(words, True)]
    assert their_order(woo)["status"] == "processing"
    assert woo.status() == ("PROCESSING", "PARTIALLY_SHIPPED", {"MUG": 2, "CUP": 0})
    woo.send()
    woo.both.work()
    woo.both.echo()
    assert len(notes(woo)) == 2
    assert their_order(woo)["status"] == "completed"
    # Its parcels are on their way, whatever "completed" says.
    assert woo.status() == ("SHIPPED", "SHIPPED", {"MUG": 3, "CUP": 2})
    assert {status for status, _ in woo.told()} == {"COMPLETED"}
    assert woo.mails() == 0
    before = len(woo.both.shop.writes())
    woo.both.work()
    assert len(woo.both.shop.writes()) == before


def test_two_parcels_of_the_same_without_tracking_are_two(woo: Fulfilling) -> None:
    for _ in range(2):
        woo.send(units={"MUG": 1})
        woo.both.work()
    assert [note.partition(":")[0] for note, _ in notes(woo)] == ["Parcel 1", "Parcel 2"]


@pytest.mark.parametrize("lost", [1, 2])
def test_a_lost_answer_tells_woocommerce_nothing_twice(woo: Fulfilling, lost: int) -> None:
    woo.send(carrier="DHL", tracking_number="T1")
    for _ in range(lost):
        woo.both.shop.faults.lose_answers = 1
        woo.both.work()
        woo.both.pass_time()
    woo.both.work()
    assert len(notes(woo)) == 1
    assert their_order(woo)["status"] == "completed"
    assert {status for status, _ in woo.told()} == {"COMPLETED"}


def test_what_is_packed_and_has_not_left_is_not_told(woo: Fulfilling, shopify: Fulfilling) -> None:
    for one in (woo, shopify):
        parcel = one.send(ShipmentStatus.PENDING, units={"MUG": 1})
        one.both.work()
        assert ("COMPLETED", "not_sent") in one.told()
        one.change(parcel, ShipmentStatus.RETURNED)
        one.both.work()
    assert woo.both.shop.notes == {}
    assert there(shopify).made == {}


def test_shopify_fulfils_what_the_parcel_holds_and_no_more(shopify: Fulfilling) -> None:
    shopify.send(units={"MUG": 2, "CUP": 1}, carrier="DHL", tracking_number="T1", tracking_url="https://dhl.example/T1")
    shopify.both.work()
    assert there(shopify).fulfilled() == [{1: 2, 2: 1}]
    (first,) = there(shopify).made.values()
    assert first["trackingInfo"] == [{"number": "T1", "url": "https://dhl.example/T1", "company": "DHL"}]
    assert len(there(shopify).mails) == 1
    shopify.send()
    shopify.both.work()
    assert there(shopify).fulfilled() == [{1: 2, 2: 1}, {1: 1, 2: 1}]
    assert {status for status, _ in shopify.told()} == {"COMPLETED"}
    assert shopify.mails() == 0


def test_an_echo_of_half_an_order_does_not_take_back_what_has_left_since(shopify: Fulfilling) -> None:
    assert isinstance(shopify.both, ShopifyBoth)
    shopify.send(units={"MUG": 2})
    shopify.send()
    shopify.both.work()
    half = {"fulfillments": [{"id": 1}], "fulfillment_status": "partial", "updated_at": "2026-11-20T12:00:00Z"}
    place_order(shopify.both, **half)
    assert shopify.status() == ("SHIPPED", "SHIPPED", {"MUG": 3, "CUP": 2})


@pytest.mark.parametrize("tracking", ["T1", None])
def test_a_lost_answer_fulfils_nothing_twice(shopify: Fulfilling, tracking: str | None) -> None:
    assert isinstance(shopify.both, ShopifyBoth)
    shopify.both.there.lose_answers = 1
    shopify.send(units={"MUG": 1}, tracking_number=tracking)
    shopify.both.work()
    shopify.both.pass_time()
    shopify.both.work()
    assert there(shopify).fulfilled() == [{1: 1}]
    # Another of the same is another.
    shopify.send(units={"MUG": 1}, tracking_number=tracking)
    shopify.both.work()
    assert there(shopify).fulfilled() == [{1: 1}, {1: 1}]
    assert {status for status, _ in shopify.told()} == {"COMPLETED"}


def test_what_they_have_fulfilled_themselves_is_not_taken_for_our_parcel(shopify: Fulfilling) -> None:
    (order,) = there(shopify).waiting.items()
    line = {"id": order[1]["rows"][0]["id"], "quantity": 1}
    given = [{"fulfillmentOrderId": order[0], "fulfillmentOrderLineItems": [line]}]
    there(shopify).answer_fulfillmentCreate({"fulfillment": {"lineItemsByFulfillmentOrder": given, "trackingInfo": {}}})
    shopify.send(units={"MUG": 1})
    shopify.both.work()
    assert there(shopify).fulfilled() == [{1: 1}, {1: 1}]
    shopify.send()
    shopify.both.work()
    assert shopify.both.rows()[-1] == ("fulfillment", "CONFLICT", "nothing_to_fulfil")
    assert there(shopify).fulfilled() == [{1: 1}, {1: 1}]


def test_units_that_lie_in_two_places_become_two_fulfilments(pair: ShopifyBoth) -> None:
    shopify = Fulfilling(pair)
    place_order(pair)
    pair.there.parcels.open(700, {1: 1}, {1: 2, 2: 2})
    parcel = shopify.send()
    # The second answer is lost after the first was made: both are found again.
    pair.there.lose_answers = 2
    for _ in range(3):
        pair.work()
        pair.pass_time()
    assert there(shopify).fulfilled() == [{1: 1}, {1: 2, 2: 2}]
    shopify.change(parcel, tracking_number="T9", carrier="UPS")
    pair.work()
    told = [one["trackingInfo"] for one in there(shopify).made.values()]
    assert told == [[{"number": "T9", "company": "UPS"}]] * 2
    assert {status for status, _ in shopify.told()} == {"COMPLETED"}


def test_a_parcel_that_comes_back_is_open_again_and_can_be_sent_once_more(shopify: Fulfilling, woo: Fulfilling) -> None:
    for one in (shopify, woo):
        parcel = one.send()
        one.both.work()
        one.change(parcel, ShipmentStatus.RETURNED)
        one.both.work()
        one.both.work()
        one.change(parcel, carrier="Nobody")
        one.both.work()
        one.send(units={"CUP": 2})
        one.both.work()
        assert {status for status, _ in one.told()} == {"COMPLETED"}, one.told()
    assert there(shopify).fulfilled() == [{2: 2}]
    assert [note.partition(":")[0] for note, _ in notes(woo)] == ["Parcel 1", "Parcel 1 has come back.", "Parcel 2"]


def test_the_shop_writes_to_its_customers_unless_it_is_told_not_to(woo: Fulfilling, shopify: Fulfilling) -> None:
    for one in (woo, shopify):
        with tenant_session(one.both.store_id) as session:
            row = session.get_one(ExternalPlatformIntegration, one.both.here.integration_id)
            row.platform_settings = row.platform_settings | {"notify_customers": False}
        one.send()
        one.both.work()
        assert one.mails() == 1
    assert [tells for _, tells in notes(woo)] == [False]
    assert there(shopify).mails == []


def test_a_cancellation_here_is_left_to_the_other_shop(woo: Fulfilling, shopify: Fulfilling) -> None:
    for one in (woo, shopify):

        def cancel(session: TenantSession, order_id: str = one.order()) -> None:
            canceling.cancel(session, order_of(session, order_id, lock=True), "Too late")

        one.both.change(cancel)
        one.both.work()
        assert one.both.rows()[-1] == ("order", "CONFLICT", "cancel_there")
    assert their_order(woo)["status"] == "processing"


def test_money_is_given_back_where_it_was_taken(woo: Fulfilling, shopify: Fulfilling) -> None:
    for one in (woo, shopify):
        with tenant_session(one.both.store_id) as session, pytest.raises(ConflictError, match="connected shop"):
            refund(session, order_of(session, one.order(), lock=True), Asked(extra=Decimal(1)))


def test_an_order_that_they_cancelled_is_not_completed_by_a_late_parcel(woo: Fulfilling, shopify: Fulfilling) -> None:
    woo.both.shop.entities["orders"][their_order(woo)["id"]]["status"] = "cancelled"
    there(shopify).orders["gid://shopify/Order/700"]["cancelledAt"] = "2026-11-20T12:00:00Z"
    for one in (woo, shopify):
        one.send()
        one.both.work()
        assert one.status()[0] == OrderStatus.SHIPPED
    assert their_order(woo)["status"] == "cancelled"
    assert ("CONFLICT", "order_canceled") in shopify.told()
    assert there(shopify).made == {}


def test_parcels_of_our_own_orders_are_nobody_elses(both: Both) -> None:
    with tenant_session(both.store_id) as session:
        order = an_order()
        session.add(order)
        session.flush()
        session.add(Shipment(order_id=order.id, carrier="", shipping_method="", shipping_cost=0))
    assert both.rows() == []


def test_the_recorded_delivery_of_an_order_still_ends_as_theirs(woo: Fulfilling) -> None:
    theirs = their_order(woo)
    woo.both.shop.edit("orders", theirs["id"], status="completed")
    woo.both.echo()
    assert woo.status() == ("DELIVERED", "DELIVERED", {"MUG": 3, "CUP": 2})
    deliver(woo.both.here, from_woocommerce("order.updated", {**theirs, "status": "refunded"}))
    assert woo.status()[0] == "REFUNDED"
