"""Column types mean the same on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, StatementError

from shared.models import Product, Variant
from shared.models.enums import ProductStatus
from tests.shared.two_stores import TwoStores, variants

AMOUNTS = ["0", "0.3", "0.001", "9999999999.999", "123456789.01", "10"]
PRICED = select(Variant.price)


class Weather(StrEnum):
    """No status of a product."""

    SUNNY = "SUNNY"


@pytest.mark.parametrize("amount", AMOUNTS)
def test_an_amount_comes_back_exactly(stores: TwoStores, amount: str) -> None:
    with variants(stores, amount) as session:
        found = session.scalars(PRICED.where(Variant.sku == "P0")).one()
        assert isinstance(found, Decimal)
        assert found == Decimal(amount)
        assert session.scalar(select(func.count(Variant.id)).where(Variant.price == Decimal(amount))) == 1 + (
            amount == "1"
        )


def test_amounts_add_up_exactly(stores: TwoStores) -> None:
    with variants(stores, "0.1", "0.2") as session:
        own = Variant.sku.like("P%")
        assert session.scalar(select(func.sum(Variant.price)).where(own)) == Decimal("0.3")
        assert session.scalar(select(Variant.price + Decimal("0.2")).where(Variant.sku == "P0")) == Decimal("0.3")
        assert session.scalar(select(func.max(Variant.price) - func.min(Variant.price)).where(own)) == Decimal("0.1")


def test_amounts_compare_and_sort_by_value(stores: TwoStores) -> None:
    with variants(stores, "9", "10", "9.99", "100") as session:
        own = PRICED.where(Variant.sku.like("P%"))
        assert list(session.scalars(own.order_by(Variant.price))) == [9, Decimal("9.99"), 10, 100]
        assert list(session.scalars(own.where(Variant.price.between(Decimal("9.5"), 10)).order_by(Variant.price))) == [
            Decimal("9.99"),
            10,
        ]


def test_a_negative_amount_comes_back_exactly(stores: TwoStores) -> None:
    with stores.session() as session:
        session.execute(update(Product).values(price_min=Decimal("-0.001"), price_max=Decimal("-12345.678")))
        assert session.execute(select(Product.price_min, Product.price_max)).one() == (
            Decimal("-0.001"),
            Decimal("-12345.678"),
        )


@pytest.mark.parametrize("amount", [0.1, "10", True, Decimal("0.0001"), Decimal("1.2345")])
def test_an_amount_is_a_decimal_of_at_most_three_places(stores: TwoStores, amount: Any) -> None:
    with stores.session() as session, pytest.raises((StatementError, TypeError, ValueError), match=r"amount|decimals"):
        session.execute(update(Product).values(price_min=amount), execution_options={"synchronize_session": False})


@pytest.mark.parametrize("amount", ["10000000000", "NaN", "Infinity", "-Infinity"])
def test_an_amount_that_no_column_can_hold_is_refused(stores: TwoStores, amount: str) -> None:
    options = {"synchronize_session": False}
    with stores.session() as session, pytest.raises((DBAPIError, StatementError, ValueError, ArithmeticError)):
        session.execute(update(Product).values(price_min=Decimal(amount)), execution_options=options)


def test_trailing_zeros_are_no_decimals(stores: TwoStores) -> None:
    with variants(stores, "1.50000") as session:
        assert session.scalar(PRICED.where(Variant.sku == "P0")) == Decimal("1.5")


def test_a_naive_time_is_refused(stores: TwoStores) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what is refused
    with stores.session() as session, pytest.raises(StatementError, match="needs its zone"):
        session.execute(select(Product).where(Product.created_at > naive))


@pytest.mark.parametrize("hours", [-11, 0, 5, 14])
def test_a_time_of_any_zone_comes_back_in_utc_to_the_microsecond(stores: TwoStores, hours: int) -> None:
    given = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=hours)))
    with stores.session() as session:
        session.execute(update(Product).values(published_at=given))
        session.expunge_all()
        found = session.scalars(select(Product.published_at).where(Product.published_at == given)).one()
        assert found == given
        assert found is not None
        assert found.tzinfo is UTC


def test_times_sort_in_order_whatever_their_fraction(stores: TwoStores) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    steps = [0, 1, 10, 100_000, 999_999, 1_000_000]
    with stores.session() as session:
        for step in reversed(steps):
            moment = start + timedelta(microseconds=step)
            session.add(Product(name="x", slug=f"t{step}", published_at=moment))
        session.flush()
        ordered = select(Product.slug).where(Product.published_at >= start).order_by(Product.published_at)
        assert list(session.scalars(ordered)) == [f"t{step}" for step in steps]


def test_the_database_s_clock_agrees_with_python_s(stores: TwoStores) -> None:
    with stores.session() as session:
        columns = "id, store_id, name, slug"
        values = "'clock', 'store-a', 'x', 'clock'"
        session.connection().execute(text(f"INSERT INTO products ({columns}) VALUES ({values})"))
        found = session.scalars(select(Product.created_at).where(Product.id == "clock")).one()
        assert abs(datetime.now(UTC) - found) < timedelta(minutes=1)


@pytest.mark.parametrize("value", ["MISSING", "active", "", Weather.SUNNY])
def test_an_unknown_status_is_refused(stores: TwoStores, value: str) -> None:
    with stores.session() as session, pytest.raises((StatementError, ValueError), match="is not a valid"):
        session.scalars(select(Product).where(Product.status == value)).all()


def test_a_known_status_comes_back_as_its_enum(stores: TwoStores) -> None:
    with stores.session() as session:
        session.execute(update(Product).values(status="ARCHIVED"))
        assert session.scalars(select(Product.status)).one() is ProductStatus.ARCHIVED


def test_the_database_refuses_an_unknown_status(stores: TwoStores) -> None:
    with stores.session() as session, pytest.raises(DBAPIError, match="status_known"):
        session.connection().execute(text("UPDATE products SET status = 'MISSING'"))
