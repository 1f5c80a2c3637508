"""Their stock and ours. What they have sold we have sold, and the other way round, each once.

A variant's link remembers how much they have as far as we know (`stock`, by their clock `stock_at`), and their orders
(`sold`). An order that they took before they told their stock is in that number already; one after it is not. So what
they have is the number less what was sold since, in whatever order bodies come. When that changes, ours changes by as
much; only the first time, and when everything is compared anew, ours becomes what theirs is.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.sync.entities import STOCK, ExternalVariant
from functions.sync.inbound.links import Integration, detail, is_stub, row_of
from functions.sync.inbound.outcomes import SetAsideError
from functions.sync.inbound.policies import comes_in
from shared.errors import ConflictError
from shared.models import ExternalLink, Variant
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
    note = _note(integration)
    return _move(session, link, None if force else before, Why(AdjustmentReason.CORRECTION, notes=note))


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
    told = link.details.get("stock")
    if entity.push is None or told is None or entity.push[0] <= int(link.details.get("pushes", 0)):
        return
    count, change = entity.push
    detail(link, stock=int(told) + change, pushes=count)


def _since(sold: Mapping[str, Any], at: datetime) -> list[Any]:
    return [one for one in sold.values() if _time(one[1]) > at]


def _move(session: TenantSession, link: ExternalLink, before: int | None, why: Why) -> bool:
    after = theirs(link)
    if after is None or is_stub(link):
        return False
    if before is not None:
        return _add(session, link, after - before, why)
    row, target = row_of(session, Variant, link.entity_id), max(after, 0)
    if row is None or row.stock_quantity == target:
        return False
    return _tried(session, row, lambda: set_levels(session, {row.id: target}, why, deleted_too=True))


def _add(session: TenantSession, link: ExternalLink, change: int, why: Why) -> bool:
    row = row_of(session, Variant, link.entity_id) if change and not is_stub(link) else None
    if row is None or not row.track_inventory:
        return False
    return _tried(session, row, lambda: adjust(session, {row.id: change}, why, deleted_too=True))


def _tried(session: TenantSession, row: Variant, change: Callable[[], object]) -> bool:
    try:
        change()
    except ConflictError as error:
        raise SetAsideError(
            "not_enough_stock", f"{row.sku}: the other shop has sold or counted away what is sold or reserved here."
        ) from error
    row_of(session, Variant, row.id)
    return True


def _note(integration: Integration) -> str:
    return f"as counted in {integration.platform.value}"


def _time(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else _NEVER
