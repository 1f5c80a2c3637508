"""An insert from a select reads one store's live rows only, and writes to that store only."""

from typing import Any

import pytest
from sqlalchemy import exists, func, insert, literal, select, true, union_all
from sqlalchemy.orm import aliased

from shared.errors import TenancyError
from shared.models import AuditLog, Brand, Customer, Product, ProductLabel, Store, User, Variant
from tests.shared.two_stores import A, B, TwoStores, raw, refusal_will_do

OTHER = aliased(Product)
PRODUCTS = select(Product.id, Product.name).subquery()
OF_PRODUCT = Variant.product_id == Product.id
NAMES = select(Product.name).cte("names")

# Selects that an insert reads from; each gives the names that A may see.
SOURCES: dict[str, tuple[Any, list[str]]] = {
    "model": (select(Product.name), ["Lamp A"]),
    "store": (select(Store.name), ["Shop A"]),
    "alias": (select(OTHER.name), ["Lamp A"]),
    "join": (select(Product.name).join(Variant, OF_PRODUCT), ["Lamp A"]),
    "join on anything": (select(Variant.sku).select_from(Product).join(Variant, true()), ["UNIT-A"]),
    "relationship": (select(Variant.sku).join(Variant.product), ["UNIT-A"]),
    "subquery": (select(PRODUCTS.c.name), ["Lamp A"]),
    "subquery of a subquery": (select(select(PRODUCTS.c.name).subquery().c.name), ["Lamp A"]),
    "join of a subquery": (select(PRODUCTS.c.name).join(Brand, Brand.slug == "brand"), ["Lamp A"]),
    "aliased subquery": (select(aliased(Product, select(Product).subquery()).name), ["Lamp A"]),
    "CTE": (select(NAMES.c.name), ["Lamp A"]),
    "EXISTS of another's": (select(Product.name).where(exists().where(Variant.sku == "UNIT-B")), []),
    "EXISTS of a deleted": (select(Product.name).where(exists().where(Variant.sku == "LOST-A")), []),
    "any()": (select(Product.name).where(Product.variants.any(Variant.sku == "UNIT-A")), ["Lamp A"]),
    "IN": (select(Product.name).where(literal("Brand B").in_(select(Brand.name))), []),
    "scalar subquery": (select(select(func.max(Product.name)).scalar_subquery()), ["Lamp A"]),
    "scalar subquery of a global": (select(User.name).where(exists().where(Product.name == "Lamp B")), []),
    "window": (select(func.min(Product.name).over()), ["Lamp A"]),
    "limit": (select(Product.name).order_by(Product.name.desc()).limit(1), ["Lamp A"]),
    "platform's records": (select(AuditLog.action).where(AuditLog.action == "platform.session"), []),
    "global model": (select(User.name), ["User"]),
}

# Conditions in WHERE would drop rows that an outer join keeps, so these are refused.
REFUSED: dict[str, Any] = {
    "outer join": select(Variant.sku).select_from(Product).outerjoin(Variant, true()),
    "full join": select(Variant.sku).select_from(Product).outerjoin(Variant, true(), full=True),
}

COLUMNS = ["label", "id", "product_id", "color"]
COPIED = "SELECT label FROM product_labels WHERE color = 'copied'"


def row_of(source: Any) -> Any:
    """A select of one name, widened to the columns of a label."""
    return source.add_columns(source.selected_columns[0], literal("lamp-a"), literal("copied"))


@pytest.mark.parametrize("name", SOURCES)
def test_insert_from_select_reads_the_store_s_live_rows_only(stores: TwoStores, name: str) -> None:
    source, expected = SOURCES[name]
    with stores.session() as session:
        session.execute(insert(ProductLabel).from_select(COLUMNS, row_of(source)))
        assert sorted(raw(session, COPIED)) == expected
        assert set(raw(session, "SELECT store_id FROM product_labels WHERE color = 'copied'")) <= {A}


@pytest.mark.parametrize("name", REFUSED)
def test_insert_from_an_outer_join_is_refused(stores: TwoStores, name: str) -> None:
    with stores.session() as session, pytest.raises(TenancyError, match="join"):
        session.execute(insert(ProductLabel).from_select(COLUMNS, row_of(REFUSED[name])))


def test_insert_from_a_union_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    source = union_all(row_of(select(Product.name)), row_of(select(Variant.sku)))
    with stores.session() as session:
        session.execute(insert(ProductLabel).from_select(COLUMNS, source))
        assert sorted(raw(session, COPIED)) == ["Lamp A", "UNIT-A"]


def test_insert_from_select_of_another_s_store_id_writes_to_its_own(stores: TwoStores) -> None:
    source = row_of(select(Product.name)).add_columns(literal(B))
    with stores.session() as session:
        session.execute(insert(ProductLabel).from_select([*COLUMNS, "store_id"], source))
        assert raw(session, "SELECT store_id FROM product_labels WHERE color = 'copied'") == [A]


def test_insert_into_a_global_model_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    source = select(Customer.id, Customer.id + "@example.com", Customer.first_name)
    with stores.session() as session:
        session.execute(insert(User).from_select(["id", "email", "name"], source))
        assert raw(session, "SELECT name FROM users WHERE id <> 'user'") == ["Customer A"]


def test_insert_of_a_subquery_s_value_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    for other in ("Brand B", "Gone A"):
        name = select(func.coalesce(func.max(Customer.first_name), "none")).where(Customer.first_name == other)
        read = select(func.coalesce(func.max(Brand.name), name.scalar_subquery())).where(Brand.name == other)
        with stores.session() as session, refusal_will_do():
            session.execute(insert(Brand).values(id="new", slug="new", name=read.scalar_subquery()))
            assert raw(session, "SELECT name FROM brands WHERE id = 'new'") == ["none"]


def test_insert_returning_a_subquery_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    read = select(func.count(Product.id)).scalar_subquery()
    with stores.session() as session, refusal_will_do():
        assert session.scalar(insert(Brand).values(id="new", slug="new", name="New").returning(read)) == 1
