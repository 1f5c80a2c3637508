"""What a session of one store updates and deletes, and reads on the way, is that store's."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Insert, bindparam, delete, exists, func, insert, literal, or_, select, true, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import aliased

from shared.errors import TenancyError
from shared.models import Brand, Product, ProductLabel, Store, User, Variant
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from tests.shared.two_stores import A, B, TwoStores, raw, refusal_will_do

Act = Callable[[TenantSession], Any]
UNSYNCHRONIZED = {"synchronize_session": False}
STOLEN: dict[Any, Any] = {"slug": "stolen"}
ON_VARIANT = exists().where(Variant.product_id == Product.id)
# All would change every row of the table in a session that does not filter.
UPDATES: dict[str, Act] = {
    "all": lambda s: s.execute(update(Product).values(STOLEN)),
    "where": lambda s: s.execute(update(Product).where(Product.slug != "x").values(STOLEN)),
    "where or": lambda s: s.execute(update(Product).where(or_(Product.slug != "x", true())).values(STOLEN)),
    "another's id": lambda s: s.execute(update(Product).where(Product.id.in_(["lamp-a", "lamp-b"])).values(STOLEN)),
    "query": lambda s: s.query(Product).update(STOLEN),
    "query, fetch": lambda s: s.query(Product).update(STOLEN, synchronize_session="fetch"),
    "query, evaluate": lambda s: s.query(Product).update(STOLEN, synchronize_session="evaluate"),
    "subquery": lambda s: s.execute(update(Product).where(Product.id.in_(select(Variant.product_id))).values(STOLEN)),
    "exists": lambda s: s.execute(update(Product).where(ON_VARIANT).values(STOLEN)),
    "subquery, unsynchronized": lambda s: s.execute(
        update(Product).where(Product.id.in_(select(Variant.product_id))).values(STOLEN),
        execution_options=UNSYNCHRONIZED,
    ),
    "exists, unsynchronized": lambda s: s.execute(
        update(Product).where(ON_VARIANT).values(STOLEN), execution_options=UNSYNCHRONIZED
    ),
    "returning": lambda s: s.execute(update(Product).values(STOLEN).returning(Product.id)).all(),
    "parameters": lambda s: s.execute(update(Product).where(Product.slug != bindparam("x")).values(STOLEN), {"x": "y"}),
    "rows of the ORM": lambda s: _each(s, Product, lambda row: setattr(row, "slug", "stolen")),
}
DELETES: dict[str, Act] = {
    "all": lambda s: s.execute(delete(ProductLabel)),
    "where": lambda s: s.execute(delete(ProductLabel).where(ProductLabel.label != "x")),
    "another's id": lambda s: s.execute(delete(ProductLabel).where(ProductLabel.id.in_(["label-a", "label-b"]))),
    "query": lambda s: s.query(ProductLabel).delete(),
    "query, fetch": lambda s: s.query(ProductLabel).delete(synchronize_session="fetch"),
    "subquery": lambda s: s.execute(delete(ProductLabel).where(ProductLabel.product_id.in_(select(Product.id)))),
    "returning": lambda s: s.execute(delete(ProductLabel).returning(ProductLabel.id)).all(),
    "rows of the ORM": lambda s: _each(s, ProductLabel, s.delete),
}


def _each(session: TenantSession, model: Any, change: Callable[[Any], None]) -> None:
    for row in session.scalars(select(model)).all():
        change(row)
    session.flush()


@pytest.mark.parametrize("name", UPDATES)
def test_update_changes_the_store_s_live_rows_only(stores: TwoStores, name: str) -> None:
    with stores.session() as session:
        UPDATES[name](session)
        assert raw(session, "SELECT id FROM products WHERE slug = 'stolen'") == ["lamp-a"]


@pytest.mark.parametrize("name", DELETES)
def test_delete_removes_the_store_s_rows_only(stores: TwoStores, name: str) -> None:
    with stores.session() as session:
        DELETES[name](session)
        assert raw(session, "SELECT id FROM product_labels") == ["label-b"]


def test_update_with_deleted_rows_stays_inside_the_store(stores: TwoStores) -> None:
    with stores.session() as session:
        session.execute(update(Product).values(description="x").execution_options(**{INCLUDE_DELETED: True}))
        assert sorted(raw(session, "SELECT id FROM products WHERE description = 'x'")) == ["gone-a", "lamp-a"]


def test_update_of_stores_changes_its_own_only(stores: TwoStores) -> None:
    with stores.session() as session:
        session.execute(update(Store).values(phone="x"))
        assert raw(session, "SELECT id FROM stores WHERE phone = 'x'") == [A]


def test_update_by_primary_key_with_a_list_of_rows_changes_no_other_store(stores: TwoStores) -> None:
    for model, change in ((ProductLabel, {"label": "Stolen"}), (Brand, {"name": "Stolen", "version": 1})):
        key = {ProductLabel: "label-b", Brand: "loose-b"}[model]
        with stores.session() as session:
            with refusal_will_do(), suppress(SQLAlchemyError):
                session.execute(update(model), [{"id": key, **change}])
            assert "Stolen" not in raw(session, "SELECT label FROM product_labels UNION SELECT name FROM brands")


def test_update_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    name = select(func.max(Brand.name)).where(Brand.name == "Brand B").scalar_subquery()
    with stores.session() as session:
        session.execute(update(Product).values(description=func.coalesce(name, "none")))
        assert raw(session, "SELECT description FROM products WHERE id = 'lamp-a'") == ["none"]


def test_update_from_another_model_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    with stores.session() as session, refusal_will_do():
        statement = update(Product).where(Brand.name == "Brand B").values(description=Brand.name)
        session.execute(statement, execution_options=UNSYNCHRONIZED)
        assert raw(session, "SELECT description FROM products WHERE id = 'lamp-a'") == [None]


def test_update_of_a_global_model_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    with stores.session() as session, refusal_will_do():
        session.execute(update(User).values(image=select(func.max(Product.name)).scalar_subquery()))
        assert raw(session, "SELECT image FROM users") == ["Lamp A"]


def test_update_of_a_global_model_from_another_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    with stores.session() as session, refusal_will_do():
        statement = update(User).where(Brand.name == "Brand B", Brand.slug != User.id).values(image=Brand.name)
        session.execute(statement, execution_options=UNSYNCHRONIZED)
        assert raw(session, "SELECT image FROM users") == [None]


def test_update_returning_a_subquery_reads_the_store_s_live_rows_only(stores: TwoStores) -> None:
    read = select(func.count(aliased(Product).id)).scalar_subquery()
    with stores.session() as session, refusal_will_do():
        assert session.scalars(update(Brand).where(Brand.slug == "brand").values(name="x").returning(read)).all() == [1]


def test_delete_using_another_model_reads_the_store_s_rows_only(stores: TwoStores) -> None:
    if stores.is_postgresql:  # SQLite has no DELETE ... USING
        with stores.session() as session, refusal_will_do():
            session.execute(delete(ProductLabel).where(Brand.name == "Brand B"), execution_options=UNSYNCHRONIZED)
            assert sorted(raw(session, "SELECT id FROM product_labels")) == ["label-a", "label-b"]


@pytest.mark.parametrize("change", [{}, {"store_id": A, "product_id": "lamp-a"}])
def test_upsert_changes_no_row_of_another_store(stores: TwoStores, change: dict[str, str]) -> None:
    made = (postgresql.insert if stores.is_postgresql else sqlite_dialect.insert)(ProductLabel)
    row = {"id": "label-b", "product_id": "lamp-a", "label": "x"}
    upsert: Insert = made.values(row).on_conflict_do_update(index_elements=["id"], set_=change | {"label": "Stolen"})
    with stores.session() as session:
        with refusal_will_do():
            session.execute(upsert)
        assert raw(session, "SELECT label || ' ' || store_id FROM product_labels WHERE id = 'label-b'") == [
            f"NEW B {B}"
        ]


@pytest.mark.parametrize("sql", ["insert", "update", "delete"])
def test_a_cte_that_writes_stays_inside_the_store(stores: TwoStores, sql: str) -> None:
    if not stores.is_postgresql:  # SQLite has no CTE that writes
        return
    row = {"id": "new", "store_id": B, "product_id": "lamp-b", "label": "Stolen"}
    writes: dict[str, Any] = {
        "insert": insert(ProductLabel).values(row),
        "update": update(ProductLabel).values(label="Stolen"),
        "delete": delete(ProductLabel),
    }
    written = writes[sql].returning(ProductLabel.id).cte()
    with stores.session() as session:
        with refusal_will_do():
            session.execute(select(func.count()).select_from(written)).all()
        assert raw(session, f"SELECT label FROM product_labels WHERE store_id = '{B}'") == ["NEW B"]


def test_a_cte_does_not_delete_what_can_be_restored(stores: TwoStores) -> None:
    if stores.is_postgresql:
        with stores.session() as session, pytest.raises(TenancyError):
            session.execute(select(func.count()).select_from(delete(Brand).returning(Brand.id).cte()))


def test_parameters_cannot_replace_the_store(stores: TwoStores) -> None:
    with stores.session() as session:
        for name in ("store_id_1", "store_id", "param_1", "store_id_2"):
            with pytest.raises(TenancyError):
                session.execute(select(Product.name).where(literal("x") != "y"), {name: B})
