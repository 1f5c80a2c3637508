"""A session of one store reads its live rows only, however a statement is built."""

from typing import Any

import pytest
from sqlalchemy import (
    Integer,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import Bundle, aliased, with_loader_criteria, with_parent
from sqlalchemy.orm import join as orm_join
from sqlalchemy.orm import outerjoin as orm_outerjoin

from shared.models import Brand, Category, Customer, Product, Store, TenantScoped, User, Variant
from shared.tenant_session import INCLUDE_DELETED
from tests.shared.two_stores import TwoStores, refusal_will_do

OTHER, INNER = aliased(Product), aliased(Variant)
PRODUCTS = select(Product.id, Product.name).subquery()
NAMED = select(Product.name.label("name")).cte("named")
EVERY = {INCLUDE_DELETED: True}


def _tree() -> Any:
    top = select(Category.id, Category.name).where(Category.parent_id.is_(None)).cte("tree", recursive=True)
    return top.union_all(select(Category.id, Category.name).join(top, Category.parent_id == top.c.id))


TREE = _tree()
OF_PRODUCT = Variant.product_id == Product.id
CHEAPEST = select(func.min(Variant.price)).where(OF_PRODUCT).correlate(Product).scalar_subquery()
ANY_NAME = select(func.min(Brand.name)).where(Brand.name > "Brand A").scalar_subquery()

# What a session of A reads, each against what a hole would add: B's rows, or rows of A that are deleted.
READS: dict[str, tuple[Any, list[Any]]] = {
    "entity": (select(Product), ["Lamp A"]),
    "store": (select(Store.name), ["Shop A"]),
    "column": (select(Product.name), ["Lamp A"]),
    "label": (select(Product.name.label("n")), ["Lamp A"]),
    "bundle": (select(Bundle("b", Product.name)), [("Lamp A",)]),
    "join": (select(Product.name).join(Variant, OF_PRODUCT), ["Lamp A"]),
    "join on anything": (select(Variant.sku).select_from(Product).join(Variant, true()), ["UNIT-A"]),
    "join from the other side": (select(Product.name).select_from(Variant).join(Product, true()), ["Lamp A"]),
    "join of a relationship": (select(Variant.sku).join(Variant.product), ["UNIT-A"]),
    "join of many-to-many": (select(Category.name).select_from(Product).join(Product.categories), ["Shelf A"]),
    "join of a filtered relationship": (select(Product.name).join(Product.variants.and_(true())), ["Lamp A"]),
    "join with an ORM join": (select(Variant.sku).select_from(orm_join(Product, Variant, true())), ["UNIT-A"]),
    "outer join": (select(Product.name, Variant.sku).outerjoin(Variant, true()), ["Lamp A", "UNIT-A"]),
    "outer join finds nothing": (
        select(Brand.slug, OTHER.name).outerjoin(OTHER, OTHER.name == "Lamp B"),
        [None, None, "brand", "loose"],
    ),
    "outer ORM join": (select(Variant.sku).select_from(orm_outerjoin(Product, Variant, true())), ["UNIT-A"]),
    "full join from a global model": (
        select(Customer.first_name).select_from(User).outerjoin(Customer, Customer.email == User.email, full=True),
        ["Customer A"],
    ),
    "full join to a subquery": (
        select(Variant.sku).select_from(PRODUCTS).outerjoin(Variant, Variant.product_id == PRODUCTS.c.id, full=True),
        ["UNIT-A"],
    ),
    "full ORM join": (
        select(Customer.first_name).select_from(orm_join(User, Customer, Customer.email == User.email, full=True)),
        ["Customer A"],
    ),
    "join to a lateral": (
        select(Product.name, PRODUCTS.c.name).join(PRODUCTS, true()),
        ["Lamp A", "Lamp A"],
    ),
    "two models": (select(Product.name, Brand.name).where(Product.brand_id == Brand.id), ["Brand A", "Lamp A"]),
    "subquery in FROM": (select(PRODUCTS.c.name), ["Lamp A"]),
    "count of a subquery": (select(func.count()).select_from(PRODUCTS), [1]),
    "aliased subquery": (select(aliased(Product, select(Product).subquery()).name), ["Lamp A"]),
    "aliased CTE": (select(aliased(Product, select(Product).cte()).name), ["Lamp A"]),
    "subquery in a subquery": (select(select(PRODUCTS.c.name).subquery().c.name), ["Lamp A"]),
    "scalar subquery": (select(select(func.count(Product.id)).scalar_subquery()), [1]),
    "scalar subquery beside a model": (
        select(Brand.slug, select(func.count(Product.id)).scalar_subquery()),
        [1, 1, "brand", "loose"],
    ),
    "scalar subquery in a function": (
        select(func.coalesce(select(func.count(Product.id)).scalar_subquery(), 0)),
        [1],
    ),
    "scalar subquery in CASE": (select(case((true(), select(func.count(Product.id)).scalar_subquery()))), [1]),
    "scalar subquery in arithmetic": (select(select(func.count(Product.id)).scalar_subquery() + 0), [1]),
    "correlated subquery": (select(Product.name).where(CHEAPEST == 10), ["Lamp A"]),
    "correlated subquery in ORDER BY": (select(Product.name).order_by(CHEAPEST), ["Lamp A"]),
    "subquery in HAVING": (
        select(Product.name)
        .group_by(Product.name)
        .having(func.count() == select(func.count(OTHER.id)).scalar_subquery()),
        ["Lamp A"],
    ),
    "IN a subquery": (select(User.id).where(literal("Lamp B").in_(select(Product.name))), []),
    "IN a subquery of deleted rows": (select(User.id).where(literal("Gone A").in_(select(Product.name))), []),
    "NOT IN a subquery": (select(User.id).where(literal("Lamp B").not_in(select(Product.name))), ["user"]),
    "EXISTS": (select(User.id).where(exists(select(Product.id).where(Product.name == "Lamp B"))), []),
    "EXISTS by condition": (select(User.id).where(exists().where(Product.name == "Lamp B")), []),
    "EXISTS of a select": (select(User.id).where(select(Product).where(Product.name == "Gone A").exists()), []),
    "EXISTS as a column": (select(exists().where(Product.name == "Lamp B").cast(Integer)), [0]),
    "EXISTS alone": (select(literal("leak")).where(exists().where(Product.name == "Lamp B")), []),
    "any()": (select(User.id).where(exists().where(Brand.name == ANY_NAME, Brand.slug == "brand")), []),
    "relationship any()": (select(Product.name).where(Product.variants.any(Variant.sku == "LOST-A")), []),
    "relationship has()": (select(Variant.sku).where(Variant.product.has(Product.name == "Lamp B")), []),
    "many-to-many any()": (select(Product.name).where(Product.categories.any(Category.slug == "shelf")), ["Lamp A"]),
    "with_parent": (
        select(Variant.sku).where(with_parent(Product(id="lamp-b", store_id="store-b"), Product.variants)),
        [],
    ),
    "union": (union(select(Product.name), select(Brand.name).where(Brand.slug == "brand")), ["Brand A", "Lamp A"]),
    "union all": (union_all(select(Product.name), select(Product.name)), ["Lamp A", "Lamp A"]),
    "union of entities": (
        select(Product.name).union(select(Category.name).where(Category.slug == "shelf")),
        ["Lamp A", "Shelf A"],
    ),
    "union in FROM": (
        select(union_all(select(Product.name), select(Product.name)).subquery().c.name),
        ["Lamp A", "Lamp A"],
    ),
    "entity from a union": (
        select(aliased(Product, union_all(select(Product), select(Product)).subquery()).name),
        ["Lamp A", "Lamp A"],
    ),
    "intersect": (select(Product.name).intersect(select(OTHER.name)), ["Lamp A"]),
    "except": (select(Product.name).except_(select(Product.name).where(Product.name == "x")), ["Lamp A"]),
    "union with a global model": (union(select(User.id), select(Product.name)), ["Lamp A", "user"]),
    "CTE": (select(NAMED.c.name), ["Lamp A"]),
    "CTE beside nothing": (select(literal("x")).where(exists(select(NAMED).where(NAMED.c.name == "Lamp B"))), []),
    "recursive CTE": (select(TREE.c.name), ["Board A", "Shelf A"]),
    "alias": (select(OTHER.name), ["Lamp A"]),
    "alias of an alias": (select(aliased(OTHER).name), ["Lamp A"]),
    "alias joined to its model": (select(Product.name, OTHER.name).join(OTHER, true()), ["Lamp A", "Lamp A"]),
    "select_from": (select(literal("x")).select_from(Product), ["x"]),
    "count": (select(func.count(Product.id)), [1]),
    "count from": (select(func.count()).select_from(Product), [1]),
    "group by": (select(Product.slug, func.count()).group_by(Product.slug), [1, "lamp"]),
    "distinct": (select(Product.name).distinct(), ["Lamp A"]),
    "tuple": (
        select(User.id).where(tuple_(literal("Lamp B"), literal("lamp")).in_(select(Product.name, Product.slug))),
        [],
    ),
    "or": (select(Product.name).where(or_(Product.name == "Lamp B", Product.name == "Lamp A")), ["Lamp A"]),
    "always true": (select(Product.name).where(or_(true(), Product.name == "x")), ["Lamp A"]),
    "criteria of its own": (
        select(Product.name).options(with_loader_criteria(TenantScoped, lambda cls: cls.store_id.is_not(None))),
        ["Lamp A"],
    ),
    "locking": (select(Product.name).with_for_update(), ["Lamp A"]),
    "condition on a model not selected": (select(literal("leak")).where(Product.name == "Lamp B"), []),
    "literal": (select(literal("x")), ["x"]),
    "global model": (select(User.name), ["User"]),
    "deleted too": (select(Product.name).execution_options(**EVERY), ["Gone A", "Lamp A"]),
    "deleted too, in a subquery": (select(PRODUCTS.c.name).execution_options(**EVERY), ["Gone A", "Lamp A"]),
    "deleted too, any()": (
        select(Product.name).where(Product.variants.any(Variant.sku == "LOST-A")).execution_options(**EVERY),
        ["Lamp A"],
    ),
}


def flat(rows: Any) -> list[Any]:
    """The values of rows in order; of a product its name."""
    values = [value for row in rows for value in row]
    return sorted((value.name if isinstance(value, Product) else value for value in values), key=str)


@pytest.mark.parametrize("name", READS)
def test_reads_only_live_rows_of_its_store(stores: TwoStores, name: str) -> None:
    statement, expected = READS[name]
    with stores.session() as session, refusal_will_do(only="full" in name):
        assert flat(session.execute(statement)) == expected
