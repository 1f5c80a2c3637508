"""Imports and comparisons of a Shopify shop: all that it has, within its rules, and what no webhook told of."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from functions.sync.shopify import listing
from shared.models import Customer, Order, OrderItem, Product, Refund, SyncRun, Variant
from shared.models.base import now
from shared.models.enums import OrderStatus, PaymentStatus, SyncRunKind, SyncRunStatus
from shared.tenancy import tenant_session
from tests.functions.sync.outbound.both import ShopifyBoth
from tests.functions.sync.outbound.test_runs import begin, go
from tests.standins.shopify_lists import line, money, refund


@pytest.fixture
def both(pair: ShopifyBoth) -> ShopifyBoth:
    listing._sizes.clear()
    return pair


def _ago(minutes: float) -> str:
    """A time since which comparisons look: from a quarter of an hour before the shop was connected."""
    return (now() - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _compare(both: ShopifyBoth) -> SyncRun:
    done = go(both, begin(both, SyncRunKind.RECONCILIATION))
    assert done.status is SyncRunStatus.COMPLETED, done.error
    return done


def test_an_import_of_many_stays_within_the_bucket_and_is_resumed(both: ShopifyBoth) -> None:
    for number in range(0, 600, 10):
        both.there.put_product(1000 + number, f"S-{number}")
    both.there.put_customer(5, "c@example.com")
    both.there.maximum, both.there.available, both.there.restore_rate, both.there.cost = 100, 100, 400, 30
    run_id = begin(both, SyncRunKind.IMPORT)
    half = go(both, run_id, lambda: False)
    assert (half.status, half.seen, half.total) == (SyncRunStatus.RUNNING, 20, 60)
    done = go(both, run_id)
    assert (done.status, done.seen, done.total, done.created_count) == (SyncRunStatus.COMPLETED, 61, 61, 61)
    assert both.there.violations == 0
    with tenant_session(both.store_id) as session:
        assert {row.stock_quantity for row in session.scalars(select(Variant))} == {5}


def test_a_page_that_costs_too_much_is_asked_for_by_halves(both: ShopifyBoth) -> None:
    for number in range(0, 120, 10):
        both.there.put_product(1000 + number, f"S-{number}")
    both.there.most_first = 7
    done = go(both, begin(both, SyncRunKind.IMPORT))
    assert (done.status, done.created_count) == (SyncRunStatus.COMPLETED, 12)
    asked = [given["first"] for root, given in both.there.calls if root == "products"]
    assert asked == [20, 10, 5, 5, 5]


def test_a_comparison_finds_orders_customers_refunds_and_stock_that_no_webhook_told_of(both: ShopifyBoth) -> None:
    product = both.there.put_product(1000, "MUG", updatedAt=_ago(5))
    variant, item = product["variants"]["nodes"][0]["id"], product["variants"]["nodes"][0]["inventoryItem"]["id"]
    both.there.put_customer(5, "c@example.com", updatedAt=_ago(5))
    sold = line(1, variant, 2, product={"id": product["id"]}, sku="MUG")
    given = {"updatedAt": _ago(5), "createdAt": _ago(5), "customer": {"id": "gid://shopify/Customer/5"}}
    both.there.put_order(7, sold, displayFinancialStatus="PENDING", **given)
    found = _compare(both)
    assert {(one["entity_type"], one["done"]) for one in found.drift} >= {("customer", "created"), ("order", "created")}
    with tenant_session(both.store_id) as session:
        order, customer = session.scalars(select(Order)).one(), session.scalars(select(Customer)).one()
        assert (order.payment_status, str(order.total), order.customer_id) == (
            PaymentStatus.PENDING,
            "20.000",
            customer.id,
        )
        assert session.scalars(select(OrderItem.quantity)).one() == 2
    later = _ago(2)
    back = refund(3, "10.0", ("gid://shopify/LineItem/1", 1, "10.0"))
    given |= {"updatedAt": later, "refunds": [back], "displayFinancialStatus": "PARTIALLY_REFUNDED"}
    both.there.put_order(7, sold, **given)
    both.there.put_level(item, 9, later)
    found = _compare(both)
    assert {(one["entity_type"], one["done"]) for one in found.drift} == {("order", "updated"), ("stock", "updated")}
    with tenant_session(both.store_id) as session:
        order = session.scalars(select(Order)).one()
        assert (order.payment_status, str(order.amount_refunded)) == (PaymentStatus.PARTIALLY_REFUNDED, "10.000")
        assert [(str(row.amount)) for row in session.scalars(select(Refund))] == ["10.000"]
        assert session.scalars(select(Variant.stock_quantity)).one() == 9
    assert _compare(both).drift == []


def test_a_comparison_finds_what_was_deleted(both: ShopifyBoth) -> None:
    both.there.put_product(1000, "MUG", updatedAt=_ago(5))
    for number in (5, 6):
        both.there.put_customer(number, f"c{number}@example.com", updatedAt=_ago(5))
        both.there.put_order(number, line(number, None), updatedAt=_ago(5), createdAt=_ago(5))
    both.there.put_order(8, line(8, None), updatedAt=_ago(5), createdAt="2020-01-01T00:00:00Z")
    _compare(both)
    del both.there.customers["gid://shopify/Customer/5"], both.there.orders["gid://shopify/Order/6"]
    # Older than what the app may see: it may be there all the same.
    del both.there.orders["gid://shopify/Order/8"]
    both.there.products.clear()
    found = _compare(both)
    told = {(one["entity_type"], one["external_id"]) for one in found.drift if one["done"] == "deleted"}
    assert told == {("product", "1000"), ("customer", "5"), ("order", "6")}
    with tenant_session(both.store_id) as session:
        assert sorted(session.scalars(select(Customer.email).where(Customer.email.like("c%")))) == ["c6@example.com"]
        assert len(session.scalars(select(Order)).all()) == 2
        assert session.scalars(select(Product)).all() == []


def test_what_the_app_may_not_read_is_told_and_keeps_nothing_else(both: ShopifyBoth) -> None:
    both.there.put_product(1000, "MUG", updatedAt=_ago(5))
    both.there.denied = {"orders", "ordersCount"}
    found = _compare(both)
    assert ("order", "access_denied") in {(one["entity_type"], one["done"]) for one in found.drift}
    with tenant_session(both.store_id) as session:
        assert len(session.scalars(select(Product)).all()) == 1


def test_an_order_has_all_its_lines_codes_and_amounts(both: ShopifyBoth) -> None:
    taken = {"allocatedAmountSet": money("3.0"), "discountApplication": {"code": "TEN"}}
    first = line(1, None, 2, "10.0", discountAllocations=[taken], taxLines=[{"title": "VAT", "priceSet": money("1.7")}])
    node = both.there.put_order(
        7,
        first,
        updatedAt=_ago(5),
        createdAt=_ago(5),
        discountCodes=["TEN"],
        totalPriceSet=money("33.7"),
        totalTaxSet=money("1.7"),
        totalDiscountsSet=money("3.0"),
        displayFulfillmentStatus="FULFILLED",
        fulfillments=[{"id": "gid://shopify/Fulfillment/1"}],
        shippingLines={"nodes": [{"title": "Post", "discountedPriceSet": money("5.0"), "taxLines": []}]},
        shippingAddress={"firstName": "A", "address1": "1 Road", "city": "Dhaka", "countryCodeV2": "BD", "zip": "1200"},
    )
    node["lineItems"]["pageInfo"] = {"hasNextPage": True, "endCursor": "x"}
    more = {"nodes": [line(2, None, 1, "10.0")], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    both.there.further_lines[node["id"]] = more
    _compare(both)
    with tenant_session(both.store_id) as session:
        order = session.scalars(select(Order)).one()
        amounts = (order.subtotal, order.discount_amount, order.shipping_cost, order.tax_amount, order.total)
        assert tuple(map(str, amounts)) == ("30.000", "3.000", "5.000", "1.700", "33.700")
        assert (order.coupon_code, order.status, order.shipping_method) == ("TEN", OrderStatus.SHIPPED, "Post")
        assert order.shipping_address["country"] == "BD"
        assert sorted(str(row.discount_amount) for row in session.scalars(select(OrderItem))) == ["0.000", "3.000"]
