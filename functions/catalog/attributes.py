"""Attributes: the qualities that products of a store have, with their possible values."""

from collections.abc import Mapping
from typing import Any

from slugify import slugify
from sqlalchemy import select

from functions.catalog.schemas import AttributeCreate, AttributeUpdate
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.models import Attribute, ProductAttribute
from shared.models.base import new_id
from shared.models.enums import AttributeType
from shared.saving import assign, saved
from shared.slugs import is_taken, slug_taken
from shared.tenant_session import TenantSession
from shared.versions import check_if_match


def list_attributes(session: TenantSession) -> list[Attribute]:
    """All attributes, in their order."""
    return list(session.scalars(select(Attribute).order_by(Attribute.display_order, Attribute.name, Attribute.id)))


def attribute_of(session: TenantSession, attribute_id: str, *, lock: bool = False) -> Attribute:
    """An attribute; with `lock` no product is given it meanwhile. Raises NotFoundError."""
    query = select(Attribute).where(Attribute.id == attribute_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError("attribute_not_found", "There is no such attribute.")
    return row


def create_attribute(session: TenantSession, body: AttributeCreate) -> Attribute:
    """Add an attribute. Raises ConflictError for a taken slug."""
    slug = body.slug or slugify(body.name) or "attribute"
    if is_taken(session, Attribute, slug):
        raise slug_taken(slug)
    row = Attribute(id=new_id(), slug=slug, **body.model_dump(exclude={"slug"}))
    saved(session, lambda: session.add(row))
    return row


def update_attribute(
    session: TenantSession, attribute_id: str, body: AttributeUpdate, event: Mapping[str, Any]
) -> Attribute:
    """Change an attribute. Raises NotFoundError, StaleVersionError, InvalidError when a value in use is left out."""
    row = attribute_of(session, attribute_id, lock=True)
    check_if_match(event, row)
    if body.values is not None and (body.type or row.type) is not AttributeType.TEXT:
        used = session.scalars(select(ProductAttribute.selected_values).where(ProductAttribute.attribute_id == row.id))
        if lost := sorted({value for values in used for value in values} - set(body.values)):
            raise InvalidError("value_in_use", f"Products still have: {', '.join(lost)}. Take it from them first.")
    assign(row, body.model_dump(exclude_unset=True))
    session.flush()
    return row


def delete_attribute(session: TenantSession, attribute_id: str, event: Mapping[str, Any]) -> None:
    """Remove an attribute for good. Raises NotFoundError, StaleVersionError, ConflictError while products have it."""
    row = attribute_of(session, attribute_id, lock=True)
    check_if_match(event, row)
    if session.scalar(select(ProductAttribute.id).where(ProductAttribute.attribute_id == row.id).limit(1)) is not None:
        raise ConflictError("attribute_in_use", "Products have this attribute; take it from them first.")
    session.delete(row)
