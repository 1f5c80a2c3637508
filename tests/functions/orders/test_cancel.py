"""A cancelled order gives everything back, once."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from shared.models import CouponRedemption, FlashSale, FlashSaleItem, InventoryAdjustment, OutboxEvent, Variant
from shared.models.base import now
from shared.models.enums import AdjustmentReason, DiscountType
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from tests.api import deliver_mails
from tests.aws import Mailbox
from tests.conftest import Database
from tests.functions.carts.shopping import admin, goods, level
from tests.functions.orders.ordering import Placed, open_shop, place, sound
from tests.functions.stores.people import Shop
from tests.functions.stores.threads import with_each


def _ledger(order: Placed) -> list[tuple[AdjustmentReason, int]]:
    with tenant_session(order.shop.id) as session:
        query = select(InventoryAdjustment).where(InventoryAdjustment.order_id == order.id)
        rows = session.scalars(query.order_by(InventoryAdjustment.created_at, InventoryAdjustment.id))
        return [(row.reason, row.quantity_change) for row in rows]


def test_what_was_held_is_free_again_without_a_line_of_the_ledger(database: Database, mailbox: Mailbox) -> None:
    order = place(open_shop(name="Lamps & Co"))
    answer = order.do("cancel", {"reason": "Changed my mind"})

    assert (answer["status"], answer["cancel_reason"]) == ("CANCELED", "Changed my mind")
    assert [row["status"] for row in answer["payments"]] == ["CANCELED"]
    assert (level(order.shop, order.variants[0]), _ledger(order)) == ((10, 0), [])
    deliver_mails()
    deliver_mails()
    [mail] = [mail for mail in mailbox.mails("ada@example.com") if "cancelled" in mail.subject]
    assert "Changed my mind" in mail.text
    assert "back" not in mail.text, "nothing was paid"


def test_what_was_sold_is_put_back_with_a_line_of_the_ledger(database: Database, mailbox: Mailbox) -> None:
    order = place(open_shop())
    order.pay()
    answer = order.do("cancel")

    assert (answer["payment_status"], answer["amount_refunded"]) == ("REFUNDED", answer["total"])
    [refund] = answer["refunds"]
    assert (refund["status"], refund["amount"], refund["items"]) == ("PENDING", answer["total"], [])
    assert level(order.shop, order.variants[0]) == (10, 0)
    assert _ledger(order) == [(AdjustmentReason.ORDER_PLACED, -2), (AdjustmentReason.ORDER_CANCELED, 2)]
    deliver_mails()
    [mail] = [mail for mail in mailbox.mails("ada@example.com") if "cancelled" in mail.subject]
    assert f"{answer['total']} USD back" in mail.text


def test_many_who_cancel_at_once_cancel_once(database: Database) -> None:
    order = place(open_shop())
    order.pay()
    answers = with_each(lambda _: order.ask("POST", "/cancel", {}), range(6))

    assert sorted(answer.status for answer in answers) == [200] + [409] * 5
    assert (level(order.shop, order.variants[0]), len(order.read()["refunds"])) == ((10, 0), 1)
    with tenant_session(order.shop.id) as session:
        told = [row for row in session.scalars(select(OutboxEvent)) if row.payload["template"] == "order_canceled"]
    assert len(told) == 1
    sound(order.shop)


def test_coupons_and_units_of_a_flash_sale_are_given_back(database: Database) -> None:
    shop = open_shop()
    coupon = {"code": "TEN", "name": "Ten", "discount_type": "PERCENTAGE", "discount_value": "10"}
    admin(shop, "POST", "/v1/coupons", coupon | {"usage_limit_per_coupon": 1})
    lamp = goods(shop)
    sale = _sale(shop, lamp, limit=2)
    order = place(shop, (lamp, 2), coupons=["TEN"])
    assert (sale(), _uses(shop)) == (2, 1)

    order.do("cancel")
    assert (sale(), _uses(shop)) == (0, 0)
    again = place(shop, (lamp, 2), coupons=["TEN"])
    assert (sale(), _uses(shop)) == (2, 1)
    assert order.pay().status == 201
    assert (order.state()[:2], sale(), _uses(shop)) == (("CANCELED", "REFUNDED"), 2, 1)
    again.do("cancel")
    third = place(shop, (lamp, 1), coupons=["TEN"])
    third.do("cancel")
    assert third.pay().status == 201
    assert (third.state()[0], sale(), _uses(shop)) == ("CONFIRMED", 1, 1)


def test_what_has_left_is_not_cancelled_and_what_is_packed_stays(database: Database) -> None:
    shop = open_shop()
    order, packed = place(shop, (goods(shop), 2)), place(shop, (goods(shop), 2))
    for each, status in ((order, "IN_TRANSIT"), (packed, "PENDING")):
        each.do("confirm")
        line = {"order_item_id": each.lines()[0]["id"], "quantity": 1}
        each.do("shipments", {"items": [line], "status": status}, status=201)

    late = order.ask("POST", "/cancel", {})
    assert (late.status, late.json["code"], order.state()[0]) == (409, "already_shipped", "PROCESSING")
    done = packed.do("cancel")
    assert ([row["status"] for row in done["shipments"]], packed.state()[2]) == (["RETURNED"], "UNFULFILLED")
    assert (packed.lines()[0]["quantity_fulfilled"], level(shop, packed.variants[0])) == (0, (10, 0))


def test_what_was_deleted_or_is_not_counted_is_cancelled_all_the_same(database: Database) -> None:
    shop = open_shop()
    gone, free = goods(shop), goods(shop)
    order = place(shop, (gone, 2), (free, 3))
    with tenant_session(shop.id) as session:
        session.get_one(Variant, free).track_inventory = False
    order.do("confirm")
    second = place(shop, (free, 5))
    second.do("confirm")
    with tenant_session(shop.id) as session:
        session.get_one(Variant, free).track_inventory = True
        soft_delete(session, session.get_one(Variant, gone))
    order.do("cancel")
    second.do("cancel")
    assert level(shop, free) == (10, 0), "what was not counted has not moved"
    assert _ledger(second) == []


def _uses(shop: Shop) -> int:
    [coupon] = admin(shop, "GET", "/v1/coupons")["items"]
    with tenant_session(shop.id) as session:
        assert len(session.scalars(select(CouponRedemption)).all()) == coupon["used"]
    return int(coupon["used"])


def _sale(shop: Shop, variant_id: str, limit: int) -> Any:
    """A flash sale that runs. Returns what asks how many it has sold."""
    with tenant_session(shop.id) as session:
        product = session.get_one(Variant, variant_id).product_id
        facts = {"name": "Flash", "discount_type": DiscountType.PERCENTAGE, "discount_value": 20}
        row = FlashSale(**facts, start_at=now() - timedelta(hours=1), end_at=now() + timedelta(hours=1))
        session.add(row)
        session.flush()
        session.add(FlashSaleItem(flash_sale_id=row.id, product_id=product, quantity_limit=limit))

    def sold() -> int:
        with tenant_session(shop.id) as session:
            return session.scalars(select(FlashSaleItem.quantity_sold)).one()

    return sold
