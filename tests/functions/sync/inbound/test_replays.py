"""A recorded run of WooCommerce ends in one state, in whatever order and however often its deliveries come."""

import random
from typing import Any

import pytest

from functions.sync.handler import handler
from shared.stock import differences
from shared.tenancy import tenant_session
from tests.functions.sync.connected import Recorded, connect, deliver, message, recordings, snapshot, states

pytestmark = pytest.mark.usefixtures("database")


def _replayed(order: list[Recorded]) -> dict[str, Any]:
    shop = connect()
    deliver(shop, *order)
    undone = [one for one in states(shop) if one[1] != "COMPLETED"]
    assert undone == []
    with tenant_session(shop.store_id) as session:
        assert differences(session) == []
    return snapshot(shop)


_kept: dict[str, Any] = {}


@pytest.fixture
def expected() -> dict[str, Any]:
    """What the recorded order ends in; reckoned once."""
    if not _kept:
        _kept.update(_replayed(recordings()))
    return _kept


def _shuffled(seed: int) -> list[Recorded]:
    # Not security: a seed that can be named.
    chance = random.Random(seed)  # noqa: S311
    order = [one for one in recordings() for _ in range(chance.randint(1, 3))]
    chance.shuffle(order)
    return order


def test_in_recorded_order_it_is_what_the_shop_says() -> None:
    found = _replayed(recordings())
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for one in recordings():
        content = one.content
        if "date_modified_gmt" in content:
            latest[one.topic.partition(".")[0], str(content["id"])] = content
    for (kind, external_id), body in latest.items():
        if kind == "product":
            variant = found["variants"].get(external_id)
            if variant is not None:
                assert (variant["sku"], variant["stock_quantity"]) == (body["sku"], body["stock_quantity"])
                assert float(variant["price"]) == float(body["price"])
                assert not variant["is_deleted"]
            if body["type"] != "variation":
                assert found["products"][external_id]["name"] == body["name"]
                assert not found["products"][external_id]["is_deleted"]
        elif kind == "order":
            assert float(found["orders"][external_id]["total"]) == float(body["total"])
            assert not found["orders"][external_id]["is_deleted"]
        elif kind == "coupon":
            assert float(found["coupons"][external_id]["discount_value"]) == float(body["amount"])
            assert not found["coupons"][external_id]["is_deleted"]


def test_the_other_way_round(expected: dict[str, Any]) -> None:
    assert _replayed(recordings()[::-1]) == expected


@pytest.mark.parametrize("seed", range(10))
def test_shuffled_and_more_than_once(seed: int, expected: dict[str, Any]) -> None:
    assert _replayed(_shuffled(seed)) == expected


def test_each_is_applied_once(expected: dict[str, Any]) -> None:
    shop = connect()
    rows = deliver(shop, *recordings())
    assert handler({"Records": [message(shop, row) for row in rows]}, None) == {"batchItemFailures": []}
    assert snapshot(shop) == expected
