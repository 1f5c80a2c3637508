"""Products, categories, taxes, customers and the overview: worked out by hand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from shared.models import Customer, ProductCategory, RefundItem
from shared.models.base import new_id, now
from shared.models.enums import OrderStatus, ProductStatus, RefundStatus
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import category_of, customer_of, make_product, product_of, variant_of
from tests.functions.orders.reports.test_sales import ask, at, refund
from tests.functions.orders.selling import ADDRESS, Sold, sell
from tests.functions.stores.people import Shop, make_shop

NOVEMBER = {"from_": "2026-11-01", "to": "2026-11-30"}


def _variant(shop: Shop, name: str, *categories: str) -> tuple[str, str]:
    """A product in categories, of which the first is its primary one. Returns its variant's id and its own."""
    with tenant_session(shop.id) as session:
        product = product_of(name=name)
        session.add(product)
        session.flush()
        variant = variant_of(product.id)
        session.add(variant)
        for place, category_id in enumerate(categories):
            session.add(ProductCategory(product_id=product.id, category_id=category_id, is_primary=not place))
        return variant.id, product.id


def _category(shop: Shop, name: str) -> str:
    with tenant_session(shop.id) as session:
        row = category_of(name=name)
        session.add(row)
        return row.id


def _line(price: str, variant_id: str, **given: Any) -> Sold:
    return Sold(price, more={"variant_id": variant_id}, **given)


def _customer(shop: Shop, **given: Any) -> str:
    with tenant_session(shop.id) as session:
        row: Customer = customer_of(**given)
        session.add(row)
        return row.id


def test_products_and_categories_by_what_they_sold(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    kitchen, office = _category(shop, "Kitchen"), _category(shop, "Office")
    kettle, kettle_id = _variant(shop, "Kettle", kitchen, office)
    lamp, lamp_id = _variant(shop, "Lamp")
    first = sell(
        shop.id,
        [
            _line("10.00", kettle, quantity=3, discount="2.00", tax="5.60", name="Kettle"),
            _line("50.00", lamp, name="Lamp"),
        ],
        at=at("2026-11-02"),
    )
    sell(shop.id, [_line("10.00", kettle, name="Kettle")], at=at("2026-11-30", "23:59"))
    sell(shop.id, [_line("10.00", kettle, name="Kettle")], at=at("2026-12-01", "00:00"))
    sell(shop.id, [_line("10.00", kettle)], at=at("2026-11-03"), status=OrderStatus.CANCELED)
    sell(other.id, [Sold("777.00")], at=at("2026-11-03"))
    lost = {"product_id": None, "product_name": "Gone"}
    sell(
        shop.id,
        [Sold("4.00", name="Gone", more=lost), Sold("1.00", name="Gone too", more=lost | {"product_name": "Gone too"})],
        at=at("2026-11-05"),
    )
    _give_back(shop, first, kettle, 1, "11.20")

    products = ask(shop, "products", **NOVEMBER)["items"]
    categories = ask(shop, "categories", sort="units", **NOVEMBER)["items"]

    brief = [(one["name"], one["product_id"], one["orders"], one["units"], one["net_sales"]) for one in products]
    assert brief == [
        ("Lamp", lamp_id, 1, 1, "50.00"),
        ("Kettle", kettle_id, 2, 4, "38.00"),
        ("Gone", None, 1, 1, "4.00"),
        ("Gone too", None, 1, 1, "1.00"),
    ]
    assert products[1] == {
        **{"product_id": kettle_id, "name": "Kettle", "currency": "USD", "orders": 2, "units": 4, "units_returned": 1},
        **{"gross_sales": "40.00", "discounts": "2.00", "net_sales": "38.00", "tax": "5.60", "refunds": "11.20"},
    }
    assert [(one["name"], one["category_id"], one["units"], one["refunds"]) for one in categories] == [
        ("Kitchen", kitchen, 4, "11.20"),
        (None, None, 3, "0.00"),
    ]
    assert ask(shop, "products", limit=1, sort="refunds", **NOVEMBER)["items"][0]["name"] == "Kettle"


def test_what_was_only_given_back_in_the_period_is_in_it(either: Database) -> None:
    shop = make_shop()
    kettle, kettle_id = _variant(shop, "Kettle")
    old = sell(shop.id, [_line("10.00", kettle, quantity=2)], at=at("2026-09-02"))
    _give_back(shop, old, kettle, 2, "20.00")

    found = ask(shop, "products", **NOVEMBER)["items"]

    figures = [(one["product_id"], one["orders"], one["units"], one["units_returned"], one["refunds"]) for one in found]
    assert figures == [(kettle_id, 0, 0, 2, "20.00")]


def _give_back(shop: Shop, order_id: str, variant_id: str, units: int, amount: str) -> None:
    from sqlalchemy import select  # noqa: PLC0415

    from shared.models import OrderItem  # noqa: PLC0415

    refund_id = new_id()
    refund(shop.id, order_id, amount, at("2026-11-10"), id=refund_id)
    failed = new_id()
    refund(shop.id, order_id, amount, at("2026-11-10"), id=failed, status=RefundStatus.FAILED)
    with tenant_session(shop.id) as session:
        own = (OrderItem.order_id == order_id) & (OrderItem.variant_id == variant_id)
        item_id = session.scalars(select(OrderItem.id).where(own)).one()
        for one in (refund_id, failed):
            session.add(RefundItem(refund_id=one, order_item_id=item_id, quantity=units, amount=Decimal(amount)))


def test_taxes_by_region_and_rate(either: Database) -> None:
    shop, other = make_shop(), make_shop()

    def taxed(store: Shop, country: str, state: str | None, *taxes: tuple[str, str, str], **given: Any) -> None:
        address = {name: value for name, value in ADDRESS.items() if name != "state"} | {"country": country}
        told = [{"rate_id": "x", "name": name, "rate": rate, "amount": amount} for name, rate, amount in taxes]
        address |= {"state": state} if state else {}
        sell(store.id, at=at("2026-11-02"), shipping_address=address, taxes=told, **given)

    taxed(shop, "US", "CA", ("State", "0.0725", "0.73"), ("City", "0.01", "0.1"))
    taxed(shop, "US", "CA", ("State", "0.0725", "1.005"))
    taxed(shop, "US", "NY", ("State", "0.04", "0.4"))
    taxed(shop, "DE", None, ("VAT", "0.19", "1.9"))
    taxed(shop, "DE", None, ("VAT", "0.19", "5"), status=OrderStatus.CANCELED)
    taxed(shop, "DE", None)
    taxed(other, "DE", None, ("VAT", "0.19", "9"))

    found = ask(shop, "taxes", **NOVEMBER)["items"]

    brief = [(one["country"], one["state"], one["name"], one["rate"], one["orders"], one["tax"]) for one in found]
    assert brief == [
        ("DE", None, "VAT", "0.19", 1, "1.90"),
        ("US", "CA", "City", "0.01", 1, "0.10"),
        ("US", "CA", "State", "0.0725", 2, "1.74"),
        ("US", "NY", "State", "0.04", 1, "0.40"),
    ]


def test_new_and_returning_customers_and_who_spent_most(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    ada = _customer(shop, email="ada@example.com", total_orders=3, total_spent=Decimal("60.00"))
    bob = _customer(shop, email="bob@example.com", total_orders=2, total_spent=Decimal("75.00"))
    eve = _customer(shop, email="eve@example.com")
    _customer(other, total_spent=Decimal("900.00"), total_orders=1)
    sell(shop.id, [Sold("10.00")], at=at("2026-10-01"), customer_id=ada)
    sell(shop.id, [Sold("20.00")], at=at("2026-11-01"), customer_id=ada)
    sell(shop.id, [Sold("30.00")], at=at("2026-11-02"), customer_id=ada)
    sell(shop.id, [Sold("5.00")], at=at("2026-10-01"), customer_id=bob, status=OrderStatus.CANCELED)
    sell(shop.id, [Sold("70.00")], at=at("2026-11-02"), customer_id=bob)
    sell(shop.id, [Sold("5.00")], at=at("2026-11-03"), customer_id=bob)
    sell(shop.id, [Sold("5.00")], at=at("2026-11-03"), customer_id=eve, status=OrderStatus.CANCELED)
    sell(shop.id, [Sold("1.00")], at=at("2026-11-03"))

    found = ask(shop, "customers", **NOVEMBER)

    assert found["new"] == {"customers": 1, "orders": 2, "total_sales": "75.00"}
    assert found["returning"] == {"customers": 1, "orders": 2, "total_sales": "50.00"}
    assert [(one["id"], one["orders"], one["lifetime_value"], one["average_order_value"]) for one in found["top"]] == [
        (bob, 2, "75.00", "37.50"),
        (ada, 3, "60.00", "20.00"),
    ]
    assert len(ask(shop, "customers", limit=1)["top"]) == 1


def test_customers_with_recent_orders_and_their_newest_five(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    ada, bob = _customer(shop, email="ada@example.com"), _customer(shop, email="bob@example.com")
    moment = now()
    numbers = [f"A-{number}" for number in range(7)]
    for days, number in enumerate(numbers):
        sell(shop.id, at=moment - timedelta(days=days * 6), customer_id=ada, order_number=number)
    sell(shop.id, at=moment - timedelta(days=31), customer_id=bob)
    sell(other.id, at=moment, customer_id=_customer(other))

    found = ask(shop, "recent-customers", days=30)["items"]

    assert [one["email"] for one in found] == ["ada@example.com"]
    assert [order["order_number"] for order in found[0]["orders"]] == numbers[:5]
    assert found[0]["orders"][0]["total"] == "10.00"
    assert [one["email"] for one in ask(shop, "recent-customers", days=40)["items"]] == [
        "ada@example.com",
        "bob@example.com",
    ]


def test_the_store_at_a_glance(either: Database) -> None:
    shop, other = make_shop(), make_shop()
    for status in (ProductStatus.ACTIVE, ProductStatus.DRAFT):
        make_product(shop.id, status=status)
    make_product(other.id)
    _customer(shop)
    with tenant_session(shop.id) as session:
        session.add(customer_of(deleted_at=now()))
    before = ask(shop, "overview")
    for status, price in (
        (OrderStatus.DELIVERED, "10.00"),
        (OrderStatus.DELIVERED, "2.50"),
        (OrderStatus.CONFIRMED, "100.00"),
        (OrderStatus.PENDING, "100.00"),
    ):
        sell(shop.id, [Sold(price)], status=status)
    sell(shop.id, [Sold("5.00")], status=OrderStatus.DELIVERED, deleted_at=now())
    sell(other.id, [Sold("5.00")], status=OrderStatus.DELIVERED)

    found = ask(shop, "overview")

    assert before["revenue"] == "0.00"
    # Each order for a test brings a product.
    assert (before["products"], before["active_products"], before["customers"]) == (2, 1, 1)
    assert (found["orders"], found["orders_pending"], found["orders_to_ship"]) == (4, 1, 1)
    assert (found["revenue"], found["currency"]) == ("12.50", "USD")
