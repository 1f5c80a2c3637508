"""The pictures and films of products."""

from sqlalchemy import func, select

from functions.catalog.reading import product_of
from functions.catalog.schemas import MediumGiven, MediumUpdate
from shared.errors import ConflictError, NotFoundError
from shared.models import Media
from shared.models.base import now
from shared.tenant_session import TenantSession

MOST = 10


def add_medium(session: TenantSession, product_id: str, body: MediumGiven) -> Media:
    """Add a picture behind the others. Raises NotFoundError, ConflictError when there are ten."""
    product = product_of(session, product_id, lock=True)
    place = select(func.count(), func.coalesce(func.max(Media.display_order), -1)).where(Media.product_id == product_id)
    count, last = session.execute(place).one()
    if count >= MOST:
        raise ConflictError("too_many_media", f"A product has at most {MOST} pictures; take one away first.")
    if body.is_featured:
        _unfeature(session, product_id)
    row = Media(product_id=product_id, size=0, display_order=last + 1, **body.model_dump())
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
        _unfeature(session, product_id)
    row.alt_text = given.get("alt_text", row.alt_text)
    row.is_featured = bool(given.get("is_featured", row.is_featured))
    if body.display_order is not None:
        row.display_order = body.display_order
    product.updated_at = now()
    session.flush()
    return row


def delete_medium(session: TenantSession, product_id: str, medium_id: str) -> None:
    """Take a picture away. Raises NotFoundError."""
    product = product_of(session, product_id, lock=True)
    session.delete(_medium_of(session, product_id, medium_id))
    product.updated_at = now()


def _medium_of(session: TenantSession, product_id: str, medium_id: str) -> Media:
    row = session.scalar(select(Media).where(Media.product_id == product_id, Media.id == medium_id))
    if row is None:
        raise NotFoundError("medium_not_found", "This product has no such picture.")
    return row


def _unfeature(session: TenantSession, product_id: str) -> None:
    for other in session.scalars(select(Media).where(Media.product_id == product_id, Media.is_featured)):
        other.is_featured = False
