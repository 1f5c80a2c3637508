"""Rows that the session fetches by itself, and by id, are the store's live ones."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import exists, func, select, text
from sqlalchemy.exc import InvalidRequestError, SQLAlchemyError
from sqlalchemy.orm import (
    aliased,
    contains_eager,
    defer,
    immediateload,
    joinedload,
    lazyload,
    selectinload,
    subqueryload,
)
from sqlalchemy.orm.exc import ObjectDeletedError

from shared.database import platform_engine
from shared.models import Brand, Category, Product, Store, User, Variant
from shared.models.base import Base, SoftDeletes, TenantScoped
from shared.tenant_session import INCLUDE_DELETED, TenantSession
from tests.calls import counted
from tests.shared.two_stores import A, B, TwoStores, raw

LOADERS = [lazyload, selectinload, joinedload, subqueryload, immediateload]
MODELS: list[Any] = [mapper.class_ for mapper in Base.registry.mappers]
SCOPED = sorted((cls for cls in MODELS if issubclass(cls, TenantScoped)), key=lambda cls: str(cls.__name__))


@pytest.mark.parametrize("loader", LOADERS)
def test_a_relationship_loads_live_rows_only(stores: TwoStores, loader: Callable[..., Any]) -> None:
    with stores.session() as session:
        product = session.scalars(select(Product).options(loader(Product.variants))).unique().one()
        assert [variant.sku for variant in product.variants] == ["UNIT-A"]


@pytest.mark.parametrize("loader", LOADERS)
def test_a_relationship_of_a_relationship_loads_live_rows_only(stores: TwoStores, loader: Callable[..., Any]) -> None:
    path = loader(Category.children), loader(Category.parent)
    with stores.session() as session:
        found = session.scalars(select(Category).where(Category.slug == "shelf").options(*path)).unique().one()
        assert [child.name for child in found.children] == ["Board A"]
        session.connection().execute(text("UPDATE categories SET deleted_at = updated_at WHERE id = 'board-a'"))
        session.expire_all()
        assert found.children == []


@pytest.mark.parametrize("loader", LOADERS)
def test_a_relationship_never_follows_a_key_into_another_store(stores: TwoStores, loader: Callable[..., Any]) -> None:
    with stores.session() as session:
        found = session.scalars(select(Product).options(loader(Product.brand))).unique().one()
        assert found.brand is not None
        assert found.brand.name == "Brand A"
        session.expire_all()
        session.connection().execute(text("UPDATE brands SET deleted_at = updated_at WHERE id = 'brand-a'"))
        assert found.brand is None


@pytest.mark.parametrize("loader", LOADERS)
def test_many_to_many_loads_live_rows_only(stores: TwoStores, loader: Callable[..., Any]) -> None:
    statement = select(Product).options(loader(Product.categories))
    with stores.session() as session:
        assert [c.name for c in session.scalars(statement).unique().one().categories] == ["Shelf A"]
        session.connection().execute(text("UPDATE categories SET deleted_at = updated_at WHERE id = 'shelf-a'"))
        session.expire_all()
        assert session.scalars(statement).unique().one().categories == []


def test_contains_eager_loads_live_rows_only(stores: TwoStores) -> None:
    statement = select(Product).join(Product.variants).options(contains_eager(Product.variants))
    with stores.session() as session:
        assert [v.sku for v in session.scalars(statement).unique().one().variants] == ["UNIT-A"]


def test_a_filtered_relationship_loads_live_rows_only(stores: TwoStores) -> None:
    statement = select(Product).options(selectinload(Product.variants.and_(Variant.sku != "x")))
    with stores.session() as session:
        assert [v.sku for v in session.scalars(statement).one().variants] == ["UNIT-A"]


def test_deleted_rows_of_the_store_are_loaded_when_asked_for(stores: TwoStores) -> None:
    statement = select(Product).options(selectinload(Product.variants)).where(Product.slug == "lamp")
    with stores.session() as session:
        found = session.scalars(statement.execution_options(**{INCLUDE_DELETED: True})).one()
        assert {variant.sku for variant in found.variants} == {"UNIT-A", "LOST-A"}


@pytest.mark.parametrize("model", SCOPED)
def test_every_model_of_a_store_is_filtered(stores: TwoStores, model: Any) -> None:
    table = model.__tablename__
    with stores.session() as session, counted(platform_engine()) as sent:
        session.execute(select(model.id)).all()
        session.execute(select(aliased(model).id)).all()
    selects = [sql for sql in sent if sql.startswith("SELECT")]
    for name, sql in zip((table, f"{table}_1"), selects, strict=True):
        assert f"{name}.store_id = " in sql.split("WHERE")[1]
    assert all(("deleted_at IS NULL" in sql) == issubclass(model, SoftDeletes) for sql in selects)


@pytest.mark.parametrize("name", ["lamp-b", "gone-a", "gone-b"])
def test_get_finds_neither_another_store_s_row_nor_a_deleted_one(stores: TwoStores, name: str) -> None:
    with stores.session() as session:
        assert session.get(Product, name) is None
        assert session.get(Product, name, populate_existing=True, with_for_update=True) is None
        assert session.query(Product).filter_by(id=name).first() is None
        assert session.get(Product, "lamp-a") is not None


def test_get_of_deleted_rows_stays_inside_the_store(stores: TwoStores) -> None:
    option = {INCLUDE_DELETED: True}
    with stores.session() as session:
        assert session.get(Product, "gone-a", execution_options=option) is not None
        assert session.get(Product, "gone-b", execution_options=option) is None
        assert session.get(Store, B) is None
        assert session.get(Store, A) is not None


def test_query_sees_the_store_s_live_rows_only(stores: TwoStores) -> None:
    with stores.session() as session:
        assert session.query(Product).count() == 1
        assert session.query(Product.name).all() == [("Lamp A",)]
        assert session.query(func.count(Product.id)).scalar() == 1
        assert session.query(Product).union(session.query(Product)).count() == 1
        assert session.query(exists().where(Product.name == "Lamp B")).scalar() is False
        assert [p.name for p in session.query(Product).yield_per(1)] == ["Lamp A"]


def test_streamed_rows_are_the_store_s(stores: TwoStores) -> None:
    with stores.session() as session:
        assert list(session.scalars(select(Product.name).execution_options(yield_per=1))) == ["Lamp A"]
        assert [list(part) for part in session.scalars(select(Product.name)).partitions(1)] == [["Lamp A"]]


def test_bind_arguments_and_cache_options_do_not_lift_the_filter(stores: TwoStores) -> None:
    with stores.session() as session:
        engine = session.get_bind()
        assert session.scalars(select(Product.name), bind_arguments={"mapper": User, "bind": engine}).all() == [
            "Lamp A"
        ]
        assert session.scalars(select(Product.name), execution_options={"compiled_cache": None}).all() == ["Lamp A"]


def test_one_statement_used_in_turn_sees_the_store_of_each_session(stores: TwoStores) -> None:
    statement = select(Product.name).where(Product.variants.any(Variant.price > 0))
    for store_id, name in ((A, "Lamp A"), (B, "Lamp B")) * 3:
        with stores.session(store_id) as session:
            assert session.scalars(statement).all() == [name]
            assert [v.sku for v in session.scalars(select(Product)).one().variants] == [name.replace("Lamp ", "UNIT-")]


@pytest.mark.parametrize("reload", ["refresh", "refresh one", "expired", "deferred"])
def test_a_row_that_has_moved_to_another_store_is_not_reloaded(stores: TwoStores, reload: str) -> None:
    with stores.session() as session:
        brand = session.scalars(select(Brand).where(Brand.slug == "loose").options(defer(Brand.name))).one()
        move_loose(session)
        if reload == "expired":
            session.expire(brand)
        acts: dict[str, Callable[[], Any]] = {
            "refresh": lambda: session.refresh(brand),
            "refresh one": lambda: session.refresh(brand, ["name"]),
            "expired": lambda: brand.slug,
            "deferred": lambda: brand.name,
        }
        with pytest.raises((ObjectDeletedError, InvalidRequestError)):
            acts[reload]()


def move_loose(session: TenantSession) -> None:
    session.connection().execute(text(f"UPDATE brands SET store_id = '{B}', slug = 'moved' WHERE id = 'loose-a'"))


def test_a_row_of_another_store_is_not_reached_through_a_detached_object(stores: TwoStores) -> None:
    with stores.session(B) as other:
        product = other.scalars(select(Product)).one()
        other.expunge(product)
    with stores.session() as session:
        session.add(product)
        assert product.variants == []
        with pytest.raises(InvalidRequestError):
            session.refresh(product)


def test_merge_neither_finds_nor_changes_another_store_s_row(stores: TwoStores) -> None:
    with stores.session() as session:
        merged = session.merge(Brand(id="loose-b", name="Stolen", slug="stolen"))
        assert merged not in session.identity_map.values()
        with pytest.raises(SQLAlchemyError):
            session.flush()
        session.rollback()
        assert raw(session, "SELECT name FROM brands WHERE id = 'loose-b'") == ["Loose B"]
