"""What the session cannot filter or stamp it refuses, and so does it what would cross into another store."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    DDL,
    MetaData,
    Table,
    alias,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    tablesample,
    text,
    true,
    union,
    update,
)
from sqlalchemy.orm import aliased

from shared.errors import TenancyError
from shared.models import Brand, Category, Product, ProductLabel, Store, User, Variant
from shared.models.base import Base, SoftDeletes
from shared.tenant_session import TenantSession
from tests.shared.two_stores import A, B, TwoStores

T = Base.metadata.tables
PRODUCTS, LABELS = T["products"], T["product_labels"]
COPY = Table("products", MetaData(), *(c._copy() for c in PRODUCTS.c if c.name in ("id", "name")))
LABEL: dict[str, Any] = {"id": "new", "product_id": "lamp-a", "label": "x"}
Act = Callable[[TenantSession], Any]
MODELS: list[Any] = sorted((m.class_ for m in Base.registry.mappers), key=lambda cls: str(cls.__name__))
RESTORABLE = [cls for cls in MODELS if issubclass(cls, SoftDeletes)]

# Statements that would read past the filter.
READS: dict[str, Any] = {
    "table": select(PRODUCTS),
    "table's columns": select(PRODUCTS.c.name),
    "table's count": select(func.count()).select_from(PRODUCTS),
    "table's column in a function": select(func.max(PRODUCTS.c.name)),
    "table of another metadata": select(COPY),
    "alias of a table": select(PRODUCTS.alias()),
    "alias of an alias of a table": select(alias(PRODUCTS.alias())),
    "column of an alias of a table": select(PRODUCTS.alias().c.name),
    "aliased table": select(aliased(PRODUCTS)),
    "model over an alias of a table": select(aliased(Product, select(PRODUCTS).subquery())),
    "join to a table": select(Brand.name).join(PRODUCTS, true()),
    "outer join to a table": select(Brand.name).outerjoin(PRODUCTS, true()),
    "join from a table": select(Brand.name).select_from(PRODUCTS.join(Brand, true())),
    "join of a global model to a table": select(User.name).join(PRODUCTS, true()),
    "subquery of a table": select(select(PRODUCTS).subquery()),
    "lateral of a table": select(Brand.name).join(select(PRODUCTS.c.name).lateral(), true()),
    "CTE of a table": select(select(PRODUCTS.c.name).cte().c.name),
    "scalar subquery of a table": select(Brand.name, select(func.max(PRODUCTS.c.name)).scalar_subquery()),
    "IN a table": select(Brand.name).where(Brand.name.in_(select(PRODUCTS.c.name))),
    "EXISTS in a table": select(User.name).where(exists().where(PRODUCTS.c.name == "Lamp B")),
    "union with a table": union(select(Brand.name), select(PRODUCTS.c.name)),
    "sample of a table": select(tablesample(PRODUCTS, func.bernoulli(100)).c.name),
    "sample of a model": select(tablesample(Product, func.bernoulli(100)).c.name),
    "model over a sample": select(aliased(Product, tablesample(Product, func.bernoulli(100)))),
    "lightweight table": select(column("name")).select_from(table("products")),
    "columns of a lightweight table": select(table("products", column("name")).c.name),
    "join to a lightweight table": select(Brand.name, column("sku")).join(table("variants"), true()),
    "text": text("SELECT name FROM products"),
    "text with columns": text("SELECT name FROM products").columns(column("name")),
    "subquery of text": select(text("SELECT name FROM products").columns(column("name")).subquery()),
    "model over text": select(aliased(Brand, text("SELECT * FROM brands").columns(*T["brands"].c).subquery())),
    "union with text": union(select(Brand.name), text("SELECT name FROM products").columns(column("name"))),
    "text in FROM": select(literal_column("name")).select_from(text("products")),
    "text as a column": select(Brand.name, text("(SELECT max(name) FROM products)")),
    "literal column that reads": select(Brand.name, literal_column("(SELECT max(name) FROM products)")),
    "text as a condition": select(Product.name).where(text("name = 'x' OR name = 'Lamp B'")),
    "literal column as a condition": select(Product.name).where(literal_column("name = 'x' OR name = 'Lamp B'")),
    "text in ORDER BY": select(Brand.name).order_by(text("(SELECT max(name) FROM products)")),
    "from_statement of text": select(Product).from_statement(text("SELECT * FROM products")),
    "from_statement of a select": select(Product).from_statement(select(PRODUCTS)),
    "DDL": DDL("DROP TABLE products"),  # type: ignore[no-untyped-call]
    "function": func.now(),
}
# Statements that would write past the filter or the stamp.
WRITES: dict[str, Act] = {
    "update of a table": lambda s: s.execute(update(PRODUCTS).values(name="Stolen")),
    "update of a table where": lambda s: s.execute(update(PRODUCTS).where(PRODUCTS.c.id == "x").values(name="Stolen")),
    "update where a table": lambda s: s.execute(update(Product).where(PRODUCTS.c.id == Product.id).values(name="x")),
    "delete from a table": lambda s: s.execute(delete(LABELS)),
    "delete from a table where": lambda s: s.execute(delete(LABELS).where(LABELS.c.label != "x")),
    "insert into a table": lambda s: s.execute(insert(LABELS).values(LABEL)),
    "insert naming another store": lambda s: s.execute(insert(ProductLabel).values(**LABEL, store_id=B)),
    "insert naming another store by attribute": lambda s: s.execute(
        insert(ProductLabel).values({ProductLabel.store_id: B, ProductLabel.id: "new"})
    ),
    "insert naming another store by parameter": lambda s: s.execute(insert(ProductLabel), LABEL | {"store_id": B}),
    "insert naming another store by bindparam": lambda s: s.execute(
        insert(ProductLabel).values(**LABEL, store_id=bindparam("s")), {"s": B}
    ),
    "insert naming another store by expression": lambda s: s.execute(
        insert(ProductLabel).values(**LABEL, store_id=func.lower(B))
    ),
    "insert naming another store by subquery": lambda s: s.execute(
        insert(ProductLabel).values(**LABEL, store_id=select(literal(B)).scalar_subquery())
    ),
    "insert naming another store among many": lambda s: s.execute(
        insert(ProductLabel), [LABEL | {"store_id": A}, LABEL | {"id": "other", "store_id": B}]
    ),
    "insert naming no store": lambda s: s.execute(insert(ProductLabel), LABEL | {"store_id": None}),
    "multi-values insert": lambda s: s.execute(insert(ProductLabel).values([LABEL, LABEL | {"id": "other"}])),
    "insert of a store": lambda s: s.execute(insert(Store).values(id="new", slug="new", name="New", email="x")),
    "bulk update of store_id": lambda s: s.execute(update(ProductLabel).values(store_id=B)),
    "bulk update of store_id by attribute": lambda s: s.execute(
        update(ProductLabel).values({ProductLabel.store_id: B})
    ),
    "bulk update of store_id by expression": lambda s: s.execute(update(Brand).values(store_id=func.lower(B))),
    "bulk update of store_id by parameter": lambda s: s.execute(update(Brand), {"store_id": B}),
    "bulk update of store_id in order": lambda s: s.execute(update(Brand).ordered_values(("store_id", B))),
    "bulk update of store_id by key": lambda s: s.execute(update(ProductLabel), [{"id": "label-a", "store_id": B}]),
    "query's update of store_id": lambda s: s.query(ProductLabel).update({"store_id": B}),
    "bulk update of a store's id": lambda s: s.execute(update(Store).values(id="other")),
    "bulk_save_objects": lambda s: s.bulk_save_objects([Brand(name="x", slug="x", store_id=B)]),
    "bulk_insert_mappings": lambda s: s.bulk_insert_mappings(Brand, [{"name": "x"}]),
    "bulk_update_mappings": lambda s: s.bulk_update_mappings(Brand, [{"id": "brand-b"}]),
    "row of another store": lambda s: _add(s, Brand(name="x", slug="x", store_id=B)),
    "nested row of another store": lambda s: _add(
        s, Product(name="x", slug="x", variants=[Variant(sku="x", price=1, store_id=B)])
    ),
    "merged row of another store": lambda s: _merge(s, Brand(id="new", name="x", slug="x", store_id=B)),
    "row changed to another store": lambda s: _change(s, "store_id", B),
    "row changed to no store": lambda s: _change(s, "store_id", None),
    "row merged into another store": lambda s: _merge(s, Brand(id="brand-a", store_id=B, version=1)),
    "store added inside another": lambda s: _add(s, Store(slug="new", name="New", email="x")),
    "session.delete of a row that can be restored": lambda s: _delete(s, s.scalars(select(Product)).one()),
    "query's delete of rows that can be restored": lambda s: s.query(Product).delete(),
    "delete of an alias of rows that can be restored": lambda s: s.execute(delete(aliased(Product))),
    "session.delete of a user": lambda s: _delete(s, s.scalars(select(User)).one()),
}


def _add(session: TenantSession, row: Any) -> None:
    session.add(row)
    session.flush()


def _delete(session: TenantSession, row: Any) -> None:
    session.delete(row)
    session.flush()


def _merge(session: TenantSession, row: Any) -> None:
    session.merge(row)
    session.flush()


def _change(session: TenantSession, name: str, value: Any) -> None:
    setattr(session.scalars(select(Category)).first(), name, value)
    session.flush()


@pytest.mark.parametrize("name", READS)
def test_what_cannot_be_filtered_is_not_read(stores: TwoStores, name: str) -> None:
    with stores.session() as session, pytest.raises(TenancyError):
        session.execute(READS[name])


@pytest.mark.parametrize("name", WRITES)
def test_what_would_cross_the_wall_is_not_written(stores: TwoStores, name: str) -> None:
    with stores.session() as session, pytest.raises(TenancyError):
        WRITES[name](session)


@pytest.mark.parametrize("model", RESTORABLE)
def test_rows_that_can_be_restored_are_not_deleted_in_bulk(stores: TwoStores, model: Any) -> None:
    with stores.session() as session, pytest.raises(TenancyError):
        session.execute(delete(model))
