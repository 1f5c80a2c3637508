"""The SQL that builds and reads JSON means the same on both databases."""

import json
from decimal import Decimal

import pytest
from sqlalchemy import null, select, update

from shared.json_sql import has_any, json_object, json_row, json_rows, json_value, money_text
from shared.models import Attribute, Product, Variant
from tests.shared.two_stores import TwoStores, variants


def test_json_rows_keep_their_order(stores: TwoStores) -> None:
    for way, order in ((Variant.price.desc(), ["P2", "P1", "P0"]), (Variant.price.asc(), ["P0", "P1", "P2"])):
        with variants(stores, "3", "20", "100") as session:
            listed = select(json_object(sku=Variant.sku)).where(Variant.sku.like("P%")).order_by(way)
            found = [row["sku"] for row in session.scalars(select(json_rows(listed))).one()]
            assert found == order


def test_json_rows_of_nothing_are_an_empty_array(stores: TwoStores) -> None:
    none = select(json_object(sku=Variant.sku)).where(Variant.sku == "none")
    with stores.session() as session:
        assert session.scalars(select(json_rows(none))).one() == []
        assert session.scalars(select(json_row(none))).one() is None


def test_json_rows_are_the_store_s_live_ones(stores: TwoStores) -> None:
    of_product = (Variant.product_id == Product.id) & (Variant.store_id == Product.store_id)
    listed = json_rows(select(json_object(sku=Variant.sku)).where(of_product).correlate(Product))
    with stores.session() as session:
        assert session.execute(select(Product.name, listed)).all() == [("Lamp A", [{"sku": "UNIT-A"}])]


def test_json_inside_json_stays_json(stores: TwoStores) -> None:
    given = {'Grö"ße': "'XL'", "n": [1, 2.5, None, True]}
    with stores.session() as session:
        session.execute(update(Variant).values(attributes=given))
        nested = json_object(options=json_value(Variant.attributes), sku=Variant.sku, none=null())
        found = session.scalars(select(json_rows(select(nested)))).one()
        assert found == [{"options": given, "sku": "UNIT-A", "none": None}]


@pytest.mark.parametrize("amount", ["0", "0.001", "-0.001", "-0.5", "-12345.678", "9999999999.999", "1.5", None])
def test_money_is_text_of_three_decimals(stores: TwoStores, amount: str | None) -> None:
    value = None if amount is None else Decimal(amount)
    with stores.session() as session:
        session.execute(update(Product).values(price_min=value))
        found = session.scalars(select(money_text(Product.price_min))).one()
        assert found == (None if value is None else f"{value:.3f}")
        inside = session.scalars(select(json_rows(select(json_object(price=money_text(Product.price_min)))))).one()
        assert json.dumps(inside) == json.dumps([{"price": found}])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["Red"], True),
        (["Blue", "Red"], True),
        (["Blue"], False),
        (["red"], False),
        (["Red'--"], False),
        (["%"], False),
    ],
)
def test_has_any_finds_whole_values(stores: TwoStores, wanted: list[str], found: bool) -> None:
    with stores.session() as session:
        assert session.scalars(select(has_any(Attribute.values, wanted)).select_from(Attribute)).all() == [found]
        assert len(session.scalars(select(Attribute).where(has_any(Attribute.values, wanted))).all()) == found


def test_has_any_of_an_empty_array_is_false(stores: TwoStores) -> None:
    with stores.session() as session:
        session.execute(update(Attribute).values(values=[]))
        assert session.scalars(select(Attribute.id).where(has_any(Attribute.values, ["Red"]))).all() == []
        assert session.scalars(select(Attribute.slug).where(~has_any(Attribute.values, ["x"]))).all() == ["colour"]
