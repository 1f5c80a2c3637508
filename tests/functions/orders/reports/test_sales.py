"""Sales by day, week and month: worked out by hand, on the store's clock, for the store's own orders that count."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from shared.database import function_engine
from shared.models import Refund
from shared.models.enums import OrderStatus, RefundReason, RefundStatus
from shared.tenancy import tenant_session
from tests.api import api
from tests.calls import counted
from tests.conftest import Database
from tests.functions.orders.selling import Sold, sell
from tests.functions.stores.people import Shop, join, make_shop

NONE = {
    **{"orders": 0, "units": 0, "gross_sales": "0.00", "discounts": "0.00", "net_sales": "0.00", "shipping": "0.00"},
    **{"tax": "0.00", "total_sales": "0.00", "refunds": "0.00", "total_after_refunds": "0.00"},
    "average_order_value": None,
}


def at(day: str, time: str = "12:00") -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(f"{day}T{time}:00+00:00").astimezone(UTC)


def refund(store_id: str, order_id: str, amount: str, moment: datetime, **given: Any) -> None:
    """Give money back."""
    values = {"status": RefundStatus.COMPLETED, "reason": RefundReason.OTHER, "processed_at": moment}
    with tenant_session(store_id) as session:
        session.add(Refund(order_id=order_id, amount=Decimal(amount), **(values | given)))


def ask(shop: Shop, report: str, **query: Any) -> Any:
    """What a report says."""
    asked = "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())
    answer = api("GET", f"/v1/reports/{report}?{asked}", token=shop.admin.token)
    assert answer.status == 200, answer.text
    return answer.json


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """The figures without the days that they are of."""
    return {name: value for name, value in found.items() if name not in {"first_day", "last_day"}}


def test_figures_are_those_worked_out_by_hand(either: Database) -> None:
    shop = make_shop()
    # 3 x 10.00 - 2.00 + 4.90 shipping + 5.60 tax on goods + 0.98 on shipping = 39.48
    first = sell(
        shop.id,
        [Sold("10.00", 3, "2.00", "5.60")],
        at=at("2026-11-02"),
        shipping_cost="4.90",
        shipping_tax="0.98",
    )
    # 5.00 + 2 x 7.50 + 4.00 tax = 24.00
    sell(shop.id, [Sold("5.00", tax="1.00"), Sold("7.50", 2, tax="3.00")], at=at("2026-11-02"))
    sell(shop.id, [Sold("100.00")], at=at("2026-11-04"), status=OrderStatus.REFUNDED)
    sell(shop.id, [Sold("9.00")], at=at("2026-10-31"))
    refund(shop.id, first, "13.16", at("2026-11-03"))

    found = ask(shop, "sales", from_="2026-11-02", to="2026-11-04")

    assert (found["currency"], found["timezone"], found["by"]) == ("USD", "UTC", "day")
    second_of_november = {
        **{"orders": 2, "units": 6, "gross_sales": "50.00", "discounts": "2.00", "net_sales": "48.00"},
        **{"shipping": "4.90", "tax": "10.58", "total_sales": "63.48", "refunds": "0.00"},
        **{"total_after_refunds": "63.48", "average_order_value": "31.74"},
    }
    assert [figures(one) for one in found["items"]] == [
        second_of_november,
        NONE | {"refunds": "13.16", "total_after_refunds": "-13.16"},
        NONE
        | dict.fromkeys(("gross_sales", "net_sales", "total_sales", "total_after_refunds"), "100.00")
        | {"orders": 1, "units": 1, "average_order_value": "100.00"},
    ]
    assert [one["first_day"] for one in found["items"]] == ["2026-11-02", "2026-11-03", "2026-11-04"]
    assert figures(found["totals"]) == second_of_november | {
        **{"orders": 3, "units": 7, "gross_sales": "150.00", "net_sales": "148.00", "total_sales": "163.48"},
        **{"refunds": "13.16", "total_after_refunds": "150.32", "average_order_value": "54.49"},
    }
    assert (found["previous"]["first_day"], found["previous"]["last_day"]) == ("2026-10-30", "2026-11-01")
    assert found["previous"]["total_sales"] == "9.00"


def test_what_was_cancelled_or_deleted_or_is_another_stores_or_in_another_currency_does_not_count(
    either: Database,
) -> None:
    shop, other = make_shop(), make_shop()
    day = at("2026-11-02")
    sell(shop.id, [Sold("1.00")], at=day)
    canceled = sell(shop.id, [Sold("10.00")], at=day, status=OrderStatus.CANCELED)
    deleted = sell(shop.id, [Sold("100.00")], at=day, deleted_at=day)
    sell(shop.id, [Sold("1000.00")], at=day, currency="EUR")
    theirs = sell(other.id, [Sold("10000.00", 5)], at=day)
    for store, order_id in ((shop, canceled), (shop, deleted), (other, theirs)):
        refund(store.id, order_id, "0.50", day)
    counts = sell(shop.id, [Sold("2.00")], at=day)
    refund(shop.id, counts, "0.25", day, status=RefundStatus.PENDING)

    found = ask(shop, "sales", from_="2026-11-01", to="2026-11-03")["totals"]

    assert (found["orders"], found["units"], found["total_sales"], found["refunds"]) == (2, 2, "3.00", "0.00")


def test_a_day_is_the_stores_own_also_when_its_clock_is_turned(either: Database) -> None:
    shop = make_shop(timezone="America/New_York")
    # On 1 November 2026 New York's clock goes back: that day lasts 25 hours, from 04:00 to 05:00 UTC.
    for moment in (at("2026-11-01", "03:59"), at("2026-11-01", "04:00"), at("2026-11-02", "04:59")):
        sell(shop.id, [Sold("1.00")], at=moment)
    late = sell(shop.id, [Sold("1.00")], at=at("2026-11-02", "05:00"))
    refund(shop.id, late, "0.40", at("2026-11-03", "04:59"))

    found = ask(shop, "sales", from_="2026-10-31", to="2026-11-02")

    assert [(one["first_day"], one["orders"], one["refunds"]) for one in found["items"]] == [
        ("2026-10-31", 1, "0.00"),
        ("2026-11-01", 2, "0.00"),
        ("2026-11-02", 1, "0.40"),
    ]


def test_weeks_begin_on_monday_and_months_on_their_first(either: Database) -> None:
    shop = make_shop(currency="JPY")
    for day in ("2026-10-31", "2026-11-01", "2026-11-02", "2026-11-08", "2026-11-09"):
        sell(shop.id, [Sold("100")], at=at(day), currency="JPY")

    weeks = ask(shop, "sales", by="week", from_="2026-10-31", to="2026-11-10")["items"]
    months = ask(shop, "sales", by="month", from_="2026-10-31", to="2026-11-10")["items"]

    assert [(one["first_day"], one["last_day"], one["total_sales"]) for one in weeks] == [
        ("2026-10-31", "2026-11-01", "200"),
        ("2026-11-02", "2026-11-08", "200"),
        ("2026-11-09", "2026-11-10", "100"),
    ]
    assert [(one["first_day"], one["last_day"], one["orders"]) for one in months] == [
        ("2026-10-31", "2026-10-31", 1),
        ("2026-11-01", "2026-11-10", 4),
    ]


def test_thirty_days_to_today_unless_said(database: Database) -> None:
    with time_machine.travel(datetime(2026, 11, 26, 23, 30, tzinfo=UTC), tick=False):
        found = ask(make_shop(timezone="Asia/Dhaka"), "sales")

    assert (found["totals"]["first_day"], found["totals"]["last_day"]) == ("2026-10-29", "2026-11-27")
    assert len(found["items"]) == 30


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("from=2026-11-02&to=2026-11-01", "to"),
        ("from=2024-01-01&to=2026-11-01", "from"),
        ("by=month&from=2001-01-01&to=2026-11-01", "from"),
        ("from=1850-01-01", "from"),
        ("from=yesterday", "from"),
        ("to=2999-01-01", "to"),
        ("by=hour", "by"),
    ],
)
def test_what_cannot_be_reported_is_said(database: Database, query: str, place: str) -> None:
    answer = api("GET", f"/v1/reports/sales?{query}", token=make_shop().admin.token)

    assert answer.status == 422
    assert [error["loc"][-1] for error in answer.json["errors"]] == [place]


REPORTS = ("overview", "sales", "products", "categories", "taxes", "customers", "recent-customers")


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_is_one_statement_beside_the_stores_own_row(database: Database, report: str) -> None:
    shop = make_shop()
    sell(shop.id, [Sold("1.00")] * 3)

    with counted(function_engine()) as sent:
        ask(shop, report)

    reading = [one for one in sent if "FROM orders" in one or "FROM products" in one or "UNION" in one]
    assert len(reading) == 1
    # Entering, counting the request, and how the store counts.
    assert len(sent) <= 6


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_asks_for_its_permission(database: Database, report: str) -> None:
    shop = make_shop()
    allowed, other = (join(shop.id, permissions=[one]).token for one in ("reports:read", "orders:read"))

    assert api("GET", f"/v1/reports/{report}", token=allowed).status == 200
    assert api("GET", f"/v1/reports/{report}", token=other).json["code"] == "permission_missing"
