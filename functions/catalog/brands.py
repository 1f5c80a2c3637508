"""Brands: who makes what a store sells."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, tuple_

from functions.catalog.schemas import BrandCreate, BrandRead, BrandUpdate
from shared.errors import NotFoundError
from shared.models import Brand
from shared.models.base import new_id
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.saving import assign, saved
from shared.slugs import claim, free_slug, is_taken, rename, slug_taken
from shared.soft_delete import restore, soft_delete
from shared.tenant_session import TenantSession
from shared.versions import check_if_match


def brand_of(session: TenantSession, brand_id: str) -> Brand:
    """A live brand. Raises NotFoundError."""
    row = session.scalar(select(Brand).where(Brand.id == brand_id))
    if row is None:
        raise NotFoundError("brand_not_found", "There is no such brand.")
    return row


def list_brands(session: TenantSession, limit: int, cursor: str | None) -> Page[BrandRead]:
    """A page of brands, newest first. Raises MalformedError for a broken cursor."""
    query = select(Brand).order_by(Brand.created_at.desc(), Brand.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(Brand.created_at, Brand.id) < place_of_newest(cursor))
    rows = session.scalars(query).all()
    return page_of_newest(rows, limit, lambda row: BrandRead.model_validate(row, from_attributes=True))


def create_brand(session: TenantSession, body: BrandCreate) -> Brand:
    """Add a brand. Raises ConflictError for a taken slug."""
    if body.slug and is_taken(session, Brand, body.slug):
        raise slug_taken(body.slug)
    slug = body.slug or free_slug(session, Brand, body.name)
    claim(session, "brand", slug)
    row = Brand(id=new_id(), slug=slug, **body.model_dump(exclude={"slug"}))
    saved(session, lambda: session.add(row))
    return row


def update_brand(session: TenantSession, brand_id: str, body: BrandUpdate, event: Mapping[str, Any]) -> Brand:
    """Change a brand. Raises NotFoundError, StaleVersionError by `If-Match`, ConflictError for a taken slug."""
    row = brand_of(session, brand_id)
    check_if_match(event, row)
    given = body.model_dump(exclude_unset=True)
    if slug := given.pop("slug", None):
        if is_taken(session, Brand, slug, own_id=row.id):
            raise slug_taken(slug)
        rename(session, "brand", row, slug)
    assign(row, given)
    saved(session, lambda: None)
    return row


def delete_brand(session: TenantSession, brand_id: str, event: Mapping[str, Any]) -> None:
    """Delete a brand; its products stay. 90 days can undo it. Raises NotFoundError, StaleVersionError."""
    row = brand_of(session, brand_id)
    check_if_match(event, row)
    soft_delete(session, row)


def restore_brand(session: TenantSession, brand_id: str) -> Brand:
    """Bring a deleted brand back. Raises NotFoundError, ConflictError for a taken slug."""
    row = restore(session, Brand, brand_id)
    claim(session, "brand", row.slug)
    return row
