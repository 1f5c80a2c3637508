"""What a signed-in customer sees and changes: theirs, and nobody else's."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.models import Address, Customer, OrderItem
from shared.models.base import now
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import make_product, order_of, product_of, variant_of
from tests.functions.customers.shopping import change, make_customer, make_order, rows, shop_api, signed_in, token_of
from tests.functions.stores.people import make_shop
from tests.functions.stores.threads import with_each

HOME = {"first_name": "Ada", "address1": "1 Main St", "city": "Berlin", "postal_code": "10115", "country": "DE"}


def test_a_profile_is_changed_field_by_field(database: Database) -> None:
    shop = make_shop()
    token = signed_in(shop, last_name="Lovelace", phone="+49 30 1234")
    changed = shop_api(shop, "PATCH", "me", {"phone": None, "first_name": None, "language": "pl"}, token=token)
    assert (changed.status, changed.json["phone"], changed.json["first_name"]) == (200, None, "Ada")
    assert (changed.json["language"], changed.json["last_name"]) == ("pl", "Lovelace")
    stale = shop_api(shop, "PATCH", "me", {"phone": "+49 30 99"}, token=token, if_match='"1"')
    assert (stale.status, changed.headers["etag"]) == (412, '"2"')


@pytest.mark.parametrize("field", ["email", "is_tax_exempt", "total_spent", "password_hash"])
def test_what_is_not_the_customers_to_say_is_refused(database: Database, field: str) -> None:
    shop = make_shop()
    assert shop_api(shop, "PATCH", "me", {field: "x"}, token=signed_in(shop)).status == 422


def test_one_address_is_the_default(database: Database) -> None:
    shop = make_shop()
    token = signed_in(shop)
    made = [shop_api(shop, "POST", "me/addresses", HOME, token=token).json for _ in range(2)]
    assert [one["is_default"] for one in made] == [True, False]
    shop_api(shop, "PATCH", f"me/addresses/{made[1]['id']}", {"is_default": True}, token=token)
    found = shop_api(shop, "GET", "me/addresses", token=token).json["items"]
    assert [(one["id"], one["is_default"]) for one in found] == [(made[1]["id"], True), (made[0]["id"], False)]
    assert shop_api(shop, "DELETE", f"me/addresses/{made[1]['id']}", token=token).status == 204
    assert len(shop_api(shop, "GET", "me/addresses", token=token).json["items"]) == 1


def test_ten_who_become_the_default_at_once_leave_one(database: Database) -> None:
    shop = make_shop()
    token = signed_in(shop)
    answers = with_each(
        lambda _: shop_api(shop, "POST", "me/addresses", HOME | {"is_default": True}, token=token), range(10)
    )
    assert {answer.status for answer in answers} == {201}
    assert len(rows(Address, Address.is_default)) == 1


def test_a_repeated_post_with_its_key_makes_one_address_for_each_customer(database: Database) -> None:
    shop = make_shop()
    for token in (signed_in(shop), signed_in(shop)):
        made = [shop_api(shop, "POST", "me/addresses", HOME, token=token, idempotency_key="k") for _ in range(2)]
        assert [answer.status for answer in made] == [201, 201]
        assert len(shop_api(shop, "GET", "me/addresses", token=token).json["items"]) == 1


@pytest.mark.parametrize(
    "wrong", [{"country": "de"}, {"country": "DEU"}, {"city": " "}, {"postal_code": ""}, {"type": "HOME"}]
)
def test_an_address_that_cannot_be_is_refused(database: Database, wrong: dict[str, Any]) -> None:
    shop = make_shop()
    assert shop_api(shop, "POST", "me/addresses", HOME | wrong, token=signed_in(shop)).status == 422


def test_another_customers_things_look_like_none(database: Database) -> None:
    shop = make_shop()
    token, other_id = signed_in(shop), make_customer(shop)
    other = token_of(shop, other_id)
    address = shop_api(shop, "POST", "me/addresses", HOME, token=other).json["id"]
    wishlist = shop_api(shop, "POST", "me/wishlists", {}, token=other).json["id"]
    number = make_order(shop, other_id)
    for method, path, body in [
        ("GET", f"me/addresses/{address}", None),
        ("PATCH", f"me/addresses/{address}", {"city": "x"}),
        ("DELETE", f"me/addresses/{address}", None),
        ("GET", f"me/wishlists/{wishlist}", None),
        ("PATCH", f"me/wishlists/{wishlist}", {"is_public": True}),
        ("DELETE", f"me/wishlists/{wishlist}", None),
        ("POST", f"me/wishlists/{wishlist}/items", {"product": "x"}),
        ("GET", f"me/orders/{number}", None),
    ]:
        assert shop_api(shop, method, path, body, token=token).status == 404, (method, path)
    assert shop_api(shop, "GET", f"me/addresses/{address}", token=other).status == 200


def test_a_wishlist_is_private_until_its_owner_shows_it(database: Database) -> None:
    shop, foreign = make_shop(), make_shop()
    token = signed_in(shop)
    product_id = make_product(shop.id, slug="desk-lamp", name="Desk lamp")
    made = shop_api(shop, "POST", "me/wishlists", {"name": "Birthday"}, token=token).json
    for body in ({"product": "desk-lamp"}, {"product": product_id}):
        listed = shop_api(shop, "POST", f"me/wishlists/{made['id']}/items", body, token=token)
        assert (listed.status, len(listed.json["items"])) == (201, 1)
    assert shop_api(shop, "GET", f"wishlists/{made['id']}").status == 404
    shop_api(shop, "PATCH", f"me/wishlists/{made['id']}", {"is_public": True}, token=token)
    public = shop_api(shop, "GET", f"wishlists/{made['id']}")
    assert (public.status, set(public.json)) == (200, {"id", "name", "items"})
    assert [(item["slug"], item["price"]) for item in public.json["items"]] == [("desk-lamp", "10.00")]
    assert shop_api(foreign, "GET", f"wishlists/{made['id']}").status == 404
    assert public.headers["cache-control"] == "no-store"
    item = public.json["items"][0]["id"]
    assert shop_api(shop, "DELETE", f"me/wishlists/{made['id']}/items/{item}", token=token).status == 204
    assert shop_api(shop, "DELETE", f"me/wishlists/{made['id']}/items/{item}", token=token).status == 404
    assert shop_api(shop, "DELETE", f"me/wishlists/{made['id']}", token=token).status == 204
    assert shop_api(shop, "GET", "me/wishlists", token=token).json == {"items": []}


def test_what_a_deleted_customer_has_shown_is_gone(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    token = token_of(shop, customer_id)
    path = f"wishlists/{shop_api(shop, 'POST', 'me/wishlists', {'is_public': True}, token=token).json['id']}"
    assert shop_api(shop, "GET", path).status == 200
    change(Customer, customer_id, deleted_at=now())
    assert shop_api(shop, "GET", path).status == 404


def test_a_wishlist_knows_the_variant_and_shows_only_what_is_sold(database: Database) -> None:
    shop, foreign = make_shop(), make_shop()
    token, product, other = signed_in(shop), product_of(slug="tee"), make_product(foreign.id, slug="foreign")
    with tenant_session(shop.id) as session:
        session.add(product)
        session.flush()
        cheap, dear = variant_of(product.id), variant_of(product.id, price=Decimal("12.50"), is_default=False)
        session.add_all([cheap, dear, product_of(slug="draft", status="DRAFT", published_at=None)])
    path = f"me/wishlists/{shop_api(shop, 'POST', 'me/wishlists', {}, token=token).json['id']}/items"
    listed = shop_api(shop, "POST", path, {"product": "tee", "variant_id": dear.id}, token=token).json["items"]
    assert [(item["variant_id"], item["price"]) for item in listed] == [(dear.id, "12.50")]
    for body in ({"product": "draft"}, {"product": other}, {"product": "tee", "variant_id": "none"}):
        assert shop_api(shop, "POST", path, body, token=token).status == 404
    with tenant_session(shop.id) as session:
        session.get_one(type(product), product.id).status = "ARCHIVED"
    assert shop_api(shop, "GET", "me/wishlists", token=token).json["items"][0]["items"] == []


def test_the_same_product_put_on_a_list_at_once_is_there_once(database: Database) -> None:
    shop = make_shop()
    token = signed_in(shop)
    make_product(shop.id, slug="lamp")
    path = f"me/wishlists/{shop_api(shop, 'POST', 'me/wishlists', {}, token=token).json['id']}"
    with_each(lambda _: shop_api(shop, "POST", f"{path}/items", {"product": "lamp"}, token=token), range(5))
    assert len(shop_api(shop, "GET", path, token=token).json["items"]) == 1


def test_a_history_is_paged_newest_first(database: Database) -> None:
    shop = make_shop(currency="JPY")
    customer_id = make_customer(shop)
    token = token_of(shop, customer_id)
    numbers = [
        make_order(shop, customer_id, created_at=now() - timedelta(hours=5 - age), total=Decimal(age))
        for age in range(5)
    ]
    make_order(shop, make_customer(shop))
    make_order(shop, None)
    seen, cursor = [], ""
    while True:
        page = shop_api(shop, "GET", f"me/orders?limit=2{cursor}", token=token).json
        seen += [(order["order_number"], order["total"], order["currency"]) for order in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [(number, str(age), "JPY") for age, number in reversed(list(enumerate(numbers)))]


def test_an_order_is_shown_with_its_lines(database: Database) -> None:
    shop = make_shop()
    customer_id = make_customer(shop)
    with tenant_session(shop.id) as session:
        product = product_of()
        session.add(product)
        session.flush()
        variant, order = variant_of(product.id), order_of(customer_id=customer_id)
        session.add_all([variant, order])
        session.flush()
        facts = {"product_name": "Lamp", "variant_sku": "L-1", "unit_price": Decimal("5.00")}
        line = OrderItem(order_id=order.id, variant_id=variant.id, quantity=2, subtotal=Decimal("10.00"), **facts)
        session.add(line)
    shown = shop_api(shop, "GET", f"me/orders/{order.order_number}", token=token_of(shop, customer_id)).json
    assert (shown["total"], shown["shipping_cost"], shown["shipments"]) == ("10.00", "0.00", [])
    assert [(line["product_name"], line["quantity"], line["unit_price"]) for line in shown["items"]] == [
        ("Lamp", 2, "5.00")
    ]
