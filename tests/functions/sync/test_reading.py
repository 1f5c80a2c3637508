"""Bodies that lie about their types are read, or refused with a reason; nothing else is raised."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.sync import coercing
from functions.sync.entities import ExternalVariant, UnreadableError
from functions.sync.hashing import content_hash
from functions.sync.shopify import orders as shopify_orders
from functions.sync.shopify import reading as shopify
from functions.sync.woocommerce import orders as woocommerce_orders
from functions.sync.woocommerce import reading as woocommerce
from shared.models.enums import OrderStatus, PaymentStatus, ProductStatus
from tests.functions.sync.bodies import coupon, customer, order, product, shopify_product
from tests.functions.sync.connected import recordings

_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=True)
    | st.sampled_from(
        ["", "12", "0", "-1", "1e400", "NaN", "parent", "yes", "২", "\x00", "\ud800", "2026-13-40T00:00:00"]
    )
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "0", "key"]), inner, max_size=3)
    ),
    max_leaves=5,
)
_READERS: list[tuple[Any, dict[str, Any]]] = [
    (woocommerce.read_product, product()),
    (woocommerce.read_product, product(type="variation", parent_id=3)),
    (woocommerce.read_customer, customer()),
    (woocommerce.read_coupon, coupon()),
    (woocommerce_orders.read_order, order(700, (900, 1), refunds=[{"id": 1, "total": "-5.00"}])),
    (shopify.read_product, shopify_product()),
    (shopify.read_stock, {"inventory_item_id": 1, "location_id": 2, "available": 3, "updated_at": None}),
    (shopify.read_item, {"id": 1, "sku": "A", "cost": "1.00", "tracked": True}),
    (shopify.read_customer, {"id": 1, "email": "a@example.com", "default_address": {"zip": "1"}}),
    (
        shopify_orders.read_order,
        {"id": 1, "currency": "USD", "total_price": "5.00", "line_items": [{"id": 2, "quantity": 1, "price": "5.00"}]},
    ),
    (shopify_orders.read_refund, {"id": 1, "order_id": 2, "refund_line_items": [{"line_item_id": 1, "quantity": 1}]}),
]


@pytest.mark.parametrize(("read", "body"), _READERS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_value_in_any_place(read: Any, body: dict[str, Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(body))
    for _ in range(data.draw(st.integers(1, 3))):
        target: Any = changed
        lines = [one for key in ("line_items", "variants", "refunds") for one in coercing.objects(changed.get(key))]
        if lines and data.draw(st.booleans()):
            target = lines[0]
        if not isinstance(target, dict) or not target:
            continue
        target[data.draw(st.sampled_from(sorted(target)))] = data.draw(_ANYTHING)
    try:
        entity = read(changed)
    except UnreadableError:
        return
    assert len(content_hash(entity)) == 64
    assert "\x00" not in repr(entity)


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=40) | _ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_any_bytes(raw: bytes) -> None:
    try:
        body = coercing.parsed(raw)
    except UnreadableError:
        return
    assert isinstance(body, dict)


@pytest.mark.parametrize(
    ("given_values", "expected"),
    [
        ({"sku": 123}, {"sku": "123"}),
        ({"stock_quantity": "12"}, {"stock": 12, "manage_stock": True}),
        ({"stock_quantity": ""}, {"stock": None, "manage_stock": False}),
        ({"manage_stock": "parent", "stock_quantity": 4}, {"stock": 4, "manage_stock": True}),
        ({"manage_stock": False, "stock_status": "outofstock"}, {"stock": 0, "manage_stock": True}),
        ({"manage_stock": "no", "stock_quantity": 9}, {"stock": None, "manage_stock": False}),
        ({"stock_quantity": -3}, {"stock": 0}),
        ({"price": "", "regular_price": "", "sale_price": "", "on_sale": True}, {"price": None}),
        ({"price": 4500.5, "regular_price": 5000}, {"price": Decimal("4500.5"), "compare_at_price": Decimal(5000)}),
        ({"weight": "0.8", "dimensions": "none"}, {"weight": Decimal("0.800"), "length": None}),
    ],
)
def test_values_that_lie(given_values: dict[str, Any], expected: dict[str, Any]) -> None:
    found = woocommerce.read_product(product(**given_values))
    variant = found if isinstance(found, ExternalVariant) else (found.variants or ())[0]
    assert {name: getattr(variant, name) for name in expected} == expected


def test_names_that_wordpress_keeps_as_html() -> None:
    named = {"id": 5, "name": "Food &amp; Drink", "slug": "food-drink"}
    found = woocommerce.read_product(product(categories=[named], brands=[named]))
    assert [one.name for one in found.categories or ()] == ["Food & Drink"]
    assert found.brand == "Food & Drink"


def test_variations_as_objects() -> None:
    found = woocommerce.read_product(product(type="variable", variations={"0": {"id": 5}, "1": 6}))
    assert not isinstance(found, ExternalVariant)
    assert found.variant_ids == ("5", "6")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"code": "woocommerce_rest_shop_coupon_invalid_id", "message": "Invalid ID."}, "error_body"),
        ([], "not_an_object"),
        ({"id": 0, "name": "x"}, "no_id"),
        ({"id": 5}, "wrong_resource"),
        (product(price="twelve"), "not_an_amount"),
        (product(price="-1"), "negative_amount"),
        (product(price="1e30"), "amount_out_of_range"),
    ],
)
def test_bodies_that_say_nothing(body: Any, reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        woocommerce.read_product(body)
    assert caught.value.reason == reason


def test_ids_beyond_what_a_float_holds() -> None:
    raw = json.dumps(shopify_product()).encode()
    found = shopify.read_product(coercing.parsed(raw))
    assert found.external_id == "9207199254740993"
    assert [one.inventory_item_id for one in found.variants or ()] == ["9107199254740993", "9107199254740994"]
    assert coercing.identity("gid://shopify/Product/9207199254740993") == "9207199254740993"


def test_a_product_of_shopify() -> None:
    found = shopify.read_product(
        shopify_product(options=[], variants=[{"id": 1, "option1": "Default Title", "price": "5"}])
    )
    assert (found.type, found.status, found.description) == ("simple", ProductStatus.ACTIVE, "")
    assert found.images is not None
    assert found.images[0].url == "https://cdn.example.com/tee.png"
    sized = shopify.read_product(shopify_product())
    assert sized.updated_at == datetime(2026, 11, 20, 14, tzinfo=UTC)
    assert [(one.options, one.weight) for one in sized.variants or ()] == [
        ((("Size", "S"),), Decimal("0.200")),
        ((("Size", "M"),), Decimal("0.200")),
    ]


def test_an_order_of_woocommerce_adds_up() -> None:
    found = woocommerce_orders.read_order(next(one.content for one in recordings() if one.topic == "order.created"))
    sums = found.subtotal - found.discount + found.shipping + found.fees + found.tax
    assert sums == found.total
    assert (found.status, found.payment, found.takes_stock) == (OrderStatus.PENDING, PaymentStatus.PENDING, False)


def test_an_echo_has_the_hash_of_what_was_sent() -> None:
    first = woocommerce.read_product(product(price="12.5"))
    later = woocommerce.read_product(product(price="12.50", date_modified_gmt="2027-01-01T00:00:00"))
    other = woocommerce.read_product(product(price="12.51"))
    assert content_hash(first) == content_hash(later) != content_hash(other)
