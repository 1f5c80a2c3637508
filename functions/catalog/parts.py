"""The parts of a product that have no life of their own: its places on shelves, its qualities, its badges."""

from collections.abc import Mapping, Sequence
from typing import Any

from slugify import slugify
from sqlalchemy import Select, delete, select

from functions.catalog.schemas import AttributeGiven, LabelGiven, OptionGiven, PlacementGiven
from shared.errors import ConflictError
from shared.models import Attribute, Product, ProductAttribute, ProductCategory, ProductLabel, Variant
from shared.models.base import new_id
from shared.saving import saved
from shared.tenant_session import TenantSession


def place(session: TenantSession, product: Product, places: Sequence[PlacementGiven]) -> None:
    """Put a product on these shelves and no others."""
    _clear(session, ProductCategory, product)
    session.add_all(ProductCategory(product_id=product.id, **given.model_dump()) for given in places)


def describe(session: TenantSession, product: Product, given: Sequence[AttributeGiven]) -> None:
    """Give a product these qualities and no others; what is said twice of one is put together.

    Raises ConflictError for an attribute that has just been removed.
    """
    _clear(session, ProductAttribute, product)
    merged: dict[str, list[str]] = {}
    for one in given:
        values = merged.setdefault(one.attribute_id, [])
        values += [value for value in one.values if value not in values]
    there = select(Attribute.id).where(Attribute.id.in_(merged)).order_by(Attribute.id)
    if merged and set(session.scalars(there.with_for_update(read=True, key_share=True))) != merged.keys():
        raise ConflictError("attribute_gone", "An attribute has just been removed; read them again.")
    session.add_all(
        ProductAttribute(product_id=product.id, attribute_id=attribute_id, selected_values=values)
        for attribute_id, values in merged.items()
    )


def label(session: TenantSession, product: Product, labels: Sequence[LabelGiven]) -> None:
    """Give a product these badges and no others."""
    _clear(session, ProductLabel, product)
    session.add_all(ProductLabel(product_id=product.id, **given.model_dump()) for given in labels)


def as_attributes(session: TenantSession, options: Sequence[OptionGiven]) -> list[AttributeGiven]:
    """Options as qualities, so that shoppers can narrow a list by them; names and values that are new are added."""
    slugs = {option.name: slugify(option.name) or option.name for option in options}
    query = select(Attribute).where(Attribute.slug.in_(slugs.values())).order_by(Attribute.id).with_for_update()
    known = {row.slug: row for row in session.scalars(query)}
    found = []
    for option in options:
        row = known.get(slugs[option.name])
        if row is None:
            row = Attribute(id=new_id(), name=option.name, slug=slugs[option.name], values=[])
            session.add(row)
        row.values = [*row.values, *(value for value in option.values if value not in row.values)]
        found.append(AttributeGiven(attribute_id=row.id, values=option.values))
    saved(session, lambda: None)
    return found


def follow_options(
    session: TenantSession, product: Product, before: Mapping[str, str], after: Mapping[str, str]
) -> None:
    """Let a product's qualities follow a variant whose options were `before` and are `after`; empty is no variant.

    So that shoppers who narrow a list by a value find the product as long as it has a variant of that value.
    """
    new = [OptionGiven(name=name, values=[value]) for name, value in after.items() if before.get(name) != value]
    for given in as_attributes(session, new) if new else []:
        row = session.scalar(_quality(product, given.attribute_id))
        if row is None:
            row = ProductAttribute(product_id=product.id, attribute_id=given.attribute_id, selected_values=[])
            session.add(row)
        row.selected_values = [*row.selected_values, *(v for v in given.values if v not in row.selected_values)]
    session.flush()
    used = list(session.scalars(select(Variant.attributes).where(Variant.product_id == product.id)))
    for name, value in before.items():
        if not any(options.get(name) == value for options in used):
            _drop_value(session, product, name, value)


def _drop_value(session: TenantSession, product: Product, name: str, value: str) -> None:
    attribute = select(Attribute.id).where(Attribute.slug == (slugify(name) or name))
    row = session.scalar(_quality(product, attribute.scalar_subquery()))
    if row is not None and row.selected_values == [value]:
        session.delete(row)
    elif row is not None:
        row.selected_values = [other for other in row.selected_values if other != value]


def _quality(product: Product, attribute_id: Any) -> Select[ProductAttribute]:
    return select(ProductAttribute).where(
        ProductAttribute.product_id == product.id, ProductAttribute.attribute_id == attribute_id
    )


def _clear(session: TenantSession, model: Any, product: Product) -> None:
    gone = delete(model).where(model.product_id == product.id)
    session.execute(gone.execution_options(synchronize_session=False))
