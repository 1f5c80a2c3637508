"""A store's customers in figures."""

from datetime import UTC, datetime
from decimal import Decimal

import time_machine

from shared.database import function_engine
from tests.api import api
from tests.calls import counted
from tests.conftest import Database
from tests.functions.customers.shopping import make_customer, make_guest, make_order
from tests.functions.stores.people import make_shop, signed_in_again

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_figures_are_the_stores_own(either: Database) -> None:
    with time_machine.travel(NOW, tick=False):
        shop, other = make_shop(), make_shop()
        once, twice = make_customer(shop, first_name="Once"), make_customer(shop, marketing_opt_in=True)
        make_guest(shop)
        make_customer(shop, created_at=datetime(2025, 12, 1, tzinfo=UTC))
        make_customer(shop, created_at=datetime(2025, 11, 30, 23, 59, tzinfo=UTC))
        make_order(shop, once, total=Decimal("30.00"))
        for total in ("5.00", "10.00"):
            make_order(shop, twice, total=Decimal(total))
        make_order(shop, twice, total=Decimal("999.00"), status="CANCELED")
        make_order(shop, None, total=Decimal("999.00"))
        make_order(other, make_customer(other), total=Decimal("777.00"))
        found = api("GET", "/v1/customers/statistics", token=shop.admin.token).json
    assert {name: found[name] for name in ("customers", "guests", "accounts", "marketing_opt_in", "with_orders")} == {
        "customers": 5,
        "guests": 1,
        "accounts": 4,
        "marketing_opt_in": 1,
        "with_orders": 2,
    }
    assert (found["average_order_value"], found["repeat_rate"], found["currency"]) == ("15.00", 0.5, "USD")
    assert [(top["id"], top["orders"], top["spent"]) for top in found["top_customers"]] == [
        (once, 1, "30.00"),
        (twice, 2, "15.00"),
    ]
    months = found["new_by_month"]
    assert len(months) == 12
    assert (months[0], months[-1]) == ({"month": "2025-12", "customers": 1}, {"month": "2026-11", "customers": 3})


def test_a_store_without_customers_has_figures_too(database: Database) -> None:
    found = api("GET", "/v1/customers/statistics", token=make_shop().admin.token).json
    assert (found["customers"], found["average_order_value"], found["repeat_rate"]) == (0, None, None)
    assert found["top_customers"] == []


def test_the_figures_take_four_statements_however_many_customers_there_are(database: Database) -> None:
    shop, counts = make_shop(), []
    for _ in range(2):
        with counted(function_engine()) as sent:
            assert api("GET", "/v1/customers/statistics", token=signed_in_again(shop).admin.token).status == 200
        counts.append(len([statement for statement in sent if statement.lstrip().startswith("SELECT count")]))
        for _ in range(15):
            make_order(shop, make_customer(shop))
    assert counts[0] == counts[1]
