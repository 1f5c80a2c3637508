"""From a cart to an order: at the prices that were seen, once, with the stock held and everything written down."""

from decimal import Decimal
from typing import Any

from sqlalchemy import event, func, select

from shared.database import function_engine
from shared.models import (
    CartItem,
    Coupon,
    CouponRedemption,
    IdempotencyKey,
    Order,
    OrderItem,
    OutboxEvent,
    Payment,
    StockReservation,
)
from shared.stock import differences
from shared.tenancy import tenant_session
from tests.api import deliver_mails
from tests.aws import Mailbox
from tests.calls import counted
from tests.conftest import Database
from tests.functions.carts.shopping import ADDRESS, admin, fill, goods, level, open_shop, ready
from tests.functions.stores.people import Shop
from tests.functions.stores.threads import together, with_each


def _count(shop: Shop, model: Any) -> int:
    with tenant_session(shop.id) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def _coupon(shop: Shop, **given: Any) -> None:
    body = {"code": "TEN", "name": "Ten", "discount_type": "PERCENTAGE", "discount_value": "10"}
    admin(shop, "POST", "/v1/coupons", body | given)


def test_a_guest_walks_from_the_shelf_to_the_order(either: Database) -> None:
    shop = open_shop()
    lamp, desk = goods(shop, "19.99"), goods(shop, "100.00", name="Desk")
    _coupon(shop)
    cart = fill(shop, (lamp, 2))
    assert cart.ask("POST", "/items", {"variant_id": desk}).status == 201
    assert [one["code"] for one in cart.quote()["problems"]] == ["address_missing"]
    cart.ask("PUT", "/addresses", {"shipping_address": ADDRESS, "email": "ada@example.com"})
    assert [one["code"] for one in cart.quote()["problems"]] == ["shipping_missing"]
    [option] = cart.ask("GET", "/shipping-options").json["items"]
    cart.ask("PUT", "/shipping-option", {"shipping_rate_id": option["id"]})
    quote = cart.ask("POST", "/coupons", {"code": "ten"}).json

    assert (quote["subtotal"], quote["discount"], quote["shipping_cost"]) == ("139.98", "14.00", "5.00")
    assert (quote["tax"], quote["total"], quote["problems"]) == ("24.89", "155.87", [])
    answer = cart.order(quote["fingerprint"])
    assert answer.status == 201, answer.text
    order = answer.json
    assert (order["order_number"], order["total"], order["status"]) == ("ORD-1001", "155.87", "PENDING")
    assert (level(shop, lamp), level(shop, desk)) == ((10, 2), (10, 1))
    assert cart.ask("GET").status == 404, "what was ordered is no cart any more"
    with tenant_session(shop.id) as session:
        row = session.scalars(select(Order)).one()
        lines = session.scalars(select(OrderItem)).all()
        assert row.subtotal - row.discount_amount + row.shipping_cost + row.tax_amount == row.total
        assert sum((line.subtotal for line in lines), Decimal(0)) == row.subtotal
        assert sum((line.tax_amount for line in lines), Decimal(0)) + row.shipping_tax == row.tax_amount
        assert session.scalars(select(Payment.amount)).one() == row.total
        assert session.scalars(select(Coupon.current_usage_count)).one() == 1
        [mail] = session.scalars(select(OutboxEvent).where(OutboxEvent.topic == "shop_mail"))
        assert (mail.payload["template"], mail.payload["recipient"]) == ("order_placed", "ada@example.com")
        assert differences(session) == []


def test_an_order_is_confirmed_by_one_mail(database: Database, mailbox: Mailbox) -> None:
    shop = open_shop(name="Lamps & Co")
    cart = ready(shop, (goods(shop, "19.99"), 2))
    quote = cart.quote()
    for _ in range(2):
        assert cart.order(quote["fingerprint"], key="once").status == 201
    deliver_mails()
    deliver_mails()

    [mail] = mailbox.mails("ada@example.com")
    assert "ORD-1001" in mail.subject
    for told in ("Lamp", "39.98", quote["total"]):
        assert told in mail.text, mail.text


def test_what_is_not_as_quoted_is_told_with_the_new_quote_and_changes_nothing(database: Database) -> None:
    shop = open_shop()
    product = {"name": "Lamp", "status": "ACTIVE", "variants": [{"price": "10", "stock_quantity": 5}]}
    made = admin(shop, "POST", "/v1/products", product)
    variant = made["variants"][0]["id"]
    cart = ready(shop, (variant, 2))
    seen = cart.quote()
    admin(shop, "PATCH", f"/v1/products/{made['id']}/variants/{variant}", {"price": "12"})

    dearer = cart.order(seen["fingerprint"])
    assert (dearer.status, dearer.json["code"], dearer.json["quote"]["total"]) == (409, "quote_changed", "34.51")
    admin(
        shop,
        "POST",
        "/v1/inventory/adjustments",
        {"reason": "DAMAGE", "changes": [{"variant_id": variant, "quantity": -4}]},
    )
    short = cart.order(dearer.json["quote"]["fingerprint"])
    assert (short.status, short.json["code"]) == (409, "not_enough_stock")
    assert short.json["errors"][0]["loc"] == ["variant_id", variant]
    assert (level(shop, variant), _count(shop, Order), _count(shop, CartItem)) == ((1, 0), 0, 1)


def test_an_order_needs_a_key_an_address_and_a_mail(database: Database) -> None:
    shop = open_shop()
    cart = fill(shop, (goods(shop), 1))
    body = {"fingerprint": "0" * 64, "payment_method": "CASH_ON_DELIVERY"}

    without = cart.ask("POST", "/checkout", body)
    assert (without.status, without.json["code"]) == (400, "idempotency_key_required")
    assert cart.order().json["errors"][0]["loc"] == ["body", "email"]
    assert cart.order(email="ada@example.com").json["quote"]["problems"][0]["code"] == "address_missing"
    assert cart.order(payment_method="CREDIT_CARD").status == 422
    assert _count(shop, Order) == 0


def test_forty_at_once_who_want_the_last_ten_get_ten(database: Database) -> None:
    shop = open_shop()
    lamp = goods(shop, stock=10)
    carts = [ready(shop, (lamp, 1), email=f"c{number}@example.com") for number in range(40)]
    seen = [cart.quote()["fingerprint"] for cart in carts]

    answers = together(*[lambda c=cart, f=found: c.order(f) for cart, found in zip(carts, seen, strict=True)])

    assert sorted(answer.status for answer in answers) == [201] * 10 + [409] * 30
    assert {answer.json["code"] for answer in answers if answer.status == 409} == {"not_enough_stock"}
    assert level(shop, lamp) == (10, 10)
    numbers = sorted(answer.json["order_number"] for answer in answers if answer.status == 201)
    assert numbers == [f"ORD-{number}" for number in range(1001, 1011)]
    with tenant_session(shop.id) as session:
        held = select(func.count(StockReservation.order_id.distinct()))
        assert (session.scalar(held), differences(session)) == (10, [])


def test_two_variants_bought_in_opposite_order_deadlock_nobody(database: Database) -> None:
    shop = open_shop()
    first, second = goods(shop, stock=100), goods(shop, stock=100)
    carts = [ready(shop, *([(first, 1), (second, 1)] if n % 2 else [(second, 1), (first, 1)])) for n in range(20)]

    answers = with_each(lambda cart: cart.order(), carts)

    assert [answer.status for answer in answers] == [201] * 20
    assert (level(shop, first), level(shop, second)) == ((100, 20), (100, 20))


def test_one_key_sent_twenty_times_at_once_is_one_order(database: Database) -> None:
    shop = open_shop()
    lamp = goods(shop, stock=100)
    cart = ready(shop, (lamp, 3))
    seen = cart.quote()["fingerprint"]

    answers = with_each(lambda _: cart.order(seen, key="once"), range(20))

    made = [answer for answer in answers if answer.status == 201]
    assert {answer.status for answer in answers} <= {201, 409}
    assert len({answer.json["id"] for answer in made}) == 1
    again = cart.order(seen, key="once")
    assert (again.status, again.headers["idempotent-replayed"], again.json) == (201, "true", made[0].json)
    assert cart.order(seen, key="once", notes="another").status == 422
    assert (_count(shop, Order), level(shop, lamp)) == (1, (100, 3))


def test_whoever_holds_no_token_is_not_told_what_a_key_made(database: Database) -> None:
    shop = open_shop()
    cart = ready(shop, (goods(shop), 1))
    seen = cart.quote()["fingerprint"]
    assert cart.order(seen, key="mine").status == 201

    cart.headers = {}
    assert cart.order(seen, key="mine").status == 404


def test_a_crash_before_the_commit_leaves_no_order_no_stock_taken_and_the_key_free(database: Database) -> None:
    shop = open_shop()
    lamp = goods(shop)
    cart = ready(shop, (lamp, 1))
    seen = cart.quote()["fingerprint"]

    def fall(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO idempotency_keys"):
            raise RuntimeError("the machine is gone")

    event.listen(function_engine(), "before_cursor_execute", fall)
    try:
        assert cart.order(seen, key="once").status == 500
    finally:
        event.remove(function_engine(), "before_cursor_execute", fall)
    assert (_count(shop, Order), _count(shop, IdempotencyKey), level(shop, lamp)) == (0, 0, (10, 0))
    assert cart.order(seen, key="once").status == 201


def test_a_coupon_for_five_is_used_five_times_by_thirty_at_once(database: Database) -> None:
    shop = open_shop()
    lamp = goods(shop, stock=100)
    _coupon(shop, usage_limit_per_coupon=5)
    carts = [ready(shop, (lamp, 1), email=f"c{number}@example.com") for number in range(30)]
    for cart in carts:
        assert cart.ask("POST", "/coupons", {"code": "TEN"}).status == 201
    seen = [cart.quote()["fingerprint"] for cart in carts]

    answers = together(*[lambda c=cart, f=found: c.order(f) for cart, found in zip(carts, seen, strict=True)])

    assert sorted(answer.status for answer in answers) == [201] * 5 + [409] * 25
    told = [answer.json["quote"]["refused_coupons"][0]["reason"] for answer in answers if answer.status == 409]
    assert told == ["coupon_usage_limit_reached"] * 25
    assert (_count(shop, CouponRedemption), _count(shop, Order)) == (5, 5)


def test_a_checkout_takes_as_many_statements_for_one_line_as_for_thirty(database: Database) -> None:
    shop = open_shop()
    # The first order of a store begins its numbers, that of a guest makes a customer.
    assert ready(shop, (goods(shop), 1)).order().status == 201
    sent = []
    for lines in (1, 30):
        cart = ready(shop, *[(goods(shop), 1) for _ in range(lines)])
        seen = cart.quote()["fingerprint"]
        with counted(function_engine()) as statements:
            assert cart.order(seen).status == 201
        sent.append(len(statements))

    assert sent[0] == sent[1] <= 60, sent
