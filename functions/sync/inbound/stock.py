"""Their stock and ours. What they have sold we have sold, and the other way round, each once.

A variant's link remembers how much they have as far as we know (`stock`, by their clock `stock_at`), and their orders
(`sold`). An order that they took before they told their stock is in that number already; one after it is not. So what
they have is the number less what was sold since, in whatever order bodies come. When that changes, ours changes by as
much; only the first time, and when everything is compared anew, ours becomes what theirs is.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from functions.sync.entities import ORDER, STOCK, ExternalVariant
from functions.sync.inbound.links import Integration, detail, is_stub, row_of
from functions.sync.inbound.links import arrived as came
from functions.sync.inbound.outcomes import SetAsideError
from functions.sync.inbound.policies import comes_in
from shared.errors import ConflictError
from shared.models import ExternalLink, InventoryAdjustment, Variant
from shared.models.enums import AdjustmentReason
from shared.stock import MOST, Why, adjust, set_levels
from shared.tenant_session import TenantSession

_KEPT = timedelta(days=30)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def count(
    session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalVariant, *, force: bool
) -> bool:
    """Take over what they say they have. Returns whether ours changed. Raises SetAsideError if it is reserved."""
    if entity.stock is None or not comes_in(integration, STOCK):
        return False
    arrived(link, entity)
    at, known = entity.updated_at or _NEVER, _time(link.details.get("stock_at"))
    if link.details.get("stock") is not None and not force and at < known:
        return False
    before = theirs(link)
    sold = {order: one for order, one in link.details.get("sold", {}).items() if _time(one[1]) > max(at, known) - _KEPT}
    detail(link, stock=min(entity.stock, MOST), stock_at=max(at, known).isoformat(), sold=sold or None)
    changed = _move(session, link, None if force else before, counted(integration))
    # Orders that were short may be counted in it.
    came(session, _key(link))
    return changed


def begin(session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalVariant) -> int:
    """Note what they say they have of something that has just come, which nobody can have sold. Returns how much."""
    if entity.stock is None or not comes_in(integration, STOCK):
        return 0
    detail(link, stock=min(entity.stock, MOST), stock_at=(entity.updated_at or _NEVER).isoformat())
    came(session, _key(link))
    return min(entity.stock, MOST)


def forget(session: TenantSession, integration: Integration, link: ExternalLink) -> bool:
    """They do not count it any more: what they told before says nothing. Returns whether ours changed."""
    if link.details.get("stock") is None or not comes_in(integration, STOCK):
        return False
    detail(link, stock=None, stock_at=None, sold=None, pooled=None)
    row = row_of(session, Variant, link.entity_id)
    if row is None or row.stock_quantity == row.reserved_quantity:
        return False
    set_levels(session, {row.id: row.reserved_quantity}, counted(integration), deleted_too=True)
    row_of(session, Variant, row.id)
    return True


def counted(integration: Integration) -> Why:
    """What the ledger says of a number that is taken over."""
    return Why(AdjustmentReason.CORRECTION, notes=f"as counted in {integration.platform.value}")


def sell(  # noqa: PLR0913, PLR0917 - what is sold of what, for which order, when and why
    session: TenantSession, link: ExternalLink, order: str, units: int, at: datetime | None, why: Why
) -> bool:
    """Take an order's units, once; none puts them back. Returns whether ours changed. Raises as `count`."""
    before, sold = theirs(link), dict(link.details.get("sold", {}))
    had = sold.get(order)
    if units:
        first = min(_time(had[1]), at or _NEVER) if had else at or _NEVER
        sold[order] = [units, first.isoformat()]
    elif had is None:
        return False
    else:
        del sold[order]
    detail(link, sold=sold or None)
    if before is None:
        return _add(session, link, (had[0] if had else 0) - units, why)
    return _move(session, link, before, why)


def theirs(link: ExternalLink) -> int | None:
    """What they have, as far as we know; None when they never told."""
    number = link.details.get("stock")
    if number is None:
        return None
    at, sold = _time(link.details.get("stock_at")), link.details.get("sold", {})
    return int(number) - sum(int(one[0]) for one in _since(sold, at))


def pushed(link: ExternalLink, stock: int, at: datetime) -> None:
    """Note that they have what we have told them, as of their answer."""
    detail(link, stock=stock, stock_at=at.isoformat())


def arrived(link: ExternalLink, entity: ExternalVariant) -> None:
    """Note a change of ours that has arrived there, once: what they told before stays as old as it is."""
    told, intent, push = link.details.get("stock"), link.details.get("intent"), entity.push
    if push is None and intent is not None and entity.stock == intent[2]:
        # Shopify does not say whose a change is; this is what we have asked for.
        push = intent[0], intent[2] - intent[1]
    if push is None or told is None or push[0] <= int(link.details.get("pushes", 0)):
        return
    detail(link, stock=int(told) + push[1], pushes=push[0], intent=None)


def _since(sold: Mapping[str, Any], at: datetime) -> list[Any]:
    return [one for one in sold.values() if _time(one[1]) > at]


def _move(session: TenantSession, link: ExternalLink, before: int | None, why: Why) -> bool:
    after = theirs(link)
    if after is None or is_stub(link):
        return False
    if before is not None:
        return _add(session, link, after - before, why)
    row, target = row_of(session, Variant, link.entity_id), max(after, 0)
    if row is None:
        return False
    unwritten = _unwritten(session, link, row) if target >= row.reserved_quantity else {}
    if row.stock_quantity == target and not unwritten:
        return False
    return _tried(session, link, row, lambda: _set(session, row, target, unwritten, why))


def _set(session: TenantSession, row: Variant, target: int, unwritten: Mapping[str, int], why: Why) -> None:
    """Bring ours to a number that orders have been taken from already, with a line of the ledger for each of them.

    Only what the ledger says that an order has taken is put back when it is cancelled.
    """
    set_levels(session, {row.id: target + sum(unwritten.values())}, why, deleted_too=True)
    for order_id, units in sorted(unwritten.items()):
        taken = Why(AdjustmentReason.ORDER_PLACED, why.actor, why.notes, order_id)
        adjust(session, {row.id: -units}, taken, deleted_too=True)


def _unwritten(session: TenantSession, link: ExternalLink, variant: Variant) -> dict[str, int]:
    """What their orders have taken since they told their stock and our ledger knows nothing of, by our id of each."""
    at, sold = _time(link.details.get("stock_at")), link.details.get("sold", {})
    since = {order: int(one[0]) for order, one in sold.items() if _time(one[1]) > at}
    written = select(InventoryAdjustment.id).where(
        InventoryAdjustment.variant_id == variant.id, InventoryAdjustment.order_id == ExternalLink.entity_id
    )
    query = select(ExternalLink.external_id, ExternalLink.entity_id).where(
        ExternalLink.integration_id == link.integration_id,
        ExternalLink.entity_type == ORDER,
        ExternalLink.external_id.in_(since),
        ~written.exists(),
    )
    return {row.entity_id: since[row.external_id] for row in session.execute(query)}


def _add(session: TenantSession, link: ExternalLink, change: int, why: Why) -> bool:
    row = row_of(session, Variant, link.entity_id) if change and not is_stub(link) else None
    if row is None or not row.track_inventory:
        return False
    if change > 0 and why.order_id is not None:
        change = min(change, _taken(session, row, why.order_id))
    return bool(change) and _tried(session, link, row, lambda: adjust(session, {row.id: change}, why, deleted_too=True))


def _tried(session: TenantSession, link: ExternalLink, row: Variant, change: Callable[[], object]) -> bool:
    try:
        change()
    except ConflictError as error:
        raise SetAsideError(
            "not_enough_stock",
            f"{row.sku}: the other shop has sold or counted away what is sold or reserved here.",
            [_key(link)],
        ) from error
    row_of(session, Variant, row.id)
    return True


def _taken(session: TenantSession, row: Variant, order_id: str) -> int:
    """What an order has taken of a variant, by the ledger: staff here may have put it back already."""
    query = select(func.coalesce(func.sum(InventoryAdjustment.quantity_change), 0))
    lines = query.where(InventoryAdjustment.variant_id == row.id, InventoryAdjustment.order_id == order_id)
    return max(-int(session.scalars(lines).one()), 0)


def _key(link: ExternalLink) -> str:
    return f"stock:{link.external_id}"


def _time(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else _NEVER
