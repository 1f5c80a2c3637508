"""What a push has done, kept: links, what they say now, so that its echo is known, and what of ours they have."""

from typing import Any

from functions.sync.entities import CATEGORY, ORDER, PRODUCT, VARIANT, ExternalVariant
from functions.sync.hashing import content_hash
from functions.sync.inbound import links, lives, stock, versions
from functions.sync.inbound.applying import ORIGIN
from functions.sync.inbound.links import Integration
from functions.sync.outbound.outgoing import OurParcel, OurProduct, OurVariant
from functions.sync.outbound.written import Written
from shared.models import ExternalLink
from shared.models.base import now
from shared.sync_changes import FULFILLMENT
from shared.tenant_session import TenantSession


def record_made(session: TenantSession, integration: Integration, ours: OurProduct, external_id: str) -> None:
    """Keep the id of a product as soon as it was made, so that it is not made again. Raises SetAsideError."""
    links.bind(session, links.locked(session, integration, PRODUCT, external_id), ours.id)


def record_product(session: TenantSession, integration: Integration, ours: OurProduct, written: Written) -> None:
    """Keep what a product and its variants are there now. Raises SetAsideError if they are linked otherwise."""
    if written.product is None:
        link = links.locked(session, integration, PRODUCT, ours.link.external_id) if ours.link else None
        if link is not None:
            links.detail(link, live=False if written.gone else None)
        return
    product = written.product
    link = links.locked(session, integration, PRODUCT, product.external_id)
    links.bind(session, link, ours.id)
    if not product.deleted:
        # What was said of its end is over: it has just been seen.
        lives.forget(link)
        links.detail(link, trashed=None)
    if product.variant_ids is not None:
        links.detail(link, variant_ids=list(product.variant_ids))
    links.detail(link, version=ours.version, live=True, **written.details)
    _seen(link, product)
    by_id = {variant.id: variant for variant in ours.variants}
    for variant_id, theirs in sorted(written.variants.items(), key=lambda pair: pair[1].external_id):
        record_variant(session, integration, by_id[variant_id], theirs, written)
    if product.variants is None:
        _part(session, integration, ours, product.external_id)
    for external_id in ours.gone_variants:
        links.detail(links.locked(session, integration, VARIANT, external_id, product.external_id), live=False)
    for category_id, external_id in sorted(written.categories.items(), key=lambda pair: pair[1]):
        shelf = links.locked(session, integration, CATEGORY, external_id)
        if links.is_stub(shelf):
            links.bind(session, shelf, category_id)


def record_intent(
    session: TenantSession, integration: Integration, ours: OurVariant | OurParcel, meant: list[Any]
) -> None:
    """Keep what is about to be asked for."""
    if isinstance(ours, OurParcel):
        order = links.locked(session, integration, ORDER, ours.order.external_id)
        links.detail(order, parcels={**order.details.get("parcels", {}), ours.id: meant})
    elif ours.link is not None:
        links.detail(links.locked(session, integration, VARIANT, ours.link.external_id), intent=meant)


def record_stock(session: TenantSession, integration: Integration, ours: OurVariant, written: Written) -> None:
    """Keep what a variant's stock is there now. What they have sold is sold here too. Raises SetAsideError."""
    if written.product is not None:
        product = links.locked(session, integration, PRODUCT, written.product.external_id)
        if not links.is_stub(product):
            _seen(product, written.product)
    if written.void is not None and ours.link is not None:
        links.detail(links.locked(session, integration, VARIANT, ours.link.external_id), intent=None)
    theirs = written.variants.get(ours.id)
    if theirs is not None and theirs.stock is None and theirs.updated_at is None:
        # Only word that it was done: Shopify tells the rest by a webhook.
        _record_pushed(links.locked(session, integration, VARIANT, theirs.external_id), theirs, written.stock[ours.id])
    elif theirs is not None:
        record_variant(session, integration, ours, theirs, written)


def record_variant(
    session: TenantSession, integration: Integration, ours: OurVariant, theirs: ExternalVariant, written: Written
) -> None:
    """Keep what a variant is there now. Raises SetAsideError."""
    _move(session, integration, ours, theirs)
    link = links.locked(session, integration, VARIANT, theirs.external_id, theirs.product_id)
    links.bind(session, link, ours.id)
    links.detail(link, live=True, version=ours.version)
    if theirs.inventory_item_id:
        links.detail(link, inventory_item_id=theirs.inventory_item_id)
    if ours.id in written.stock:
        _record_pushed(link, theirs, written.stock[ours.id])
    _seen(link, theirs)
    before = session.info.get(ORIGIN)
    session.info[ORIGIN] = integration.id
    try:
        stock.count(session, integration, link, theirs, force=False)
        session.flush()
    finally:
        session.info[ORIGIN] = before


def record_parcel(session: TenantSession, integration: Integration, ours: OurParcel, written: Written) -> None:
    """Keep that the shop knows of a parcel, and what it is there. Raises SetAsideError if that is another's."""
    order = links.locked(session, integration, ORDER, ours.order.external_id)
    waiting = {parcel: seen for parcel, seen in order.details.get("parcels", {}).items() if parcel != ours.id}
    links.detail(order, parcels=waiting or None)
    if not written.fulfillments:
        return
    link = links.locked(session, integration, FULFILLMENT, written.fulfillments[0], ours.order.external_id)
    links.bind(session, link, ours.id)
    link.pushed_hash = ours.digest
    links.detail(link, fulfillments=list(written.fulfillments))


def _record_pushed(link: ExternalLink, theirs: ExternalVariant, pushed: int) -> None:
    if link.details.get("stock") is None:
        stock.pushed(link, pushed, theirs.updated_at or now())
        links.detail(link, pushes=theirs.push[0] if theirs.push else None)
    stock.arrived(link, theirs)
    links.detail(link, intent=None)


def _move(session: TenantSession, integration: Integration, ours: OurVariant, theirs: ExternalVariant) -> None:
    """A plain product that has options now has another id for its variant."""
    if ours.link is None or ours.link.external_id == theirs.external_id:
        return
    old = links.locked(session, integration, VARIANT, ours.link.external_id, ours.link.parent_id)
    if old.entity_id == ours.id:
        session.delete(old)
        session.flush()


def _seen(link: ExternalLink, theirs: Any) -> None:
    """Keep what was read there just now: nothing of its second that was told before it is newer."""
    known, at = link.external_updated_at or versions.NEVER, theirs.updated_at or versions.NEVER
    if theirs.updated_at is not None and at < known:
        return
    rank = max(versions.rank_of(link), theirs.rank) if at == known else theirs.rank
    link.content_hash, link.external_updated_at = content_hash(theirs), max(at, known)
    links.detail(link, rank=list(rank))


def _part(session: TenantSession, integration: Integration, ours: OurProduct, external_id: str) -> None:
    """A product that has variations now is none of its own variants; whichever was it is not there yet."""
    for variant in ours.variants:
        if variant.link is not None and variant.link.external_id == external_id:
            link = links.locked(session, integration, VARIANT, external_id)
            if link.entity_id == variant.id:
                session.delete(link)
                session.flush()
