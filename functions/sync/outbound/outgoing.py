"""What of ours leaves: a product with its variants, a variant's stock, a parcel, an order's status, as of one moment.

It is read in one transaction and pushed after that. `digest` is the same as long as nothing changed that leaves.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from functions.sync.entities import CATEGORY, CUSTOMER, ORDER, PRODUCT, VARIANT
from functions.sync.inbound.links import Integration, is_stub
from functions.sync.inbound.stock import theirs
from shared.models import (
    Brand,
    Category,
    ExternalLink,
    Media,
    Order,
    OrderItem,
    Product,
    ProductCategory,
    Shipment,
    ShipmentItem,
    Variant,
)
from shared.models.enums import OrderStatus, ProductStatus
from shared.tenant_session import INCLUDE_DELETED, TenantSession


@dataclass(frozen=True, slots=True)
class Link:
    """What is known of its counterpart. `known` is what they have in stock, as far as we know."""

    external_id: str
    parent_id: str | None
    pushes: int = 0
    known: int | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OurVariant:
    """A variant. `available` is what can be sold: what is on hand and not reserved."""

    id: str
    product_id: str
    sku: str
    barcode: str | None
    price: Decimal
    compare_at_price: Decimal | None
    tracked: bool
    available: int
    weight: Decimal | None
    length: Decimal | None
    width: Decimal | None
    height: Decimal | None
    options: tuple[tuple[str, str], ...]
    is_active: bool
    version: int
    link: Link | None


@dataclass(frozen=True, slots=True)
class OurCategory:
    """A shelf that a product stands on."""

    id: str
    name: str
    slug: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class OurProduct:
    """A product with its live variants, the default one first. `pushed` is the digest of what was pushed last."""

    id: str
    name: str
    slug: str
    description: str
    short_description: str
    sku: str | None
    status: ProductStatus
    is_taxable: bool
    is_deleted: bool
    version: int
    brand: str | None
    categories: tuple[OurCategory, ...]
    images: tuple[tuple[str, str], ...]
    variants: tuple[OurVariant, ...]
    link: Link | None
    pushed: str | None
    gone_variants: tuple[str, ...]
    """Their ids of variants that we have no more."""

    @property
    def digest(self) -> str:
        """Of all that a push of the product sends to a shop that has it: stock goes on its own."""
        unsent = {"link", "pushed", "version", "external_id"}
        return _hash(
            {name: value for name, value in asdict(self).items() if name not in unsent}, unsent | {"available"}
        )

    @property
    def is_plain(self) -> bool:
        """Whether it is its one variant, without options."""
        return len(self.variants) == 1 and not self.variants[0].options


@dataclass(frozen=True, slots=True)
class ErasedCustomer:
    """A customer of theirs who was erased here, as they are to be there."""

    id: str
    external_id: str


@dataclass(frozen=True, slots=True)
class OurOrder:
    """An order of theirs as it is here."""

    id: str
    external_id: str
    status: OrderStatus


@dataclass(frozen=True, slots=True)
class OurParcel:
    """A parcel of an order of theirs. `lines` are units by their ids of the order's lines, where those are known."""

    id: str
    order: OurOrder
    carrier: str
    tracking_number: str | None
    tracking_url: str | None
    lines: dict[str, int]
    fulfillment_id: str | None

    @property
    def digest(self) -> str:
        """Of what the shop is told."""
        return _hash([self.carrier, self.tracking_number, self.tracking_url, self.lines], set())


def product_of(session: TenantSession, integration: Integration, product_id: str) -> OurProduct | None:
    """A product as it is now, deleted or not; None when there never was one."""
    query = select(Product).where(Product.id == product_id)
    row = session.scalar(query.execution_options(populate_existing=True, **{INCLUDE_DELETED: True}))
    if row is None:
        return None
    link = _links(session, integration, PRODUCT, [row.id]).get(row.id)
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
        link=_link(link),
        pushed=link.pushed_hash if link else None,
        gone_variants=_gone(session, integration, link, variants),
    )


def variant_of(session: TenantSession, integration: Integration, variant_id: str) -> OurVariant | None:
    """A live variant as it is now."""
    row = session.scalar(select(Variant).where(Variant.id == variant_id).execution_options(populate_existing=True))
    if row is None:
        return None
    return _variant(row, _links(session, integration, VARIANT, [row.id]).get(row.id))


def erased_of(session: TenantSession, integration: Integration, customer_id: str) -> ErasedCustomer | None:
    """A customer whom the shop has too; None for any other."""
    link = _links(session, integration, CUSTOMER, [customer_id]).get(customer_id)
    return ErasedCustomer(customer_id, link.external_id) if link is not None else None


def order_of(session: TenantSession, integration: Integration, order_id: str) -> OurOrder | None:
    """An order that the shop has, as it is here; None for any other."""
    row = session.get(Order, order_id)
    link = _links(session, integration, ORDER, [order_id]).get(order_id)
    return OurOrder(row.id, link.external_id, row.status) if row is not None and link is not None else None


def parcel_of(session: TenantSession, integration: Integration, shipment_id: str) -> OurParcel | None:
    """A parcel of an order that the shop has; None for any other."""
    row = session.get(Shipment, shipment_id)
    order = order_of(session, integration, row.order_id) if row is not None else None
    if row is None or order is None:
        return None
    found = _links(session, integration, "fulfillment", [row.id]).get(row.id)
    packed = select(OrderItem, ShipmentItem.quantity).join(OrderItem, OrderItem.id == ShipmentItem.order_item_id)
    found_lines = session.execute(packed.where(ShipmentItem.shipment_id == row.id))
    lines = [(line.OrderItem, int(line.quantity)) for line in found_lines]
    links = _links(session, integration, "order_line", [item.id for item, _ in lines])
    units = {links[item.id].external_id: quantity for item, quantity in lines if item.id in links}
    return OurParcel(
        id=row.id,
        order=order,
        carrier=row.carrier,
        tracking_number=row.tracking_number,
        tracking_url=row.tracking_url,
        lines=units,
        fulfillment_id=found.external_id if found else None,
    )


def _variants(session: TenantSession, integration: Integration, product_id: str) -> tuple[OurVariant, ...]:
    query = select(Variant).where(Variant.product_id == product_id).order_by(Variant.is_default.desc(), Variant.sku)
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    links = _links(session, integration, VARIANT, [row.id for row in rows])
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
        link=_link(link),
    )


def _categories(session: TenantSession, integration: Integration, product_id: str) -> tuple[OurCategory, ...]:
    query = (
        select(Category.id, Category.name, Category.slug)
        .join(ProductCategory, ProductCategory.category_id == Category.id)
        .where(ProductCategory.product_id == product_id)
        .order_by(ProductCategory.is_primary.desc(), Category.id)
    )
    rows = session.execute(query).all()
    links = _links(session, integration, CATEGORY, [row.id for row in rows])
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


def _links(
    session: TenantSession, integration: Integration, entity_type: str, ids: list[str]
) -> dict[str, ExternalLink]:
    if not ids:
        return {}
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == entity_type,
        ExternalLink.entity_id.in_(ids),
    )
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {row.entity_id: row for row in rows if not is_stub(row)}


def _link(row: ExternalLink | None) -> Link | None:
    if row is None:
        return None
    pushes = int(row.details.get("pushes", 0))
    return Link(row.external_id, row.external_parent_id, pushes, theirs(row), dict(row.details))


def _hash(value: Any, unsent: set[str]) -> str:
    plain = json.dumps(_plain(value, unsent), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: Any, unsent: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner, unsent) for name, inner in value.items() if name not in unsent}
    if isinstance(value, list | tuple):
        return [_plain(inner, unsent) for inner in value]
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value
