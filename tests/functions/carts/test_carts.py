"""Carts: whose they are, what goes in, and what they say of it."""

from datetime import datetime, timedelta

import time_machine

from shared.models.base import now
from tests.api import api
from tests.conftest import Database
from tests.functions.carts.shopping import ADDRESS, Cart, admin, fill, goods, level, open_shop, ready
from tests.functions.stores.people import make_shop


def in_days(days: int) -> datetime:
    """So many days from now."""
    return now() + timedelta(days=days)


def test_a_cart_is_its_holders_alone(either: Database) -> None:
    shop, other = open_shop(), make_shop()
    cart, stranger = fill(shop, (goods(shop), 1)), fill(shop)
    nobody = Cart(shop, cart.id)
    elsewhere = Cart(other, cart.id, cart.headers)
    thief = Cart(shop, cart.id, stranger.headers)

    for who in (nobody, elsewhere, thief):
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/quote", None),
            ("POST", "/items", {"variant_id": "x"}),
            ("PUT", "/addresses", {"shipping_address": ADDRESS}),
            ("DELETE", "", None),
        ):
            assert who.ask(method, path, body).status == 404, (method, path)
    assert len(cart.ask("GET").json["items"]) == 1


def test_units_of_one_variant_are_one_line(either: Database) -> None:
    shop = open_shop()
    lamp = goods(shop, stock=3)
    cart = fill(shop, (lamp, 1), (lamp, 1))
    cart.ask("POST", "/items", {"variant_id": lamp, "quantity": 2})
    [line] = cart.ask("GET").json["items"]
    assert (line["quantity"], line["available"], line["unit_price"]) == (4, 3, "10.00")
    assert cart.quote()["problems"][0]["code"] == "not_enough_stock"

    assert cart.ask("PATCH", f"/items/{line['id']}", {"quantity": 3}).json["items"][0]["quantity"] == 3
    assert cart.ask("PATCH", f"/items/{line['id']}", {"quantity": 0}).status == 422
    assert cart.ask("DELETE", f"/items/{line['id']}").status == 204
    assert cart.ask("DELETE", f"/items/{line['id']}").status == 404
    assert cart.ask("GET").json["items"] == []


def test_what_is_not_sold_does_not_go_in(either: Database) -> None:
    shop, other = open_shop(), make_shop()
    draft, theirs = goods(shop, status="DRAFT"), goods(other)
    cart = fill(shop)

    for variant in (draft, theirs, "nothing"):
        answer = cart.ask("POST", "/items", {"variant_id": variant})
        assert (answer.status, answer.json["errors"][0]["loc"]) == (422, ["variant_id", variant])
    assert api("POST", "/v1/storefront/carts", {"items": [{"variant_id": draft}]}, x_store=shop.slug).status == 422


def test_a_cart_has_fifty_lines_at_most(database: Database) -> None:
    shop = open_shop()
    variants = [{"price": "1", "options": {"Size": str(n)}} for n in range(51)]
    options = [{"name": "Size", "values": [str(n) for n in range(51)]}]
    body = {"name": "Socks", "status": "ACTIVE", "options": options, "variants": variants}
    ids = [variant["id"] for variant in admin(shop, "POST", "/v1/products", body)["variants"]]
    cart = fill(shop, *[(variant, 1) for variant in ids[:50]])

    assert cart.ask("POST", "/items", {"variant_id": ids[50]}).json["code"] == "too_many_lines"
    assert cart.ask("POST", "/items", {"variant_id": ids[0], "quantity": 10_000}).json["code"] == "too_many_units"


def test_what_is_sold_no_more_is_said_and_keeps_the_rest_from_nothing(either: Database) -> None:
    shop = open_shop()
    lamp, desk = goods(shop), goods(shop, "20", name="Desk")
    cart = ready(shop, (lamp, 1), (desk, 1))
    product = next(row["id"] for row in admin(shop, "GET", "/v1/products")["items"] if row["name"] == "Lamp")
    admin(shop, "PATCH", f"/v1/products/{product}", {"status": "ARCHIVED"})

    quote = cart.quote()

    assert [(one["code"], one["variant_id"]) for one in quote["problems"]] == [("not_sold", lamp)]
    assert [line["variant_id"] for line in quote["lines"]] == [desk]
    assert [line["name"] for line in cart.ask("GET").json["items"]] == [None, "Desk"]


def test_a_code_that_does_not_count_is_refused_with_why(either: Database) -> None:
    shop = open_shop()
    coupon = {"code": "BIG", "name": "Big", "discount_type": "FIXED_AMOUNT", "discount_value": "5"}
    admin(shop, "POST", "/v1/coupons", coupon | {"min_order_value": "50"})
    cart = ready(shop, (goods(shop), 1))

    refused = {code: cart.ask("POST", "/coupons", {"code": code}).json["code"] for code in ("BIG", "NONE")}

    assert refused == {"BIG": "coupon_minimum_not_met", "NONE": "coupon_unknown"}
    assert cart.ask("GET").json["coupons"] == []
    cart.ask("POST", "/items", {"variant_id": goods(shop, "60")})
    assert cart.ask("POST", "/coupons", {"code": "big"}).json["discount"] == "5.00"
    assert cart.ask("POST", "/coupons", {"code": "BIG"}).json["code"] == "coupon_already_applied"
    assert cart.ask("DELETE", "/coupons/big").status == 204
    assert cart.ask("DELETE", "/coupons/big").status == 404


def test_no_zone_no_checkout(either: Database) -> None:
    shop = open_shop()
    cart = fill(shop, (goods(shop), 1))
    cart.ask("PUT", "/addresses", {"shipping_address": ADDRESS | {"country": "FR"}, "email": "a@example.com"})

    options = cart.ask("GET", "/shipping-options").json
    assert (options["items"], options["code"]) == ([], "no_shipping_zone")
    assert cart.ask("PUT", "/shipping-option", {"shipping_rate_id": "none"}).json["code"] == "shipping_option_unknown"
    assert cart.order().json["errors"][0]["message"] == options["message"]


def test_a_cart_expires_thirty_days_after_its_last_change(database: Database) -> None:
    shop = open_shop()
    lamp = goods(shop)
    cart = fill(shop, (lamp, 1))

    with time_machine.travel(in_days(29), tick=False):
        assert cart.ask("POST", "/items", {"variant_id": lamp}).status == 201
    with time_machine.travel(in_days(58), tick=False):
        assert cart.ask("GET").status == 200
    with time_machine.travel(in_days(60), tick=False):
        assert cart.ask("GET").status == 404
    assert level(shop, lamp) == (10, 0)
