"""Stock: the only module that changes it. What can be sold is what is on hand less what is reserved.

Rows are locked in the order of their ids, so that two requests for the same variants wait instead of deadlocking, and
what they ask is checked under the lock: nothing is sold twice, whoever sells. Every change of what is on hand is a line
of the ledger (InventoryAdjustment), written in the same transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, insert, select, update

from shared.audit import Actor
from shared.errors import ConflictError, FieldError, NotFoundError
from shared.models import InventoryAdjustment, StockReservation, Variant
from shared.models.base import new_id, now
from shared.models.enums import AdjustmentReason
from shared.sync_changes import note_stock
from shared.tenant_session import INCLUDE_DELETED, TenantSession

MOST = 1_000_000_000
"""Units of a variant that can be on hand; more is a mistake, and would not fit the column one day."""
_AT_ONCE = 200
"""Variants that one UPDATE names: beyond 16 KB of text RDS Proxy would keep the connection."""
Quantities = Mapping[str, int]
"""Units by variant id."""


@dataclass(frozen=True, slots=True)
class Level:
    """A variant's stock. An untracked one can always be sold."""

    variant_id: str
    sku: str
    tracked: bool
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """What can be sold now."""
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True)
class Why:
    """The reason of a change, for the ledger: who made it, for which order."""

    reason: AdjustmentReason
    actor: Actor | None = None
    notes: str | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom units are reserved for: an order, or a cart on its way to one."""

    order_id: str | None = None
    cart_id: str | None = None


def adjust(session: TenantSession, changes: Quantities, why: Why, *, deleted_too: bool = False) -> list[Level]:
    """Add to what is on hand, or take from it. Returns the levels after it, by variant id.

    Raises NotFoundError for a variant that is not there, ConflictError naming each of which less would be left than is
    reserved, or more than a billion.
    """
    levels = _locked(session, changes, deleted_too=deleted_too)
    # Untracked ones too: what is on hand is never negative, and tracking may begin again.
    short = [level for level in levels if level.available + changes[level.variant_id] < 0]
    if short:
        raise _not_enough(short)
    return _write(session, levels, {variant: change for variant, change in changes.items() if change}, why)


def set_levels(session: TenantSession, targets: Quantities, why: Why, *, deleted_too: bool = False) -> list[Level]:
    """Set what is on hand, as counted. Raises as `adjust`."""
    levels = _locked(session, targets, deleted_too=deleted_too)
    changes = {level.variant_id: targets[level.variant_id] - level.on_hand for level in levels}
    short = [level for level in levels if targets[level.variant_id] < level.reserved]
    if short:
        raise _not_enough(short)
    return _write(session, levels, {variant: change for variant, change in changes.items() if change}, why)


def reserve(session: TenantSession, demand: Quantities, holder: Holder, until: datetime) -> None:
    """Hold units back until a moment (UTC). Raises NotFoundError, and ConflictError naming each that is short."""
    levels = _locked(session, demand)
    short = [level for level in levels if level.tracked and level.available < demand[level.variant_id]]
    if short:
        raise _not_enough(short)
    tracked = {level.variant_id: demand[level.variant_id] for level in levels if level.tracked}
    _change(session, Variant.reserved_quantity, tracked)
    rows = [
        {"variant_id": variant, "quantity": units, "expires_at": until, "order_id": holder.order_id}
        | {"cart_id": holder.cart_id}
        for variant, units in tracked.items()
    ]
    if rows:
        session.execute(insert(StockReservation), rows)


def release(session: TenantSession, holder: Holder) -> None:
    """Give back all that is held for an order or a cart; nothing happens when it was given back or sold already."""
    _free(session, _held(session, holder))


def commit(session: TenantSession, holder: Holder, why: Why) -> None:
    """Sell what is held for an order: it leaves the stock, and the reservation with it."""
    held = _held(session, holder)
    sold = _units(held)
    _free(session, held)
    # What was deleted after it had been ordered is sold all the same.
    levels = _locked(session, sold, deleted_too=True)
    _write(session, levels, {variant: -units for variant, units in sold.items()}, why)


def put_back(session: TenantSession, units: Quantities, why: Why) -> None:
    """Add to what is on hand what an order had taken, deleted variants too. Raises ConflictError over a billion."""
    levels = _locked(session, units, deleted_too=True)
    _write(session, levels, {variant: count for variant, count in units.items() if count}, why)


def expire(session: TenantSession, moment: datetime, limit: int = 500) -> int:
    """Give back what carts held until before a moment. Returns how many reservations; call again while there are any.

    What an order holds ends with the order's payment or cancellation, never under an order that is alive.
    """
    query = select(StockReservation).where(StockReservation.expires_at <= moment, StockReservation.order_id.is_(None))
    rows = session.scalars(
        query.order_by(StockReservation.expires_at, StockReservation.id).limit(limit).with_for_update(skip_locked=True)
    ).all()
    _free(session, rows)
    return len(rows)


def differences(session: TenantSession) -> list[dict[str, Any]]:
    """Where the stock is not what the ledger and the reservations add up to: nothing, if all is well.

    One row a variant, deleted ones too until the purge begins with them: `variant_id`, `sku`, `on_hand`, `by_ledger`,
    `reserved`, `by_reservations`.
    """
    ledger = func.coalesce(_sum_of(InventoryAdjustment.quantity_change, InventoryAdjustment), 0)
    held = func.coalesce(_sum_of(StockReservation.quantity, StockReservation), 0)
    query = select(
        Variant.id.label("variant_id"),
        Variant.sku,
        Variant.stock_quantity.label("on_hand"),
        ledger.label("by_ledger"),
        Variant.reserved_quantity.label("reserved"),
        held.label("by_reservations"),
    ).where(Variant.purged_at.is_(None), (Variant.stock_quantity != ledger) | (Variant.reserved_quantity != held))
    rows = session.execute(query.order_by(Variant.id).execution_options(**{INCLUDE_DELETED: True}))
    return [dict(row._mapping) for row in rows]


def total(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Units by variant: two lines of one variant are one demand, or each would pass alone."""
    summed: Counter[str] = Counter()
    for variant_id, units in lines:
        summed[variant_id] += units
    return dict(summed)


def _locked(session: TenantSession, wanted: Iterable[str], *, deleted_too: bool = False) -> list[Level]:
    """The levels of variants, by id, until the end of the transaction nobody else's to change."""
    ids = sorted(wanted)
    if not ids:
        return []
    query = (
        select(Variant.id, Variant.sku, Variant.track_inventory, Variant.stock_quantity, Variant.reserved_quantity)
        .where(Variant.id.in_(ids))
        .order_by(Variant.id)
        .with_for_update()
        .execution_options(**{INCLUDE_DELETED: deleted_too})
    )
    found = [Level(*row) for row in session.execute(query)]
    if missing := set(ids) - {level.variant_id for level in found}:
        errors = [FieldError(loc=["variant_id"], message=variant) for variant in sorted(missing)]
        raise NotFoundError("variant_not_found", "There is no such variant; `errors` names each.", errors)
    return found


def _write(session: TenantSession, levels: list[Level], changes: Quantities, why: Why) -> list[Level]:
    after = [
        Level(one.variant_id, one.sku, one.tracked, one.on_hand + changes.get(one.variant_id, 0), one.reserved)
        for one in levels
    ]
    if over := [level for level in after if level.on_hand > MOST]:
        raise _too_much(over)
    _change(session, Variant.stock_quantity, changes)
    actor = why.actor or Actor(None, "system")
    lines = [
        {
            "id": new_id(),
            "variant_id": level.variant_id,
            "quantity_change": changes[level.variant_id],
            "new_quantity": level.on_hand,
            "reason": why.reason,
            "notes": why.notes,
            "order_id": why.order_id,
            "user_id": actor.user_id,
            "ip_address": actor.ip_address,
            "user_agent": actor.user_agent,
            "created_at": now(),
        }
        for level in after
        if level.variant_id in changes
    ]
    if lines:
        session.execute(insert(InventoryAdjustment), lines)
    return after


def _change(session: TenantSession, column: Any, changes: Quantities) -> None:
    """One UPDATE for hundreds; the rows are locked already."""
    note_stock(session, changes)
    pairs = list(changes.items())
    for begin in range(0, len(pairs), _AT_ONCE):
        part = dict(pairs[begin : begin + _AT_ONCE])
        session.execute(
            update(Variant)
            .where(Variant.id.in_(part))
            .values({column.key: column + case(part, value=Variant.id), "updated_at": now()})
            .execution_options(synchronize_session=False, **{INCLUDE_DELETED: True})
        )


def _held(session: TenantSession, holder: Holder) -> Any:
    column, value = (
        (StockReservation.order_id, holder.order_id) if holder.order_id else (StockReservation.cart_id, holder.cart_id)
    )
    query = select(StockReservation).where(column == value).order_by(StockReservation.id)
    return session.scalars(query.with_for_update()).all()


def _units(held: Iterable[StockReservation]) -> dict[str, int]:
    return total((row.variant_id, row.quantity) for row in held)


def _free(session: TenantSession, held: Iterable[StockReservation]) -> None:
    rows = list(held)
    if not rows:
        return
    units = _units(rows)
    # Locked in order first, deleted variants too: their reservations end as well.
    session.execute(
        select(Variant.id)
        .where(Variant.id.in_(units))
        .order_by(Variant.id)
        .with_for_update()
        .execution_options(**{INCLUDE_DELETED: True})
    )
    _change(session, Variant.reserved_quantity, {variant: -count for variant, count in units.items()})
    session.execute(delete(StockReservation).where(StockReservation.id.in_([row.id for row in rows])))


def _sum_of(column: Any, model: Any) -> Any:
    return (
        select(func.sum(column))
        .select_from(model)
        .where(model.variant_id == Variant.id)
        .correlate(Variant)
        .scalar_subquery()
    )


def _not_enough(short: Iterable[Level]) -> ConflictError:
    errors = [
        FieldError(loc=["variant_id", level.variant_id], message=f"{level.sku}: {level.available} available.")
        for level in short
    ]
    return ConflictError("not_enough_stock", "There is not enough stock; `errors` says of what.", errors)


def _too_much(over: Iterable[Level]) -> ConflictError:
    errors = [FieldError(loc=["variant_id", level.variant_id], message=f"{level.sku}: over {MOST}.") for level in over]
    return ConflictError("too_much_stock", f"At most {MOST} units can be on hand; `errors` says of what.", errors)
