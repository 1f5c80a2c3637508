"""Products of another shop, made and changed here with their variants."""

from typing import Any

from slugify import slugify
from sqlalchemy import select

from functions.sync.entities import PRODUCT, VARIANT, ExternalProduct
from functions.sync.inbound import links, lives, placeholders, policies, pools, shelves, unsent, variants, versions
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result
from functions.sync.inbound.versions import Age
from shared.html import clean
from shared.models import ExternalLink, Product, Variant
from shared.models.base import new_id, now
from shared.models.enums import ProductStatus
from shared.plan_limits import Resource, take_place
from shared.slugs import claim, free_slug, is_taken, rename
from shared.tenant_session import TenantSession


def apply(session: TenantSession, integration: Integration, entity: ExternalProduct, *, force: bool) -> Outcome:
    """Make or change a product. Raises SetAsideError, ConflictError and PlanError."""
    policies.check_currency(session, policies.currency_of(integration))
    link = links.locked(session, integration, PRODUCT, entity.external_id)
    lives.heed(session, link, entity, force=force)
    age = versions.age(link, entity)
    if age is Age.OLDER and not force:
        return settled(session, integration, link, Outcome(Result.IGNORED, link.entity_id, "older"))
    is_new = links.is_stub(link)
    row = _matched(session, integration, link, entity) if is_new else links.row_of(session, Product, link.entity_id)
    meets = row is not None and not is_new and not force and age is Age.NEWER
    merges = meets and unsent.merges(integration)
    if meets and not merges and policies.ours_wins(integration, link, row, entity):
        _restock(session, integration, link, entity, force=force)
        unsent.send_whole(session, integration, row.id)
        versions.note(link, entity)
        return settled(session, integration, link, Outcome(Result.IGNORED, row.id, "ours_is_newer"))
    made = row is None
    changed = made or is_new or force or age is Age.NEWER
    if made:
        row = _made(session, link, entity)
    if is_new:
        links.bind(session, link, row.id)
    mine = unsent.of(session, integration, link, row, row.id) if merges else {}
    if changed:
        is_newer = bool(mine) and policies.is_newer(row, entity)
        _write(session, integration, row, link, entity)
        unsent.keep(row, mine, is_newer=is_newer)
    restocked = _variants(session, integration, row, link, entity, force=force)
    versions.note(link, entity)
    session.flush()
    if not mine:
        policies.agreed(link, row)
    result = Result.CREATED if made or is_new else Result.UPDATED if changed or restocked else Result.UNCHANGED
    return settled(session, integration, link, Outcome(result, link.entity_id))


def _matched(session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalProduct) -> Any:
    """The row that it is: the one kept for it, or a product of ours with its SKU, or None."""
    row = links.row_of(session, Product, link.entity_id)
    skus = {entity.sku, *(one.sku for one in entity.variants or ())} - {None}
    if row is not None or not skus or lives.is_gone(link):
        return row
    by_variant = select(Variant.product_id).where(Variant.sku.in_(skus)).order_by(Variant.product_id).limit(1)
    found = session.scalar(by_variant)
    if found is None and entity.sku:
        found = session.scalar(select(Product.id).where(Product.sku == entity.sku))
    if found is None or _is_linked(session, integration, found):
        return None
    links.bind(session, link, found)
    links.detail(link, live=True)
    return links.row_of(session, Product, found)


def _is_linked(session: TenantSession, integration: Integration, product_id: str) -> bool:
    query = select(ExternalLink.id).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == PRODUCT,
        ExternalLink.entity_id == product_id,
    )
    return session.scalar(query) is not None


def _made(session: TenantSession, link: ExternalLink, entity: ExternalProduct) -> Product:
    if not lives.is_gone(link):
        take_place(session, Resource.PRODUCTS)
    row = placeholders.row(link.entity_id, entity.name)
    if lives.is_gone(link):
        row.deleted_at, row.deletion_id = now(), new_id()
    else:
        row.slug = _slug(session, entity, None)
        claim(session, "product", row.slug)
    links.detail(link, live=row.deleted_at is None)
    session.add(row)
    session.flush()
    return row


def _write(
    session: TenantSession, integration: Integration, row: Product, link: ExternalLink, entity: ExternalProduct
) -> None:
    _rename(session, row, entity)
    fill(row, entity)
    row.sku = _free_sku(session, row, entity.sku)
    if entity.brand:
        row.brand_id = shelves.brand(session, entity.brand)
    row.updated_at = now()
    session.flush()
    if entity.categories is not None:
        shelves.place(session, integration, row, entity)
    if entity.attributes is not None:
        shelves.describe(session, row, entity.attributes)
    if entity.images is not None:
        shelves.show(session, row, link, entity.images)


def fill(row: Product, entity: ExternalProduct) -> None:
    """Let a row say what theirs says, but for what only one product may have, and what is beside it."""
    row.name = entity.name
    row.description = clean(entity.description or "") or None
    row.short_description = clean(entity.short_description or "") or None
    row.status = entity.status
    if row.status is ProductStatus.ACTIVE and row.published_at is None:
        row.published_at = now()
    if entity.is_taxable is not None:
        row.is_taxable = entity.is_taxable


def _free_sku(session: TenantSession, row: Product, sku: str | None) -> str | None:
    """The product's own SKU, unless another product has it; its variants' are what is sold by."""
    if sku is None:
        return row.sku
    taken = session.scalar(select(Product.id).where(Product.sku == sku, Product.id != row.id))
    return row.sku if taken else sku


def _rename(session: TenantSession, row: Product, entity: ExternalProduct) -> None:
    wanted = wanted_slug(entity)
    if row.slug == wanted or (row.slug.startswith(f"{wanted}-") and row.slug != row.id):
        return
    if row.slug == row.id:
        # It was never shown.
        row.slug = _slug(session, entity, row.id)
    elif not is_taken(session, Product, wanted, own_id=row.id):
        rename(session, "product", row, wanted)


def _slug(session: TenantSession, entity: ExternalProduct, own_id: str | None) -> str:
    return free_slug(session, Product, wanted_slug(entity), own_id=own_id)


def wanted_slug(entity: ExternalProduct) -> str:
    """The slug that a product would have, were it free."""
    return slugify(entity.slug or "", max_length=190) or slugify(entity.name, max_length=190) or "product"


def _variants(  # noqa: PLR0913 - a product and where it comes from
    session: TenantSession,
    integration: Integration,
    row: Product,
    link: ExternalLink,
    entity: ExternalProduct,
    *,
    force: bool,
) -> bool:
    """Bring in the variants that came with it, and take note of which there are."""
    if entity.variant_ids is not None and versions.age(link, entity) is not Age.OLDER:
        links.detail(link, variant_ids=list(entity.variant_ids))
    links.detail(link, sku=entity.sku)
    changed = [
        variants.write(session, integration, row, versions.dated_as(one, entity), force=force)
        for one in sorted(entity.variants or (), key=lambda one: one.external_id)
    ]
    restocked = _restock(session, integration, link, entity, force=force)
    if entity.variants is None:
        variants.settle_skus(session, integration, link.external_id)
    return any(changed) or restocked


def _restock(
    session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalProduct, *, force: bool
) -> bool:
    """Take over what there is of all variants together."""
    pools.note(link, entity)
    below = links.below(session, integration, VARIANT, link.external_id) if entity.pool is not None else ()
    changed = [pools.settle(session, integration, link, one, force=force) for one in below]
    return any(changed)


def settled(session: TenantSession, integration: Integration, link: ExternalLink, outcome: Outcome) -> Outcome:
    """Let the product and its variants be there or not, as theirs are."""
    session.flush()
    changed = lives.settle(session, link, Product, Resource.PRODUCTS)
    row = links.row_of(session, Product, link.entity_id)
    if row is None:
        return outcome
    if changed and row.deleted_at is None:
        claim(session, "product", row.slug)
    for one in links.below(session, integration, VARIANT, link.external_id):
        variants.settle(session, link, row, one)
    variants.choose_default(session, integration, row)
    session.flush()
    if changed:
        policies.agreed(link, links.row_of(session, Product, link.entity_id))
    if changed and outcome.result in (Result.IGNORED, Result.UNCHANGED):
        return Outcome(Result.UPDATED, link.entity_id)
    return outcome
