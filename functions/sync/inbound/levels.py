"""Shopify's stock, which it tells apart from the product: by inventory item and place, each with its own time."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from functions.sync.entities import STOCK, VARIANT, ExternalItem, ExternalStock, ExternalVariant
from functions.sync.inbound import links, stock
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result
from shared.currency import in_currency
from shared.models import ExternalLink, Variant
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession


def apply(session: TenantSession, integration: Integration, entity: ExternalStock, *, force: bool) -> Outcome:
    """Take over how much there is at a place; before its product has come, keep it. Raises SetAsideError."""
    if entity.available is None:
        return Outcome(Result.IGNORED, None, "not_stocked")
    link = of_item(session, integration, entity.inventory_item_id)
    told = links.locked(session, integration, STOCK, entity.inventory_item_id)
    levels, place = dict(told.details.get("levels", {})), entity.location_id or ""
    at = entity.updated_at.isoformat() if entity.updated_at else ""
    if place in levels and levels[place][1] >= at and not force:
        return Outcome(Result.IGNORED, None, "older")
    links.detail(told, levels=levels | {place: [entity.available, at]})
    # Its product may have come while this waited for the lock.
    link = link or of_item(session, integration, entity.inventory_item_id)
    if link is None:
        return Outcome(Result.IGNORED, None, "unknown_item")
    changed = settle(session, integration, link, told, force=force)
    return Outcome(Result.UPDATED if changed else Result.UNCHANGED, link.entity_id)


def settle(
    session: TenantSession, integration: Integration, link: ExternalLink, told: ExternalLink, *, force: bool
) -> bool:
    """Count what a variant has at all places that count. Returns whether ours changed."""
    levels: dict[str, Any] = told.details.get("levels", {})
    only = integration.platform_settings.get("location_id")
    counted = [level for place, level in levels.items() if only is None or place == str(only)]
    if not counted:
        return False
    last = max(level[1] for level in counted)
    whole = ExternalVariant(
        external_id=link.external_id,
        stock=max(sum(level[0] for level in counted), 0),
        updated_at=datetime.fromisoformat(last) if last else None,
    )
    return stock.count(session, integration, link, whole, force=force)


def describe(session: TenantSession, integration: Integration, entity: ExternalItem) -> Outcome:
    """Take over whether an item is tracked and what it cost."""
    link = of_item(session, integration, entity.inventory_item_id)
    at = entity.updated_at.isoformat() if entity.updated_at else ""
    if link is None or at < link.details.get("item_at", ""):
        return Outcome(Result.IGNORED, None, "unknown_item" if link is None else "older")
    row = links.row_of(session, Variant, link.entity_id)
    if entity.cost is not None:
        row.cost_price = in_currency(entity.cost, tenant_of(session).currency)
    if entity.tracked is not None:
        row.track_inventory = entity.tracked or row.reserved_quantity > row.stock_quantity
    links.detail(link, item_at=at)
    session.flush()
    links.detail(link, version=row.version)
    return Outcome(Result.UPDATED, link.entity_id)


def of_item(session: TenantSession, integration: Integration, item: str) -> ExternalLink | None:
    """The link of the variant that an inventory item is of, locked.

    The item's own link names it where the product has come from there; one that was made there by us is looked for.
    """
    told = links.known(session, integration, STOCK, [item]).get(item)
    named = told.external_parent_id if told is not None else None
    this = ExternalLink.details["inventory_item_id"].as_string() == item
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == VARIANT,
        ExternalLink.external_id == named if named is not None else this,
    )
    return session.scalar(query.order_by(ExternalLink.id).limit(1).with_for_update())
