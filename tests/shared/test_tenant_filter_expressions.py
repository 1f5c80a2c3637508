"""The filter follows a model into every kind of expression: SQLAlchemy marks a statement as one of models by its parts,
and not every part passes the mark on."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Integer,
    Text,
    all_,
    any_,
    between,
    case,
    cast,
    collate,
    distinct,
    exists,
    extract,
    func,
    lambda_stmt,
    literal,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.dialects import postgresql

from shared.json_sql import has_any, json_object, json_value, money_text
from shared.models import Attribute, Brand, Product, User, Variant
from tests.shared.two_stores import TwoStores, refusal_will_do

COUNTED = select(func.count(Product.id)).scalar_subquery()
LISTED = select(Product.id).subquery()

# In a session of A each finds one product, or counts one.
PER_ROW: dict[str, Any] = {
    "arithmetic": Variant.stock_quantity + 1,
    "between": between(Variant.price, 0, 100),
    "boolean": or_(Product.name == "x", Product.name == "y"),
    "case": case((Product.name == "x", 1), else_=2),
    "case by value": case({"x": 1}, value=Product.name, else_=2),
    "cast": cast(Product.name, Text),
    "collate": collate(Product.name, "C"),
    "comparison": Product.name == "x",
    "comparison from the right": literal("x") == Product.name,
    "concatenation": Product.name + "x",
    "concatenation from the right": literal("x") + Product.name,
    "extract": extract("year", Product.created_at),
    "function": func.lower(Product.name),
    "function in a function": func.coalesce(func.lower(Product.name), "x"),
    "in": Product.name.in_(["x"]),
    "is null": Product.brand_id.is_(None),
    "like": Product.name.like("x%"),
    "json member": Variant.attributes["colour"],
    "json object": json_object(name=Product.name),
    "json value": json_object(attributes=json_value(Variant.attributes)),
    "json list": has_any(Attribute.values, ["x"]),
    "label": (Product.name + "x").label("y"),
    "money": money_text(Variant.price),
    "negation": ~Product.is_taxable,
    "negative": -Variant.price,
    "operator": Product.name.op("||")("x"),
    "type": type_coerce(Product.name, Text),
    "window": func.count().over(partition_by=Product.slug),
    "window order": func.row_number().over(order_by=Product.name),
    "window of a function": func.min(Product.name).over(),
}
ON_POSTGRESQL: dict[str, Any] = {
    "array": postgresql.array([Product.name]),
    "ordered aggregate": func.string_agg(Product.name, postgresql.aggregate_order_by(literal(","), Product.name)),
    "ordered literal aggregate": func.array_agg(postgresql.aggregate_order_by(literal("x"), Product.name)),
    "within group": func.percentile_disc(0.5).within_group(Product.name),
    "any": literal("x") == any_(postgresql.array([Product.name])),
    "all": literal("x") == all_(postgresql.array([Product.name])),
}
# Statements with one row each, whose only number is how many products they have seen.
COUNTS: dict[str, Callable[[], Any]] = {
    "aggregate": lambda: select(func.count(Product.id)),
    "aggregate distinct": lambda: select(func.count(distinct(Product.slug))),
    "aggregate condition": lambda: select(func.count().filter(Product.name.is_not(None))),
    "aggregate of its own condition": lambda: select(func.count(Product.id).filter(Product.name.is_not(None))),
    "aggregate in arithmetic": lambda: select(func.count(Product.id) + 0),
    "exists as a column": lambda: select(cast(exists().where(Product.name == "Lamp B"), Integer) + 1),
    "subquery in a function": lambda: select(func.abs(COUNTED)),
    "subquery in a cast": lambda: select(cast(COUNTED, Integer)),
    "subquery in a label": lambda: select(COUNTED.label("n")),
    "subquery in a comparison": lambda: select(literal(1)).where(COUNTED == 1),
    "subquery in a tuple": lambda: select(literal(1)).where(tuple_(COUNTED, literal(1)).in_([(1, 1)])),
    "subquery in BETWEEN": lambda: select(literal(1)).where(between(COUNTED, 1, 1)),
    "subquery in LIMIT": lambda: select(func.count()).select_from(select(Brand.id).limit(COUNTED).subquery()),
    "subquery in JSON": lambda: select(json_object(n=COUNTED)["n"].as_integer()),
    "window in a subquery": lambda: select(func.count()).select_from(
        select(func.row_number().over(order_by=Product.name).label("n")).subquery()
    ),
    "window in a scalar subquery": lambda: select(
        select(func.count().over(partition_by=Product.slug)).limit(1).scalar_subquery()
    ),
    "window in IN": lambda: select(func.count(User.id)).where(
        literal(4).not_in(select(func.count().over(order_by=Product.slug > "")))
    ),
    "window in a CTE": lambda: select(func.count()).select_from(
        select(func.row_number().over(order_by=Product.name).label("n")).cte()
    ),
    "derived column": lambda: select(func.count(LISTED.c.id)),
    "lambda": lambda: lambda_stmt(lambda: select(func.count(Product.id))),
}


@pytest.mark.parametrize("name", PER_ROW)
def test_an_expression_sees_the_store_s_live_rows_only(stores: TwoStores, name: str) -> None:
    with stores.session() as session, refusal_will_do():
        assert len(session.execute(select(PER_ROW[name])).all()) == 1


@pytest.mark.parametrize("name", COUNTS)
def test_a_subquery_in_an_expression_counts_the_store_s_live_rows_only(stores: TwoStores, name: str) -> None:
    with stores.session() as session, refusal_will_do():
        assert session.execute(COUNTS[name]()).all() == [(1,)]


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_an_expression_of_postgresql_sees_the_store_s_live_rows_only(stores: TwoStores, name: str) -> None:
    if not stores.is_postgresql:
        return
    with stores.session() as session, refusal_will_do():
        found = str(session.execute(select(ON_POSTGRESQL[name])).all())
        assert "Lamp B" not in found
        assert "Gone" not in found
        assert found.count("x") < 2
        assert found.count("(") == 1
