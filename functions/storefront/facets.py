"""What a list can be narrowed by, with counts: one statement, each facet a query of its own inside it.

A facet counts what all filters but its own would find, so that a second value can be chosen beside the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import CTE, ColumnElement, case, func, select, true
from sqlalchemy.orm import aliased

from functions.storefront.filters import ProductQuery, matching
from functions.storefront.schemas import FacetsRead
from functions.storefront.shelves import on_show
from shared.currency import in_currency
from shared.json_sql import each_value, json_object, json_row, json_rows, money_text
from shared.models import Attribute, Brand, Category, Product, ProductAttribute, ProductCategory, ProductLabel, Store
from shared.on_sale import on_sale
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession
from shared.text_search import hits

_MOST = 100
_STEPS = [step * 10**power for power in range(1, 7) for step in (Decimal(1), Decimal("2.5"), Decimal(5))]
_RANGES = [(None, _STEPS[0]), *pairwise(_STEPS), (_STEPS[-1], None)]


def read_facets(session: TenantSession, query: ProductQuery) -> FacetsRead:
    """The facets of a list. Amounts are in the store's currency."""
    found = _sets(hits(session, query.q) if query.q else None)
    chosen = sorted({pair.split(":", 1)[0] for pair in query.attribute})
    others = Attribute.slug.not_in(chosen) if chosen else true()
    any_price = replace(query, min_price=None, max_price=None)
    statement = select(
        select(func.count()).select_from(found(query)).scalar_subquery().label("total"),
        _categories(found(replace(query, category=None))).label("categories"),
        _brands(found(replace(query, brand=()))).label("brands"),
        _labels(found(replace(query, label=()))).label("labels"),
        _attributes(found(query), others).label("attributes"),
        *(_attributes(found(_without(query, slug)), Attribute.slug == slug).label(f"of {slug}") for slug in chosen),
        _ends(found(any_price)).label("ends"),
        _prices(found(any_price)).label("prices"),
    ).where(Store.id == tenant_of(session).id)
    # A model of the session's own in front: what is not the ORM's is not filtered.
    row = session.execute(statement.select_from(Store)).one()._mapping
    values = [value for name in ("attributes", *(f"of {slug}" for slug in chosen)) for value in row[name]]
    return _shown(dict(row) | {"attributes": _by_attribute(values)}, tenant_of(session).currency)


def _sets(words: CTE | None) -> Callable[[ProductQuery], CTE]:
    """The products that a query finds, as a part of the statement that facets of equal queries share."""

    @cache
    def found(query: ProductQuery) -> CTE:
        columns = (Product.id, Product.brand_id, Product.price_min)
        statement = select(*columns).where(*on_sale(), *matching(query))
        if words is not None:
            statement = statement.join(words, words.c.product_id == Product.id)
        # Counted first, then joined: its size, which the planner guesses too low, is no matter then.
        return statement.cte().prefix_with("MATERIALIZED", dialect="postgresql")

    def hashable(query: ProductQuery) -> ProductQuery:
        return replace(query, brand=tuple(query.brand), label=tuple(query.label), attribute=tuple(query.attribute))

    return lambda query: found(hashable(query))


def _without(query: ProductQuery, slug: str) -> ProductQuery:
    return replace(query, attribute=[pair for pair in query.attribute if pair.split(":", 1)[0] != slug])


def _categories(found: CTE) -> Any:
    """A category counts what is in it and in those inside it, once."""
    tree = select(Category.id.label("id"), Category.id.label("above")).where(on_show()).cte(recursive=True)
    child = aliased(Category)
    deeper = select(child.id, tree.c.above).join(tree, child.parent_id == tree.c.id).where(child.is_active)
    tree = tree.union_all(deeper)
    placed = (
        select(tree.c.above, ProductCategory.product_id)
        .join(tree, tree.c.id == ProductCategory.category_id)
        .join(found, found.c.id == ProductCategory.product_id)
        .distinct()
        .subquery()
    )
    counted = select(placed.c.above, func.count().label("count")).group_by(placed.c.above).subquery()
    shown = json_object(slug=Category.slug, name=Category.name, count=counted.c.count)
    rows = select(shown).select_from(Category).join(counted, counted.c.above == Category.id)
    return json_rows(rows.order_by(counted.c.count.desc(), Category.name).limit(_MOST))


def _brands(found: CTE) -> Any:
    counted = select(found.c.brand_id, func.count().label("count")).group_by(found.c.brand_id).subquery()
    shown = json_object(slug=Brand.slug, name=Brand.name, count=counted.c.count)
    rows = select(shown).select_from(Brand).join(counted, counted.c.brand_id == Brand.id).where(Brand.is_active)
    return json_rows(rows.order_by(counted.c.count.desc(), Brand.name).limit(_MOST))


def _labels(found: CTE) -> Any:
    count = func.count(ProductLabel.product_id.distinct()).label("count")
    counted = (
        select(ProductLabel.label, count)
        .join(found, found.c.id == ProductLabel.product_id)
        .group_by(ProductLabel.label)
        .subquery()
    )
    rows = select(json_object(label=counted.c.label, count=counted.c.count)).select_from(counted)
    return json_rows(rows.order_by(counted.c.count.desc(), counted.c.label).limit(_MOST))


def _attributes(found: CTE, which: ColumnElement[bool]) -> Any:
    """A row for each value of an attribute, those of one attribute side by side."""
    value = each_value(ProductAttribute.selected_values)
    same = (ProductAttribute.attribute_id, value.c.value)
    counted = (
        select(*same, func.count().label("count"))
        .select_from(ProductAttribute)
        .join(found, found.c.id == ProductAttribute.product_id)
        .join(value, true())
        .group_by(*same)
        .subquery()
    )
    of = json_object(
        slug=Attribute.slug,
        name=Attribute.name,
        type=Attribute.type,
        order=Attribute.display_order,
        value=counted.c.value,
        count=counted.c.count,
    )
    rows = select(of).select_from(Attribute).join(counted, counted.c.attribute_id == Attribute.id)
    rows = rows.where(Attribute.is_active, which)
    ordered = (Attribute.display_order, Attribute.name, Attribute.id, counted.c.count.desc(), counted.c.value)
    return json_rows(rows.order_by(*ordered).limit(_MOST * 5))


def _ends(found: CTE) -> Any:
    ends = json_object(min=money_text(func.min(found.c.price_min)), max=money_text(func.max(found.c.price_min)))
    return json_row(select(ends).select_from(found))


def _prices(found: CTE) -> Any:
    """How many products there are in each range, by its place; none where there are none."""
    place = case(*((found.c.price_min < step, place) for place, step in enumerate(_STEPS)), else_=len(_STEPS))
    placed = select(place.label("place")).select_from(found).subquery()
    counted = select(placed.c.place, func.count().label("count")).group_by(placed.c.place).subquery()
    rows = select(json_object(place=counted.c.place, count=counted.c.count)).select_from(counted)
    return json_rows(rows.order_by(counted.c.place))


def _by_attribute(values: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    ordered = sorted(values, key=lambda value: (value["order"], value["name"], value["slug"]))
    alike = groupby(ordered, key=lambda value: (value["slug"], value["name"], value["type"]))
    return [{"slug": slug, "name": name, "type": kind, "values": list(same)} for (slug, name, kind), same in alike]


def _shown(row: dict[str, Any], currency: str) -> FacetsRead:
    def amount(value: Decimal | str | None) -> Decimal | None:
        return None if value is None else in_currency(value, currency)

    ranges = [
        {"from_": amount(_RANGES[found["place"]][0] or Decimal(0)), "to": amount(_RANGES[found["place"]][1])}
        | {"count": found["count"]}
        for found in row["prices"]
    ]
    price = {"min": amount(row["ends"]["min"]), "max": amount(row["ends"]["max"]), "ranges": ranges}
    return FacetsRead.model_validate(row | {"currency": currency, "price": price})
