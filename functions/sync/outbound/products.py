"""Products and variants of ours, read to be pushed."""

from collections.abc import Iterable

from sqlalchemy import select

from functions.sync.entities import CATEGORY, PRODUCT, VARIANT
from functions.sync.inbound.links import Integration, is_stub
from functions.sync.outbound.counterparts import link_of, linked
from functions.sync.outbound.outgoing import OurCategory, OurProduct, OurVariant
from shared.models import Brand, Category, ExternalLink, Media, Product, ProductCategory, Variant
from shared.tenant_session import INCLUDE_DELETED, TenantSession


def product_of(
    session: TenantSession, integration: Integration, product_id: str, changed: Iterable[str] | None = None
) -> OurProduct | None:
    """A product as it is now, deleted or not; None when there never was one. `changed` is what is to be sent."""
    query = select(Product).where(Product.id == product_id)
    row = session.scalar(query.execution_options(populate_existing=True, **{INCLUDE_DELETED: True}))
    if row is None:
        return None
    link = linked(session, integration, PRODUCT, [row.id]).get(row.id)
    variants = _variants(session, integration, row.id)
    return OurProduct(
        id=row.id,
        name=row.name,
        slug=row.slug,
        description=row.description or "",
        short_description=row.short_description or "",
        sku=row.sku,
        status=row.status,
        is_taxable=row.is_taxable,
        is_deleted=row.deleted_at is not None,
        version=row.version,
        brand=session.scalar(select(Brand.name).where(Brand.id == row.brand_id)) if row.brand_id else None,
        categories=_categories(session, integration, row.id),
        images=_images(session, row.id),
        variants=variants,
        link=link_of(link),
        gone_variants=_gone(session, integration, link, variants),
        changed=None if changed is None or link is None else frozenset(changed),
    )


def variant_of(session: TenantSession, integration: Integration, variant_id: str) -> OurVariant | None:
    """A live variant as it is now."""
    row = session.scalar(select(Variant).where(Variant.id == variant_id).execution_options(populate_existing=True))
    if row is None:
        return None
    return _variant(row, linked(session, integration, VARIANT, [row.id]).get(row.id))


def _variants(session: TenantSession, integration: Integration, product_id: str) -> tuple[OurVariant, ...]:
    query = select(Variant).where(Variant.product_id == product_id).order_by(Variant.is_default.desc(), Variant.sku)
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    links = linked(session, integration, VARIANT, [row.id for row in rows])
    return tuple(_variant(row, links.get(row.id)) for row in rows)


def _variant(row: Variant, link: ExternalLink | None) -> OurVariant:
    return OurVariant(
        id=row.id,
        product_id=row.product_id,
        sku=row.sku,
        barcode=row.barcode,
        price=row.price,
        compare_at_price=row.compare_at_price,
        tracked=row.track_inventory,
        available=max(row.stock_quantity - row.reserved_quantity, 0),
        weight=row.weight,
        length=row.length,
        width=row.width,
        height=row.height,
        options=tuple((str(name), str(value)) for name, value in row.attributes.items()),
        is_active=row.is_active,
        version=row.version,
        link=link_of(link),
    )


def _categories(session: TenantSession, integration: Integration, product_id: str) -> tuple[OurCategory, ...]:
    query = (
        select(Category.id, Category.name, Category.slug)
        .join(ProductCategory, ProductCategory.category_id == Category.id)
        .where(ProductCategory.product_id == product_id)
        .order_by(ProductCategory.is_primary.desc(), Category.id)
    )
    rows = session.execute(query).all()
    links = linked(session, integration, CATEGORY, [row.id for row in rows])
    return tuple(
        OurCategory(row.id, row.name, row.slug, _numbered(links[row.id]) if row.id in links else None) for row in rows
    )


def _numbered(link: ExternalLink) -> str | None:
    """Their id; a shelf that they only named has none."""
    return None if link.external_id.startswith("name:") else link.external_id


def _images(session: TenantSession, product_id: str) -> tuple[tuple[str, str], ...]:
    query = select(Media.url, Media.alt_text).where(Media.product_id == product_id, Media.mime_type.like("image/%"))
    return tuple(
        (row.url, row.alt_text or "") for row in session.execute(query.order_by(Media.display_order, Media.id))
    )


def _gone(
    session: TenantSession, integration: Integration, link: ExternalLink | None, variants: tuple[OurVariant, ...]
) -> tuple[str, ...]:
    if link is None:
        return ()
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == VARIANT,
        ExternalLink.external_parent_id == link.external_id,
        ExternalLink.entity_id.not_in([variant.id for variant in variants]),
    )
    found = [one for one in session.scalars(query) if not is_stub(one) and one.details.get("live") is not False]
    return tuple(sorted(one.external_id for one in found if one.external_id != link.external_id))
