"""Variants of another shop. WooCommerce sends them one by one, sometimes before their product, which waits for it:
a deleted placeholder stands in for the product, and the variant appears with it.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select, update

from functions.sync import measures
from functions.sync.entities import PRODUCT, STOCK, VARIANT, ExternalVariant
from functions.sync.inbound import levels, links, lives, placeholders, policies, pools, stock, unsent, versions
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import TAKEN, Outcome, Result, SetAsideError
from functions.sync.inbound.versions import Age
from shared.currency import decimals
from shared.models import ExternalLink, Product, Variant
from shared.models.base import now
from shared.models.enums import ExternalPlatform
from shared.soft_delete import restore, soft_delete
from shared.tenancy import tenant_of
from shared.tenant_session import INCLUDE_DELETED, TenantSession

_PREFIXES = {ExternalPlatform.WOOCOMMERCE: "WC", ExternalPlatform.SHOPIFY: "SH"}


def apply(session: TenantSession, integration: Integration, entity: ExternalVariant, *, force: bool) -> Outcome:
    """Make or change a variant that came on its own. Raises as products.apply."""
    policies.check_currency(session, policies.currency_of(integration))
    parent_id = entity.product_id or entity.external_id
    parent = links.locked(session, integration, PRODUCT, parent_id)
    product = placeholders.product(session, parent, f"Product {parent_id}")
    link = links.locked(session, integration, VARIANT, entity.external_id, parent_id)
    _inherit(session, integration, link, entity)
    lives.heed(session, link, entity, force=force)
    age, was_stub = versions.age(link, entity), links.is_stub(link)
    if age is Age.OLDER and not force:
        result = Result.IGNORED
    else:
        changed = write(session, integration, product, entity, force=force)
        result = Result.CREATED if was_stub else Result.UPDATED if changed else Result.UNCHANGED
    session.flush()
    product = links.row_of(session, Product, parent.entity_id)
    settle(session, parent, product, link)
    settle_skus(session, integration, parent_id)
    choose_default(session, integration, product)
    reason = "older" if result is Result.IGNORED else "waiting_for_product" if links.is_stub(parent) else None
    return Outcome(result, link.entity_id, reason)


def write(
    session: TenantSession, integration: Integration, product: Product, entity: ExternalVariant, *, force: bool
) -> bool:
    """Make or change a variant of a product. Returns whether anything changed. Raises SetAsideError."""
    link = links.locked(session, integration, VARIANT, entity.external_id, entity.product_id)
    age, is_new = versions.age(link, entity), links.is_stub(link)
    if age is Age.OLDER and not force:
        return False
    links.detail(link, sku=entity.sku)
    named = _named(session, integration, entity)
    row = _matched(session, link, product, named) if is_new else links.row_of(session, Variant, link.entity_id)
    meets = row is not None and not is_new and not force and age is Age.NEWER
    merges = meets and unsent.merges(integration)
    if meets and not merges and policies.ours_wins(integration, link, row, entity):
        restocked = _restock(session, integration, link, entity, force=force)
        unsent.send_whole(session, integration, product.id)
        versions.note(link, entity)
        return restocked
    changed = row is None or is_new or force or age is Age.NEWER
    if row is None:
        row = made(product, link)
        session.add(row)
    mine = unsent.of(session, integration, link, row, product.id, f"{row.id}.") if merges else {}
    if changed:
        is_newer = bool(mine) and policies.is_newer(row, entity)
        _write(session, integration, row, product, named)
        unsent.keep(row, mine, is_newer=is_newer)
    if is_new:
        links.bind(session, link, row.id)
        links.detail(link, live=row.deleted_at is None)
    restocked = _restock(session, integration, link, entity, force=force)
    versions.note(link, entity)
    if entity.inventory_item_id:
        links.detail(link, inventory_item_id=entity.inventory_item_id)
        told = links.locked(session, integration, STOCK, entity.inventory_item_id, entity.external_id)
        restocked |= levels.settle(session, integration, link, told, force=False)
    session.flush()
    row = links.row_of(session, Variant, row.id)
    if not mine:
        policies.agreed(link, row)
    return changed or restocked


def _restock(
    session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalVariant, *, force: bool
) -> bool:
    """Take over what there is of it: its own stock, or its product's."""
    if entity.manage_stock is False and versions.age(link, entity) is Age.NEWER:
        return stock.forget(session, integration, link)
    was_pooled = link.details.get("pooled", False)
    links.detail(link, pooled=entity.is_pooled or None)
    if not entity.is_pooled:
        return stock.count(session, integration, link, entity, force=force or was_pooled)
    parent = links.known(session, integration, PRODUCT, [str(entity.product_id)]).get(str(entity.product_id))
    return parent is not None and pools.settle(session, integration, parent, link, force=force)


def settle(session: TenantSession, parent: ExternalLink, product: Product, link: ExternalLink) -> None:
    """Let a variant be there or not as theirs is; while its product is not there, it is not either."""
    row = links.row_of(session, Variant, link.entity_id)
    if row is None or product.deleted_at is not None:
        return
    gone = lives.is_gone(link) or links.is_stub(link) or _is_unlisted(parent, link)
    was = link.details.get("live")
    links.detail(link, live=not gone)
    if gone and row.deleted_at is None:
        row.is_default = False
        soft_delete(session, row)
        links.arrived(session, TAKEN)
    elif not gone and row.deleted_at is not None and was is not True:
        restore(session, Variant, row.id)
    else:
        return
    # It was not changed by anybody here.
    policies.agreed(link, links.row_of(session, Variant, link.entity_id))


def choose_default(session: TenantSession, integration: Integration, product: Product) -> None:
    """See that one variant is shown first: their first, whatever came first; one of our own stays."""
    session.flush()
    same = Variant.deletion_id == product.deletion_id if product.deletion_id else Variant.deletion_id.is_(None)
    query = select(Variant.id, Variant.is_default).where(Variant.product_id == product.id, same)
    rows = {row.id: row.is_default for row in session.execute(query.execution_options(**{INCLUDE_DELETED: True}))}
    links_there = select(ExternalLink.entity_id, ExternalLink.external_id).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == VARIANT,
        ExternalLink.entity_id.in_(rows),
    )
    theirs: dict[str, str] = {ours: their for ours, their in session.execute(links_there)} if rows else {}  # noqa: C416 - rows are no pairs to mypy
    chosen = [variant for variant, default in rows.items() if default]
    if not theirs or any(variant not in theirs for variant in chosen):
        return
    first = next(ours for ours, their in theirs.items() if their == first_of(theirs.values()))
    if chosen != [first]:
        _set_default(session, [variant for variant in chosen if variant != first], False)
        _set_default(session, [first], True)


def first_of(external_ids: Iterable[str]) -> str:
    """Their first, by the ids that they give one after the other."""
    return min(external_ids, key=lambda one: (len(one), one))


def _set_default(session: TenantSession, ids: list[str], value: bool) -> None:
    if not ids:
        return
    change = update(Variant).where(Variant.id.in_(ids)).values(is_default=value, updated_at=now())
    session.execute(change.execution_options(synchronize_session=False, **{INCLUDE_DELETED: True}))
    for variant in ids:
        links.row_of(session, Variant, variant)


def _inherit(session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalVariant) -> None:
    """Word of a variation's deletion names it as a product; if it came first, it was kept as one."""
    if not links.is_stub(link) or entity.product_id == entity.external_id:
        return
    stray = links.known(session, integration, PRODUCT, [entity.external_id]).get(entity.external_id)
    if stray is not None and links.is_stub(stray):
        heard = {name: stray.details.get(name) for name in ("gone", "back", "timed")}
        links.detail(link, **heard)
        link.external_deleted_at = stray.external_deleted_at
        session.delete(stray)
        session.flush()


def _matched(session: TenantSession, link: ExternalLink, product: Product, entity: ExternalVariant) -> Any:
    """The row that it is: the one kept for it, or one with its SKU, or None. Raises SetAsideError."""
    row = links.row_of(session, Variant, link.entity_id)
    if row is not None or not entity.sku:
        return row
    found = session.scalar(select(Variant).where(Variant.sku == entity.sku))
    if found is None:
        return None
    if found.product_id != product.id:
        if product.deleted_at is None:
            raise _sku_taken(entity.sku)
        return None
    links.bind(session, link, found.id)
    return links.row_of(session, Variant, found.id)


def made(product: Product, link: ExternalLink) -> Variant:
    """A row for a variant that has none, of which nothing has been written yet."""
    return Variant(
        id=link.entity_id,
        product_id=product.id,
        deleted_at=product.deleted_at,
        deletion_id=product.deletion_id,
        sku=link.entity_id,
        price=Decimal(0),
        stock_quantity=0,
        reserved_quantity=0,
    )


def _write(
    session: TenantSession, integration: Integration, row: Variant, product: Product, entity: ExternalVariant
) -> None:
    sku = sku_of(integration, entity)
    if row.deleted_at is None:
        _refuse_taken(session, row, sku)
    if row.sku != sku:
        # Somebody may have waited for the one before.
        links.arrived(session, TAKEN)
    row.sku, row.product_id = sku, product.id
    fill(session, integration, row, entity)
    session.flush()


def fill(session: TenantSession, integration: Integration, row: Variant, entity: ExternalVariant) -> None:
    """Let a row say what theirs says, but for its SKU and how much there is of it."""
    row.barcode = entity.barcode
    row.price = _money(session, entity.price) if entity.price is not None else row.price
    row.compare_at_price = _money(session, entity.compare_at_price) if entity.compare_at_price is not None else None
    # Without a price it cannot be bought.
    row.is_active = entity.is_active and entity.price is not None
    row.attributes = dict(entity.options)
    for name in ("weight", "length", "width", "height"):
        setattr(row, name, measures.ours(name, getattr(entity, name), integration.platform_settings))
    if entity.manage_stock is not None and policies.comes_in(integration, "stock"):
        row.track_inventory = entity.manage_stock or row.reserved_quantity > row.stock_quantity


def sku_of(integration: Integration, entity: ExternalVariant, inherited: Container[str] = ()) -> str:
    """Its SKU; one made of its id where it has none of its own."""
    own = entity.sku if entity.sku not in inherited else None
    return own or f"{_PREFIXES[integration.platform]}-{entity.external_id}"[:50]


def inherited(integration: Integration, product_sku: str | None, told: Mapping[str, str | None]) -> set[str]:
    """The SKUs that variations have of their product alone: WooCommerce says it of each that has none.

    `told` is what the variations that came on their own say, by their ids: no two of them can have the same.
    """
    if integration.platform is not ExternalPlatform.WOOCOMMERCE:
        return set()
    counted = Counter(sku for sku in told.values() if sku)
    return {sku for sku, times in counted.items() if times > 1} | ({product_sku} if product_sku else set())


def settle_skus(session: TenantSession, integration: Integration, parent_id: str) -> None:
    """Let all variations of a product be called as they should be, now that more is known. Raises SetAsideError."""
    if integration.platform is not ExternalPlatform.WOOCOMMERCE:
        return
    product_sku, told, ours = _family(session, integration, parent_id)
    shared = inherited(integration, product_sku, told)
    wanted = {one: sku_of(integration, ExternalVariant(external_id=one, sku=sku), shared) for one, sku in told.items()}
    # Those first that free what another wants.
    for one in sorted(wanted, key=lambda one: (wanted[one] == told[one], one)):
        variant_id, sku = ours[one]
        made_up = sku_of(integration, ExternalVariant(external_id=one))
        if sku != wanted[one] and (sku in (made_up, told[one]) or sku in shared):
            _rename(session, integration, one, variant_id, wanted[one])


def _rename(session: TenantSession, integration: Integration, external_id: str, variant_id: str, sku: str) -> None:
    link = links.locked(session, integration, VARIANT, external_id)
    row = links.row_of(session, Variant, variant_id)
    if row.deleted_at is None:
        _refuse_taken(session, row, sku)
    is_agreed = link.details.get("version") == row.version
    row.sku = sku
    links.arrived(session, TAKEN)
    session.flush()
    if is_agreed:
        policies.agreed(link, row)


def _named(session: TenantSession, integration: Integration, entity: ExternalVariant) -> ExternalVariant:
    """A variation with no SKU but its own."""
    if not entity.sku or entity.product_id in (None, entity.external_id):
        return entity
    session.flush()
    product_sku, told, _ = _family(session, integration, str(entity.product_id))
    told[entity.external_id] = entity.sku
    return replace(entity, sku=None) if entity.sku in inherited(integration, product_sku, told) else entity


def _family(
    session: TenantSession, integration: Integration, parent_id: str
) -> tuple[str | None, dict[str, str | None], dict[str, tuple[str, str]]]:
    """What a product calls itself, what its variations do by their ids, and our ids and SKUs of those."""
    link = ExternalLink
    mine = link.integration_id == integration.id
    of = select(link.details).where(mine, link.entity_type == PRODUCT, link.external_id == parent_id)
    query = select(link.external_id, link.details, Variant.id, Variant.sku).join(Variant, Variant.id == link.entity_id)
    query = query.where(mine, link.entity_type == VARIANT, link.external_parent_id == parent_id)
    query = query.where(link.external_id != parent_id).execution_options(**{INCLUDE_DELETED: True})
    rows = session.execute(query.order_by(link.external_id)).all()
    product: dict[str, Any] = session.scalar(of) or {}
    return (
        product.get("sku"),
        {row.external_id: row.details.get("sku") for row in rows},
        {row.external_id: (row.id, row.sku) for row in rows},
    )


def _money(session: TenantSession, amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals(tenant_of(session).currency)), ROUND_HALF_UP)


def _is_unlisted(parent: ExternalLink, link: ExternalLink) -> bool:
    """Whether their product, in a body newer than the variant's, has no such variant."""
    listed = parent.details.get("variant_ids")
    if listed is None or link.external_id in listed:
        return False
    seen, told = link.external_updated_at, parent.external_updated_at
    if seen is None or told is None or seen != told:
        return seen is not None and told is not None and seen < told
    # Of one second; what was asked for afterwards knows.
    rank = versions.rank_of(parent)
    return rank[:1] == (versions.READ,) and versions.rank_of(link) <= rank


def _refuse_taken(session: TenantSession, row: Variant, sku: str) -> None:
    if session.scalar(select(Variant.id).where(Variant.sku == sku, Variant.id != row.id)) is not None:
        raise _sku_taken(sku)


def _sku_taken(sku: str) -> SetAsideError:
    return SetAsideError("sku_taken", f"Another product of this store has the SKU {sku}.", [TAKEN])
