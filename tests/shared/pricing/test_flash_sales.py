"""Which units a flash sale reaches, and at what price."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.pricing import FlashSale, Rules, SaleKind
from tests.shared.pricing.carts import AT, amounts, item, priced


def sale(value: str, name: str = "sale", kind: SaleKind = SaleKind.PERCENTAGE, **more: Any) -> FlashSale:
    return FlashSale(name, kind, Decimal(value), more.pop("units", {"mug": None}), **more)


def test_the_unit_price_is_rounded_half_up_to_the_currency() -> None:
    assert amounts(line.unit_price for line in priced(item("mug", "9.99"), flash_sales=(sale("50"),)).lines) == ["5"]
    yen = priced(item("mug", "333"), rules=Rules("JPY"), flash_sales=(sale("10"),))
    assert amounts(line.unit_price for line in yen.lines) == ["300"]
    dinar = priced(item("mug", "1.005"), rules=Rules("KWD"), flash_sales=(sale("50"),))
    assert amounts(line.unit_price for line in dinar.lines) == ["0.503"]


def test_a_fixed_amount_stops_at_nothing() -> None:
    quote = priced(item("mug", "3", 2), flash_sales=(sale("5", kind=SaleKind.FIXED_AMOUNT),))
    assert (quote.total, quote.lines[0].regular_price) == (0, 3)


@pytest.mark.parametrize(
    ("starts", "ends", "total"), [(0, 1, "5"), (1, 2, "10"), (-1, 0, "10"), (None, None, "5"), (-1, 1, "5")]
)
def test_a_sale_begins_at_its_start_and_is_over_at_its_end(starts: int | None, ends: int | None, total: str) -> None:
    edges = [None if minutes is None else AT + timedelta(minutes=minutes) for minutes in (starts, ends)]
    quote = priced(item("mug", "10"), flash_sales=(sale("50", starts_at=edges[0], ends_at=edges[1]),))
    assert quote.total == Decimal(total)


def test_units_beyond_the_cap_are_a_line_at_the_regular_price() -> None:
    quote = priced(item("mug", "10", 5), flash_sales=(sale("50", units={"mug": 2}),))
    assert [(line.quantity, line.flash_sale_id) for line in quote.lines] == [(2, "sale"), (3, None)]
    assert amounts(line.total for line in quote.lines) == ["10", "30"]


@pytest.mark.parametrize("left", [0, -1])
def test_a_sale_that_is_sold_out_reaches_nothing(left: int) -> None:
    quote = priced(item("mug", "10", 5), flash_sales=(sale("50", units={"mug": left}),))
    assert [(line.quantity, line.flash_sale_id) for line in quote.lines] == [(5, None)]


def test_the_variants_of_a_product_share_its_cap_and_the_dearest_come_first() -> None:
    small, large = item("a", "10", 2, product_id="mug"), item("b", "20", 2, product_id="mug")
    quote = priced(small, large, flash_sales=(sale("50", units={"mug": 3}),))
    assert [(line.item_id, line.quantity, line.flash_sale_id) for line in quote.lines] == [
        ("a", 1, "sale"),
        ("a", 1, None),
        ("b", 2, "sale"),
    ]


def test_the_best_sale_wins_and_the_next_takes_what_it_has_no_room_for() -> None:
    sales = sale("20", "second"), sale("50", "best", units={"mug": 1}), sale("0", "none")
    quote = priced(item("mug", "10", 3), flash_sales=sales)
    assert [(line.quantity, line.flash_sale_id) for line in quote.lines] == [(1, "best"), (2, "second")]


def test_a_sale_takes_off_a_share_or_an_amount_that_makes_sense() -> None:
    with pytest.raises(ValueError, match="flash sale"):
        sale("101")
    with pytest.raises(ValueError, match="flash sale"):
        sale("-1", kind=SaleKind.FIXED_AMOUNT)
