"""Rows for what has not come: deleted, so that nobody sees or buys it, and filled in when it comes.

So a variation that is quicker than its product is not lost, and an order keeps a line whose product nobody knows.
"""

from decimal import Decimal

from functions.sync.inbound import links
from shared.models import Category, ExternalLink, Product, Variant
from shared.models.base import new_id, now
from shared.models.enums import ProductStatus
from shared.tenant_session import TenantSession


def row(product_id: str, name: str) -> Product:
    """A product that nobody has written anything of."""
    return Product(id=product_id, name=name[:200] or "?", slug=product_id, status=ProductStatus.ARCHIVED)


def product(session: TenantSession, link: ExternalLink, name: str) -> Product:
    """The product of a link, or a placeholder under the id that it will have."""
    found: Product | None = links.row_of(session, Product, link.entity_id)
    if found is None:
        found = row(link.entity_id, name)
        found.deleted_at, found.deletion_id = now(), new_id()
        session.add(found)
        session.flush()
    return found


def variant(session: TenantSession, link: ExternalLink, of: Product, sku: str | None) -> Variant:
    """The variant of a link, or a placeholder whose stock nobody counts."""
    found: Variant | None = links.row_of(session, Variant, link.entity_id)
    if found is None:
        found = Variant(id=link.entity_id, product_id=of.id, sku=sku or link.entity_id, price=Decimal(0))
        found.track_inventory, found.is_active = False, False
        found.deleted_at, found.deletion_id = of.deleted_at or now(), of.deletion_id or new_id()
        session.add(found)
        session.flush()
    return found


def category(session: TenantSession, link: ExternalLink) -> Category:
    """The category of a link, or a hidden one that is named when its name is told."""
    found: Category | None = links.row_of(session, Category, link.entity_id)
    if found is None:
        found = Category(id=link.entity_id, name=f"Category {link.external_id}", slug=link.entity_id, is_active=False)
        session.add(found)
        session.flush()
    return found
