"""Slugs: made from names, unique in the store, and never a dead link once they have been given out."""

from typing import Any, Literal

from slugify import slugify
from sqlalchemy import delete, select

from shared.errors import ConflictError, FieldError
from shared.models import SlugRedirect
from shared.tenant_session import TenantSession

Kind = Literal["product", "category", "brand"]
_LONGEST = 200


def free_slug(session: TenantSession, model: Any, name: str, *, own_id: str | None = None) -> str:
    """A slug made from a name that no live row of the model has but, perhaps, the one with `own_id`."""
    base = slugify(name, max_length=_LONGEST - 8) or model.__name__.lower()
    query = select(model.slug).where(model.slug.startswith(base, autoescape=True))
    taken = set(session.scalars(query if own_id is None else query.where(model.id != own_id)))
    if base not in taken:
        return base
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{base}-{number}") not in taken)


def is_taken(session: TenantSession, model: Any, slug: str, *, own_id: str | None = None) -> bool:
    """Whether another live row of the model has this slug."""
    query = select(model.id).where(model.slug == slug)
    return session.scalar(query if own_id is None else query.where(model.id != own_id)) is not None


def rename(session: TenantSession, kind: Kind, row: Any, slug: str) -> None:
    """Give a row another slug; the old one leads to it from now on."""
    if slug == row.slug:
        return
    claim(session, kind, slug, row.slug)
    session.add(SlugRedirect(kind=kind, slug=row.slug, **{f"{kind}_id": row.id}))
    row.slug = slug


def claim(session: TenantSession, kind: Kind, *slugs: str) -> None:
    """Let slugs lead nowhere else: what is live wins over what had one, and of two that had it the later one does."""
    gone = delete(SlugRedirect).where(SlugRedirect.kind == kind, SlugRedirect.slug.in_(slugs))
    session.execute(gone.execution_options(synchronize_session=False))


def slug_taken(slug: str) -> ConflictError:
    """What a client is told of a slug that somebody else was quicker to take."""
    message = f"The slug {slug} is taken; choose another."
    return ConflictError("slug_taken", message, [FieldError(loc=["body", "slug"], message=message)])
