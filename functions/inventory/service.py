"""Reading stock and its ledger; shared/stock.py changes it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, tuple_

from functions.inventory.schemas import (
    AdjustmentCreate,
    AdjustmentRead,
    ChangedLevelRead,
    ChangedLevelsRead,
    CountsSet,
    LevelRead,
)
from shared.audit import Actor
from shared.errors import FieldError, invalid
from shared.models import InventoryAdjustment, Product, Variant
from shared.models.enums import AdjustmentReason
from shared.pagination import Page, decode_cursor, encode_cursor, page_of_newest, place_of_newest
from shared.stock import Level, Why, adjust, set_levels, total
from shared.tenant_session import INCLUDE_DELETED, TenantSession

_AVAILABLE = Variant.stock_quantity - Variant.reserved_quantity


def list_levels(session: TenantSession, q: str | None, limit: int, cursor: str | None) -> Page[LevelRead]:
    """A page of the store's variants with their stock, by SKU. Raises MalformedError for a broken cursor."""
    found = (
        [] if not q else [or_(Variant.sku.istartswith(q, autoescape=True), Product.name.icontains(q, autoescape=True))]
    )
    return _levels(session, found, limit, cursor)


def list_low(session: TenantSession, limit: int, cursor: str | None) -> Page[LevelRead]:
    """A page of what is at its threshold or below. Raises MalformedError for a broken cursor."""
    low = Variant.low_stock_threshold >= _AVAILABLE
    return _levels(session, [Variant.track_inventory, Variant.is_active, low], limit, cursor)


def change(session: TenantSession, body: AdjustmentCreate, actor: Actor) -> ChangedLevelsRead:
    """Write what came or went.

    Raises NotFoundError for an unknown variant, ConflictError naming each of which too little would be left.
    """
    changes = total((one.variant_id, one.quantity) for one in body.changes)
    return _changed(adjust(session, changes, Why(AdjustmentReason(body.reason), actor, body.notes)))


def count(session: TenantSession, body: CountsSet, actor: Actor) -> ChangedLevelsRead:
    """Write what was counted. Raises as `change`, and InvalidError for a variant that is there twice."""
    targets = {one.variant_id: one.on_hand for one in body.counts}
    if len(targets) < len(body.counts):
        raise invalid([FieldError(loc=["body", "counts"], message="A variant is in the list twice.")])
    return _changed(set_levels(session, targets, Why(AdjustmentReason(body.reason), actor, body.notes)))


def history(session: TenantSession, variant_id: str | None, limit: int, cursor: str | None) -> Page[AdjustmentRead]:
    """A page of the ledger, newest first, of one variant or of all. Raises MalformedError for a broken cursor."""
    of_variant = (Variant.id == InventoryAdjustment.variant_id) & (Variant.store_id == InventoryAdjustment.store_id)
    # What was deleted keeps its past.
    query = select(InventoryAdjustment, Variant.sku).join(Variant, of_variant)
    query = query.execution_options(**{INCLUDE_DELETED: True})
    query = query.order_by(InventoryAdjustment.created_at.desc(), InventoryAdjustment.id.desc()).limit(limit + 1)
    if variant_id is not None:
        query = query.where(InventoryAdjustment.variant_id == variant_id)
    if cursor is not None:
        place = tuple_(InventoryAdjustment.created_at, InventoryAdjustment.id)
        query = query.where(place < place_of_newest(cursor))
    rows = session.execute(query).all()
    skus = {row.InventoryAdjustment.id: row.sku for row in rows}
    return page_of_newest([row.InventoryAdjustment for row in rows], limit, lambda line: _line(line, skus[line.id]))


def _levels(
    session: TenantSession, conditions: Sequence[ColumnElement[bool] | Any], limit: int, cursor: str | None
) -> Page[LevelRead]:
    of_product = (Product.id == Variant.product_id) & (Product.store_id == Variant.store_id)
    query: Select[*tuple[Any, ...]] = select(Variant, Product.name).join(Product, of_product).where(*conditions)
    if cursor is not None:
        sku, variant_id = decode_cursor(cursor, "sku", 2)
        query = query.where(tuple_(Variant.sku, Variant.id) > (sku, variant_id))
    rows = session.execute(query.order_by(Variant.sku, Variant.id).limit(limit + 1)).all()
    page = [_level(variant, name) for variant, name in rows[:limit]]
    last = page[-1] if len(rows) > limit else None
    return Page(items=page, next_cursor=encode_cursor("sku", [last.sku, last.variant_id]) if last else None)


def _level(variant: Variant, product_name: str) -> LevelRead:
    return LevelRead(
        variant_id=variant.id,
        product_id=variant.product_id,
        product_name=product_name,
        sku=variant.sku,
        options={str(name): str(value) for name, value in variant.attributes.items()},
        track_inventory=variant.track_inventory,
        on_hand=variant.stock_quantity,
        reserved=variant.reserved_quantity,
        available=variant.stock_quantity - variant.reserved_quantity,
        low_stock_threshold=variant.low_stock_threshold,
    )


def _line(line: InventoryAdjustment, sku: str) -> AdjustmentRead:
    fields = AdjustmentRead.model_fields.keys() - {"sku"}
    return AdjustmentRead(sku=sku, **{field: getattr(line, field) for field in fields})


def _changed(levels: list[Level]) -> ChangedLevelsRead:
    return ChangedLevelsRead(
        items=[
            ChangedLevelRead(
                variant_id=one.variant_id,
                sku=one.sku,
                on_hand=one.on_hand,
                reserved=one.reserved,
                available=one.available,
            )
            for one in levels
        ]
    )
