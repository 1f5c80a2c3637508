"""What WooCommerce tells without a time of its own: the shop is asked, and what it says is what stays."""

import random

import pytest
from sqlalchemy import select

from functions.sync.runs import asking
from shared.models import Coupon, Product
from shared.tenancy import tenant_session
from shared.tenant_session import INCLUDE_DELETED
from tests.functions.sync.connected import deliver
from tests.functions.sync.connected import woocommerce as delivery_of
from tests.functions.sync.outbound.both import Both


@pytest.fixture
def told(both: Both) -> Both:
    """A shop that tells of coupons and of what is restored too."""
    for topic in ("coupon.created", "coupon.updated", "product.restored"):
        both.shop.add("webhooks", topic=topic, delivery_url="https://us.example", secret="s")
    return both


def amounts(both: Both) -> list[float]:
    with tenant_session(both.store_id) as session:
        return [float(one) for one in session.scalars(select(Coupon.discount_value))]


def test_each_edit_of_a_coupon_is_taken_though_its_time_stands_still(told: Both) -> None:
    coupon = told.shop.add("coupons", code="ten", amount="10.00", discount_type="percent")
    told.echo()
    for amount in range(11, 17):
        told.shop.edit("coupons", coupon["id"], amount=f"{amount}.00")
        told.echo()
        assert amounts(told) == [amount]


@pytest.mark.parametrize("seed", range(3))
def test_edits_of_a_coupon_in_any_order_end_in_the_last(told: Both, seed: int) -> None:
    coupon = told.shop.add("coupons", code="ten", amount="10.00", discount_type="percent")
    sent = told.shop.deliveries()
    for amount in (12, 9, 14):
        told.shop.edit("coupons", coupon["id"], amount=f"{amount}.00", usage_count=amount % 2)
        sent += told.shop.deliveries()
    random.Random(seed).shuffle(sent)  # noqa: S311 - a seed that can be named
    deliver(told.here, *(delivery_of(one.topic, one.body) for one in sent))
    assert amounts(told) == [14]


def test_a_shop_that_does_not_answer_is_left_alone_for_a_while(told: Both) -> None:
    coupon = told.shop.add("coupons", code="ten", amount="10.00", discount_type="percent")
    told.echo()
    told.shop.faults.down = True
    for amount in ("11.00", "12.00", "13.00"):
        told.shop.edit("coupons", coupon["id"], amount=amount)
        told.echo()
    assert len(set(told.shop.refused)) == 1
    assert len(told.shop.refused) <= 3
    asking._left_alone.clear()
    told.shop.faults.down = False
    told.shop.edit("coupons", coupon["id"], amount="14.00")
    told.echo()
    assert amounts(told) == [14]


def test_what_lives_though_its_restoral_was_lost_is_here_at_its_next_edit(told: Both) -> None:
    product = told.shop.add("products", name="Mug", sku="MUG", regular_price="5")
    told.echo()
    told.shop.trash("products", product["id"])
    told.echo()
    told.shop.restore("products", product["id"])
    told.shop.lose()
    told.shop.edit("products", product["id"], name="Mug again")
    told.echo()
    with tenant_session(told.store_id) as session:
        row = session.scalars(select(Product).execution_options(**{INCLUDE_DELETED: True})).one()
        assert (row.name, row.deleted_at) == ("Mug again", None)
