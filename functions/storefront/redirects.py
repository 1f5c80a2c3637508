"""Slugs that products had before."""

from sqlalchemy import select

from shared.models import Product, SlugRedirect
from shared.on_sale import on_sale
from shared.tenant_session import TenantSession


def slug_of_today(session: TenantSession, slug: str) -> str | None:
    """The slug of the product on sale that had this one before, or None: no link tells what a draft will be called."""
    same = (SlugRedirect.product_id == Product.id) & (SlugRedirect.store_id == Product.store_id)
    query = select(Product.slug).join(SlugRedirect, same)
    return session.scalar(query.where(SlugRedirect.kind == "product", SlugRedirect.slug == slug, *on_sale()))
