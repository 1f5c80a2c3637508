"""The pictures and films of products: those that lie elsewhere on the web, and what is said of all of them."""

from datetime import timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, select

from functions.catalog.objects import remove
from functions.catalog.reading import product_of
from functions.catalog.schemas import MediumGiven, MediumUpdate
from shared.errors import ConflictError, NotFoundError
from shared.files import thumbnail_key
from shared.models import Media, MediaUpload
from shared.models.base import now
from shared.plan_limits import Resource, give_back
from shared.tenancy import after_commit, tenant_of
from shared.tenant_session import TenantSession

MOST = 10
LATE = timedelta(minutes=15)
"""How long after its form has expired an upload can be confirmed: a film that is on its way then still arrives."""


def add_medium(session: TenantSession, product_id: str, body: MediumGiven) -> Media:
    """Add a picture behind the others. Raises NotFoundError, ConflictError when there are ten."""
    product = product_of(session, product_id, lock=True)
    place = free_place(session, product_id)
    if body.is_featured:
        unfeature(session, product_id)
    row = Media(product_id=product_id, size=0, display_order=place, **body.model_dump())
    session.add(row)
    product.updated_at = now()
    session.flush()
    return row


def update_medium(session: TenantSession, product_id: str, medium_id: str, body: MediumUpdate) -> Media:
    """Change a picture's words, place or standing. Raises NotFoundError."""
    product = product_of(session, product_id, lock=True)
    row = _medium_of(session, product_id, medium_id)
    given = body.model_dump(exclude_unset=True)
    if given.get("is_featured"):
        unfeature(session, product_id)
    row.alt_text = given.get("alt_text", row.alt_text)
    row.is_featured = bool(given.get("is_featured", row.is_featured))
    if body.display_order is not None:
        row.display_order = body.display_order
    product.updated_at = now()
    session.flush()
    return row


def delete_medium(session: TenantSession, product_id: str, medium_id: str) -> None:
    """Take a picture away; what lies in our bucket is deleted, and its storage is free again. Raises NotFoundError."""
    product = product_of(session, product_id, lock=True)
    row = _medium_of(session, product_id, medium_id)
    if row.storage_key is not None:
        give_back(session, Resource.STORAGE, row.size)
        keys = (row.storage_key, thumbnail_key(tenant_of(session).id, row.id))
        after_commit(session, partial(remove, *keys))
    session.delete(row)
    product.updated_at = now()


def free_place(session: TenantSession, product_id: str, confirmed: str | None = None) -> int:
    """The place behind a product's pictures, for a further one or for an upload that is being confirmed.

    Raises ConflictError when there are ten, those counted that are on their way.
    """
    there = select(func.count(), func.coalesce(func.max(Media.display_order), -1)).where(Media.product_id == product_id)
    count, last = session.execute(there).one()
    coming = select(func.count()).select_from(MediaUpload).where(MediaUpload.product_id == product_id, is_open())
    if confirmed is not None:
        coming = coming.where(MediaUpload.id != confirmed)
    if count + session.execute(coming).scalar_one() >= MOST:
        raise ConflictError("too_many_media", f"A product has at most {MOST} pictures; take one away first.")
    return int(last) + 1


def is_open() -> ColumnElement[bool]:
    """Of uploads those that can be confirmed."""
    return MediaUpload.expires_at > now() - LATE


def unfeature(session: TenantSession, product_id: str) -> None:
    """Take the light from the picture that has it."""
    for other in session.scalars(select(Media).where(Media.product_id == product_id, Media.is_featured)):
        other.is_featured = False


def _medium_of(session: TenantSession, product_id: str, medium_id: str) -> Media:
    row = session.scalar(select(Media).where(Media.product_id == product_id, Media.id == medium_id))
    if row is None:
        raise NotFoundError("medium_not_found", "This product has no such picture.")
    return row
