"""What comes from a shop meets what is here: each rule, one test."""

from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select, update

from functions.sync.handler import handler
from shared.errors import ConflictError
from shared.models import (
    Coupon,
    CouponProduct,
    Customer,
    ExternalPlatformIntegration,
    InventoryAdjustment,
    Order,
    OrderItem,
    Product,
    StoreSubscription,
    SyncQueue,
    Variant,
)
from shared.models.base import now
from shared.models.enums import (
    AdjustmentReason,
    ConflictResolution,
    OrderStatus,
    PaymentStatus,
    SyncDirection,
    SyncQueueStatus,
)
from shared.stock import Holder, Why, adjust, differences, reserve
from shared.tenancy import tenant_session
from shared.tenant_session import INCLUDE_DELETED
from tests.factories import product_of, variant_of
from tests.functions.sync.bodies import AT, coupon, customer, order, product
from tests.functions.sync.connected import Shop, connect, deliver, message, queue, snapshot, state, woocommerce

pytestmark = pytest.mark.usefixtures("database")


def _one(shop: Shop, topic: str, body: Any) -> SyncQueue:
    return state(shop, deliver(shop, woocommerce(topic, body))[0])


def _stock(shop: Shop, sku: str = "MUG-900") -> int:
    with tenant_session(shop.store_id) as session:
        return session.scalars(select(Variant.stock_quantity).where(Variant.sku == sku)).one()


def _own(shop: Shop, sku: str = "MUG-900", **given: Any) -> str:
    """A product of the store's own, with a variant of this SKU. Returns the variant's id."""
    with tenant_session(shop.store_id) as session:
        row = product_of(name="Ours")
        session.add(row)
        session.flush()
        variant = variant_of(row.id, sku=sku, **given)
        session.add(variant)
        return variant.id


def test_a_paid_order_lowers_the_stock_once() -> None:
    shop = connect()
    body = order(700, (900, 2))
    deliver(shop, woocommerce("product.created", product()))
    for number in range(5):
        later = body | {"date_modified_gmt": f"2026-11-20T12:00:0{number}", "customer_note": f"note {number}"}
        deliver(shop, woocommerce("order.updated", later), woocommerce("order.created", body))
    assert _stock(shop) == 1
    # What the shop counts after it has the order in it.
    deliver(shop, woocommerce("product.updated", product(stock_quantity=1, date_modified_gmt="2026-11-20T11:00:00")))
    assert _stock(shop) == 1
    canceled = body | {"status": "cancelled", "date_modified_gmt": "2026-11-20T13:00:00"}
    deliver(shop, woocommerce("order.updated", canceled))
    deliver(shop, woocommerce("product.updated", product(stock_quantity=3, date_modified_gmt="2026-11-20T13:00:00")))
    assert _stock(shop) == 3
    with tenant_session(shop.store_id) as session:
        row = session.scalars(select(Order)).one()
        assert (row.status, row.order_number) == (OrderStatus.CANCELED, "ORD-1001")
        assert differences(session) == []


def test_a_canceled_order_puts_back_what_the_shop_has_not_counted_yet() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product()), woocommerce("order.created", order(700, (900, 2))))
    assert _stock(shop) == 1
    deliver(
        shop,
        woocommerce("order.updated", order(700, (900, 2), status="cancelled", date_modified_gmt="2026-11-20T12:00:00")),
    )
    assert _stock(shop) == 3


def test_an_order_that_was_short_is_done_with_once_the_shop_has_counted_it() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product(stock_quantity=1)))
    row = _one(shop, "order.created", order(700, (900, 9)))
    assert (row.status, row.reason) == (SyncQueueStatus.CONFLICT, "not_enough_stock")
    deliver(shop, woocommerce("product.updated", product(stock_quantity=-8, date_modified_gmt="2026-11-20T11:00:00")))
    assert (state(shop, row.id).status, _stock(shop)) == (SyncQueueStatus.COMPLETED, 0)


def test_an_order_that_staff_here_have_canceled_is_put_back_once() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product()), woocommerce("order.created", order(700, (900, 2))))
    with tenant_session(shop.store_id) as session:
        sold = session.scalars(select(Order.id)).one()
        variant = session.scalars(select(Variant.id)).one()
        adjust(session, {variant: 2}, Why(AdjustmentReason.ORDER_CANCELED, order_id=sold))
    canceled = order(700, (900, 2), status="cancelled", date_modified_gmt="2026-11-20T12:00:00")
    deliver(shop, woocommerce("order.updated", canceled))
    assert _stock(shop) == 3


def test_many_at_once_make_one_of_each() -> None:
    shop = connect()
    words = [
        woocommerce("product.created", product()),
        *(
            woocommerce("product.updated", product(name=f"Mug {n}", date_modified_gmt=AT[:-1] + str(n)))
            for n in range(4)
        ),
        *(woocommerce("order.updated", order(customer_note=f"{n}")) for n in range(3)),
        *(woocommerce("customer.updated", customer(phone=f"{n}")) for n in range(2)),
    ]
    rows = [str(queue(shop, one)) for one in words]
    barrier = Barrier(len(rows))

    def one(row: str) -> None:
        barrier.wait()
        assert handler({"Records": [message(shop, row)]}, None) == {"batchItemFailures": []}

    threads = [Thread(target=one, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {state(shop, row).status for row in rows} == {SyncQueueStatus.COMPLETED}
    found = snapshot(shop)
    assert {name: len(rows) for name, rows in found.items()} == {
        **{"products": 1, "variants": 1, "orders": 1, "coupons": 0},
        "customers": 2,
    }
    assert found["products"]["900"]["name"] == "Mug 3"
    assert _stock(shop) == 2


def test_an_order_without_stock_is_kept_and_seen() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product(stock_quantity=1)))
    row = _one(shop, "order.created", order(700, (900, 2)))
    assert (row.status, row.reason) == (SyncQueueStatus.CONFLICT, "not_enough_stock")
    assert "700" in str(row.error_message)
    assert _stock(shop) == 1
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(Order.payment_status)).one() == PaymentStatus.PAID
        # Somebody has found another one, and tries again.
        session.execute(update(Variant).values(stock_quantity=2).execution_options(synchronize_session=False))
        session.execute(update(SyncQueue).where(SyncQueue.id == row.id).values(status="PENDING", available_at=now()))
    handler({"Records": [message(shop, row.id)]}, None)
    assert state(shop, row.id).status == SyncQueueStatus.COMPLETED
    assert _stock(shop) == 0


def test_the_last_unit_is_sold_here_or_there() -> None:
    outcomes = set()
    for _ in range(4):
        shop = connect()
        deliver(shop, woocommerce("product.created", product(stock_quantity=1)))
        row = str(queue(shop, woocommerce("order.created", order())))
        barrier, here = Barrier(2), []

        def there(shop: Shop = shop, row: str = row, barrier: Barrier = barrier) -> None:
            barrier.wait()
            handler({"Records": [message(shop, row)]}, None)

        def ours(shop: Shop = shop, barrier: Barrier = barrier, here: list[bool] = here) -> None:
            barrier.wait()
            here.append(_reserved(shop))

        threads = [Thread(target=there), Thread(target=ours)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        status = state(shop, row).status
        outcomes.add((here[0], str(status)))
        assert (here[0], str(status)) in ((True, "CONFLICT"), (False, "COMPLETED"))
        with tenant_session(shop.store_id) as session:
            assert session.scalars(select(func.count(Order.id))).one() == (2 if here[0] else 1)
            assert differences(session) == []
    assert outcomes


def _reserved(shop: Shop) -> bool:
    """Whether an order of our own got the unit."""
    try:
        with tenant_session(shop.store_id) as session:
            from tests.factories import order_of  # noqa: PLC0415 - used here alone

            row = order_of()
            session.add(row)
            session.flush()
            variant = session.scalars(select(Variant.id)).one()
            reserve(session, {variant: 1}, Holder(order_id=row.id), now())
    except ConflictError:
        return False
    return True


def test_stock_never_falls_below_what_is_reserved() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product()))
    assert _reserved(shop)
    row = _one(shop, "product.updated", product(name="New", stock_quantity=0, date_modified_gmt="2026-11-21T00:00:00"))
    assert (row.status, row.reason) == (SyncQueueStatus.CONFLICT, "not_enough_stock")
    assert _stock(shop) == 3


def test_what_was_sold_here_is_not_undone_by_a_body_that_changes_the_name() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product()))
    with tenant_session(shop.store_id) as session:
        session.execute(update(Variant).values(stock_quantity=2).execution_options(synchronize_session=False))
    deliver(shop, woocommerce("product.updated", product(name="New", date_modified_gmt="2026-11-21T00:00:00")))
    assert _stock(shop) == 2
    sold_there = product(stock_quantity=2, date_modified_gmt="2026-11-21T00:00:01")
    deliver(shop, woocommerce("product.updated", sold_there))
    assert _stock(shop) == 1


def test_a_product_of_ours_with_the_sku_becomes_theirs() -> None:
    shop = connect()
    variant = _own(shop)
    assert _one(shop, "product.created", product()).status == SyncQueueStatus.COMPLETED
    with tenant_session(shop.store_id) as session:
        row = session.scalars(select(Variant)).one()
        assert (row.id, row.stock_quantity, row.price) == (variant, 3, Decimal("12.500"))
        assert session.scalars(select(Product.name)).all() == ["Mug 900"]


def test_a_line_that_nobody_knows_is_kept_until_its_product_comes() -> None:
    shop = connect()
    assert _one(shop, "order.created", order(700, (900, 2))).status == SyncQueueStatus.COMPLETED
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(Variant)).all() == []
        item = session.scalars(select(OrderItem)).one()
    counted = product(stock_quantity=5, date_modified_gmt="2026-11-20T10:30:00")
    deliver(shop, woocommerce("product.created", counted))
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(Variant.id)).one() == item.variant_id
    # It was counted before the order was placed.
    assert _stock(shop) == 3


def test_a_variation_waits_for_its_product() -> None:
    shop = connect()
    sku = {"type": "variation", "parent_id": 900, "sku": "MUG-RED", "attributes": [{"name": "Colour", "option": "Red"}]}
    row = _one(shop, "product.created", product(901, **sku))
    assert (row.status, row.reason) == (SyncQueueStatus.COMPLETED, "waiting_for_product")
    assert snapshot(shop)["variants"]["901"]["is_deleted"]
    deliver(shop, woocommerce("product.created", product(type="variable", sku="MUG", variations=[901], price="")))
    with tenant_session(shop.store_id) as session:
        found = session.scalars(select(Variant)).one()
        assert (found.sku, found.attributes, found.is_default) == ("MUG-RED", {"Colour": "Red"}, True)
        assert session.scalars(select(StoreSubscription.current_products)).one() == 1


def test_a_plan_that_is_full_is_a_conflict() -> None:
    shop = connect(plan={"max_products": 1, "max_orders": 0})
    rows = deliver(
        shop,
        woocommerce("product.created", product(1)),
        woocommerce("product.created", product(2)),
        woocommerce("order.created", order(700, (1, 1))),
    )
    assert [state(shop, row).reason for row in rows] == [None, "plan_limit_reached", "plan_limit_reached"]
    deliver(shop, woocommerce("product.deleted", {"id": 1}))
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(StoreSubscription.current_products)).one() == 0


def test_another_currency_is_a_conflict() -> None:
    shop = connect()
    row = _one(shop, "order.created", order(currency="USD"))
    assert (row.status, row.reason) == (SyncQueueStatus.CONFLICT, "currency_differs")
    counted = connect(platform_settings={"currency": "EUR"})
    assert _one(counted, "product.created", product()).reason == "currency_differs"


def test_directions_and_overrides_are_kept() -> None:
    shop = connect(entity_overrides={"product": "OUTBOUND", "coupon": {"direction": "NONE"}})
    assert _one(shop, "product.created", product()).reason == "not_taken_in"
    assert _one(shop, "coupon.created", coupon()).reason == "not_taken_in"
    assert _one(shop, "customer.created", customer()).reason is None
    assert _one(connect(sync_direction=SyncDirection.OUTBOUND), "customer.created", customer()).reason == "not_taken_in"


@pytest.mark.parametrize(
    ("policy", "overrides", "expected", "name"),
    [
        (ConflictResolution.MANUAL_QUEUE, {}, ("CONFLICT", "both_changed"), "Ours"),
        (ConflictResolution.LAST_WRITE_WINS, {}, ("COMPLETED", None), "Ours"),
        (ConflictResolution.PRIORITY_RULES, {"product": {"winner": "THEIRS"}}, ("COMPLETED", None), "Theirs"),
        (ConflictResolution.PRIORITY_RULES, {"product": {"winner": "OURS"}}, ("COMPLETED", "ours_is_newer"), "Ours"),
    ],
)
def test_when_both_have_changed(
    policy: ConflictResolution, overrides: dict[str, Any], expected: tuple[str, str | None], name: str
) -> None:
    shop = connect(conflict_resolution=policy, entity_overrides=overrides)
    deliver(shop, woocommerce("product.created", product()))
    with tenant_session(shop.store_id) as session:
        session.scalars(select(Product)).one().name = "Ours"
    row = _one(shop, "product.updated", product(name="Theirs", date_modified_gmt="2026-11-20T10:00:01"))
    assert (str(row.status), row.reason) == expected
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(Product.name)).one() == name


def test_what_only_they_have_changed_is_taken_though_ours_is_newer() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product(description="Old")))
    with tenant_session(shop.store_id) as session:
        session.scalars(select(Product)).one().name = "Ours"
    told = product(name="Theirs", description="New", price="14", date_modified_gmt="2026-11-20T10:00:01")
    _one(shop, "product.updated", told)
    with tenant_session(shop.store_id) as session:
        row, variant = session.scalars(select(Product)).one(), session.scalars(select(Variant)).one()
        assert (row.name, row.description, variant.price) == ("Ours", "New", Decimal(14))
        variant.price = Decimal(15)
    told |= {"regular_price": "16", "price": "16", "weight": "2", "date_modified_gmt": "2026-11-20T10:00:02"}
    _one(shop, "product.updated", told)
    with tenant_session(shop.store_id) as session:
        variant = session.scalars(select(Variant)).one()
        assert (variant.price, variant.weight) == (Decimal(15), Decimal(2))


def test_theirs_wins_over_an_older_change_of_ours() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product()))
    with tenant_session(shop.store_id) as session:
        session.scalars(select(Product)).one().name = "Ours"
    deliver(shop, woocommerce("product.updated", product(name="Theirs", date_modified_gmt="2099-01-01T00:00:00")))
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(Product.name)).one() == "Theirs"


def test_what_we_deleted_stays_deleted() -> None:
    from shared.soft_delete import soft_delete  # noqa: PLC0415 - used here alone

    shop = connect(
        conflict_resolution=ConflictResolution.PRIORITY_RULES, entity_overrides={"product": {"winner": "THEIRS"}}
    )
    deliver(shop, woocommerce("product.created", product()))
    with tenant_session(shop.store_id) as session:
        soft_delete(session, session.scalars(select(Product)).one())
    deliver(shop, woocommerce("product.updated", product(name="New", date_modified_gmt="2026-11-21T00:00:00")))
    assert snapshot(shop)["products"]["900"]["is_deleted"]


def test_a_deletion_of_another_type_is_ignored() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product()))
    for topic in ("coupon.deleted", "order.deleted"):
        assert _one(shop, topic, {"id": 900}).reason == "of_another_type"
    assert _one(shop, "product.deleted", {"id": 4711}).reason == "unknown"
    assert not snapshot(shop)["products"]["900"]["is_deleted"]


def test_deleted_restored_and_deleted_again() -> None:
    shop = connect()
    words = [
        woocommerce("product.created", product()),
        woocommerce("product.deleted", {"id": 900}, "first"),
        woocommerce("product.restored", product(date_modified_gmt="2026-11-21T00:00:00")),
        woocommerce("product.deleted", {"id": 900}, "second"),
    ]
    for order_of_words in (words, words[::-1], [words[2], words[0], words[3], words[1]]):
        shop = connect()
        deliver(shop, *order_of_words)
        assert snapshot(shop)["products"]["900"]["is_deleted"]
        assert snapshot(shop)["variants"]["900"]["is_deleted"]
    deliver(shop, woocommerce("product.restored", product(date_modified_gmt="2026-11-22T00:00:00")))
    assert not snapshot(shop)["variants"]["900"]["is_deleted"]


def test_customers_with_an_account_here_own_their_address() -> None:
    shop = connect()
    with tenant_session(shop.store_id) as session:
        known = {"password_hash": "$argon2id$x", "first_name": "Real", "last_name": None}
        session.add(Customer(email="c@example.com", **known))
    deliver(shop, woocommerce("customer.created", customer()))
    row = _one(shop, "customer.updated", customer(email="thief@example.com", date_modified_gmt="2099-01-01T00:00:00"))
    assert (row.status, row.reason) == (SyncQueueStatus.CONFLICT, "registered_email")
    with tenant_session(shop.store_id) as session:
        found = session.scalars(select(Customer)).one()
        assert (found.email, found.first_name, found.last_name) == ("c@example.com", "Real", "Das")
        assert found.password_hash == "$argon2id$x"


def test_what_waits_for_an_address_goes_on_once_it_is_free() -> None:
    shop = connect()
    deliver(shop, woocommerce("customer.created", customer(1, "a@example.com")))
    deliver(shop, woocommerce("customer.created", customer(2, "b@example.com")))
    taken = _one(shop, "customer.updated", customer(2, "a@example.com", date_modified_gmt="2026-11-21T00:00:00"))
    assert (taken.status, taken.reason) == (SyncQueueStatus.CONFLICT, "email_taken")
    deliver(
        shop, woocommerce("customer.updated", customer(1, "z@example.com", date_modified_gmt="2026-11-21T00:00:00"))
    )
    assert state(shop, taken.id).status == SyncQueueStatus.COMPLETED
    assert {*snapshot(shop)["customers"]} == {"z@example.com", "a@example.com"}


@pytest.mark.parametrize("last", [1, 2])
def test_a_guest_with_a_customers_new_address_is_the_customer(last: int) -> None:
    shop = connect()
    billing = {"email": "new@example.com", "first_name": "C", "address_1": "1", "city": "D", "country": "BD"}
    told = [
        woocommerce("customer.created", customer(5, "old@example.com")),
        woocommerce("order.created", order(701, billing=billing)),
        woocommerce("customer.updated", customer(5, "new@example.com", date_modified_gmt="2026-11-22T10:00:00")),
    ]
    told.insert(last, told.pop())
    deliver(shop, *told)
    found = snapshot(shop)
    assert list(found["customers"]) == ["new@example.com"]
    assert found["orders"]["701"]["customer"] == "5"
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(Customer.total_orders)).all() == [1]


def test_a_part_of_a_unit_is_a_line() -> None:
    shop, body = connect(), order(700, (900, 1), (901, 1), total="25.00")
    body["line_items"][0] |= {"quantity": 0.5, "subtotal": "6.25", "total": "6.25"}
    body["line_items"][1] |= {"quantity": "1.5", "subtotal": "18.75", "total": "18.75"}
    _one(shop, "order.created", body)
    with tenant_session(shop.store_id) as session:
        rows = session.scalars(select(OrderItem).order_by(OrderItem.subtotal)).all()
        assert [(row.quantity, float(row.subtotal), row.attributes) for row in rows] == [
            (1, 6.25, {"Quantity": "0.5"}),
            (2, 18.75, {"Quantity": "1.5"}),
        ]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_refund_that_was_deleted_is_gone(backwards: bool) -> None:
    shop = connect()
    line = {"quantity": -1, "total": "-4.00", "meta_data": [{"key": "_refunded_item_id", "value": "1"}]}
    given = [{"id": 800, "reason": "x", "total": "-4.00", "line_items": [line]}]
    told = [
        woocommerce("order.created", order(700)),
        woocommerce("order.updated", order(700, refunds=given, date_modified_gmt="2026-11-21T00:00:00")),
        woocommerce("order.updated", order(700, refunds=[], date_modified_gmt="2026-11-22T00:00:00")),
    ]
    deliver(shop, *told[: 1 if backwards else 2])
    if not backwards:
        assert snapshot(shop)["orders"]["700"]["refunds"] == [("4.000", "x")]
    deliver(shop, *(told[:0:-1] if backwards else told[2:]))
    found = snapshot(shop)["orders"]["700"]
    assert (found["refunds"], found["amount_refunded"], found["payment_status"]) == ([], "0.000", "PAID")
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(OrderItem.quantity_refunded)).all() == [0]


def test_coupons_are_limited_as_they_are_there() -> None:
    shop = connect()
    body = coupon(discount_type="fixed_product", amount="5", product_ids=[900], usage_limit="7", minimum_amount="20.00")
    assert _one(shop, "coupon.created", body).status == SyncQueueStatus.COMPLETED
    with tenant_session(shop.store_id) as session:
        row = session.scalars(select(Coupon)).one()
        assert (row.code, row.per_item, row.discount_value) == ("TEN", True, Decimal("5.000"))
        assert (row.usage_limit_per_coupon, row.min_order_value) == (7, Decimal("20.000"))
        limited = session.scalars(select(CouponProduct.product_id)).one()
    deliver(shop, woocommerce("product.created", product()))
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(Product.id)).one() == limited
    odd = _one(shop, "coupon.created", coupon(61, "odd", discount_type="smart_coupon"))
    assert (odd.status, odd.reason) == (SyncQueueStatus.CONFLICT, "unknown_discount")


def test_what_a_coupon_was_used_there_counts_beside_what_it_was_used_here() -> None:
    shop = connect()
    deliver(shop, woocommerce("coupon.created", coupon(usage_count=2, usage_limit=5)))
    with tenant_session(shop.store_id) as session:
        row = session.scalars(select(Coupon)).one()
        assert row.current_usage_count == 2
        row.current_usage_count += 1
    deliver(shop, woocommerce("coupon.updated", coupon(usage_count=4, date_modified_gmt="2099-01-01T00:00:00")))
    with tenant_session(shop.store_id) as session:
        assert session.scalars(select(Coupon.current_usage_count)).one() == 5


def test_what_comes_in_is_not_sent_back() -> None:
    shop, other = connect(), None
    with tenant_session(shop.store_id) as session:
        other = ExternalPlatformIntegration(platform="SHOPIFY", api_url="https://other.example", api_key="k")
        session.add(other)
    deliver(shop, woocommerce("product.created", product()), woocommerce("order.created", order()))
    with tenant_session(shop.store_id) as session:
        out = select(SyncQueue.integration_id).where(SyncQueue.direction == SyncDirection.OUTBOUND)
        assert {*session.scalars(out)} == {other.id}


def test_ledger_names_the_order() -> None:
    shop = connect()
    deliver(shop, woocommerce("product.created", product()), woocommerce("order.created", order()))
    with tenant_session(shop.store_id) as session:
        query = select(InventoryAdjustment.quantity_change, InventoryAdjustment.order_id, InventoryAdjustment.notes)
        lines = {tuple(line) for line in session.execute(query.execution_options(**{INCLUDE_DELETED: True}))}
        sold = session.scalars(select(Order.id)).one()
    assert lines == {(3, None, "as counted in WOOCOMMERCE"), (-1, sold, "order 700 in WOOCOMMERCE")}
