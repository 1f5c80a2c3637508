"""Our side of what a shop has told, sent to it: what `keep: ours` means for each type of entity.

A product, a variant or an order is pushed as it is here, and what there is of a variant where that is what the two
sides disagree on. Customers, coupons and refunds are never pushed.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from shared.errors import ConflictError
from shared.models import ExternalLink, SyncQueue, Variant, WebhookDelivery
from shared.models.base import new_id, now
from shared.models.enums import SyncDirection, SyncOperation
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit
from shared.tenant_session import TenantSession

PRODUCT, VARIANT, ORDER, STOCK = "product", "variant", "order", "stock"
_SENT = (PRODUCT, VARIANT, ORDER, STOCK)
_SHORT = "not_enough_stock"


def send_ours(session: TenantSession, row: SyncQueue) -> None:
    """Queue our side for the shop.

    Raises ConflictError `not_sent` for what is never pushed, `nothing_of_ours` where nothing here belongs to it.
    """
    if row.entity_type not in _SENT:
        message = f"A {row.entity_type} is never sent to a shop: keep theirs, or neither and change it there by hand."
        raise ConflictError("not_sent", message)
    changes = list(_stocks(session, row)) if row.entity_type == STOCK or row.reason == _SHORT else []
    if row.entity_type != STOCK:
        changes.append(_entity(session, row))
    if not changes:
        raise _nothing()
    for entity_type, ours in changes:
        _queue(session, row, entity_type, ours)


def tell_worker(session: TenantSession, row_id: str) -> None:
    """Send a change's message once the session's transaction is committed."""
    message = {"store_id": str(session.store_id), "sync_queue_id": row_id}
    after_commit(session, partial(send, settings().sync_queue_url, message, group=message["store_id"]))


def _entity(session: TenantSession, row: SyncQueue) -> tuple[str, str]:
    """What is pushed, and our id of it; a variant goes with its product."""
    ours = _link(session, row, row.entity_type, row.entity_id)
    if ours is None and row.entity_type == PRODUCT:
        # WooCommerce tells of a variation as of a product.
        ours = _link(session, row, VARIANT, row.entity_id)
    if ours is None:
        raise _nothing()
    if ours.entity_type != VARIANT:
        return row.entity_type, ours.entity_id
    product = session.scalar(select(Variant.product_id).where(Variant.id == ours.entity_id))
    if product is None:
        raise _nothing()
    return PRODUCT, product


def _stocks(session: TenantSession, row: SyncQueue) -> Iterator[tuple[str, str]]:
    """The variants that were counted. What they have of each is noted: what is sent is the difference to ours."""
    body = session.scalar(select(WebhookDelivery.body).where(WebhookDelivery.id == row.webhook_delivery_id))
    told = _parsed(body)
    at = _moment(told.get("updated_at") or told.get("date_modified_gmt"))
    for number, units in _counted(told):
        item = _link(session, row, STOCK, number) if row.entity_type == STOCK else None
        link = _link(session, row, VARIANT, str(item.external_parent_id) if item is not None else number)
        if link is not None:
            link.details = {**link.details, "stock": max(units, 0), "stock_at": at.isoformat()}
            yield STOCK, link.entity_id


def _counted(told: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Ids of variants, or of an inventory item, with how many there are."""
    variants = told.get("variants")
    one = (told.get("inventory_item_id") or told.get("id"), told.get("available", told.get("stock_quantity")))
    pairs = [one]
    if isinstance(variants, list):
        pairs += [(part.get("id"), part.get("inventory_quantity")) for part in variants if isinstance(part, dict)]
    for number, units in pairs:
        if number is not None and str(units).lstrip("-").isdecimal():
            yield str(number), int(units)


def _queue(session: TenantSession, row: SyncQueue, entity_type: str, ours: str) -> None:
    sent = SyncQueue(
        id=new_id(),
        integration_id=row.integration_id,
        entity_type=entity_type,
        entity_id=ours,
        operation=SyncOperation.UPDATE,
        direction=SyncDirection.OUTBOUND,
        data={"force": True},
        available_at=now(),
    )
    session.add(sent)
    session.flush()
    tell_worker(session, sent.id)


def _link(session: TenantSession, row: SyncQueue, entity_type: str, external_id: str) -> ExternalLink | None:
    found: ExternalLink | None = session.scalar(
        select(ExternalLink)
        .where(
            ExternalLink.integration_id == row.integration_id,
            ExternalLink.entity_type == entity_type,
            ExternalLink.external_id == external_id,
        )
        .with_for_update()
    )
    return found


def _parsed(body: bytes | None) -> Mapping[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return now()
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _nothing() -> ConflictError:
    return ConflictError("nothing_of_ours", "Nothing here belongs to it; keep theirs, or neither.")
