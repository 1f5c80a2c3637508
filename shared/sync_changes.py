"""What leaves for connected shops: each change of a product, its stock, a parcel or an order's status, as a queue row.

A session notes during its flushes which fields of which entities changed, and writes one row for each entity and each
integration that wants it in the same transaction, just before it is committed; the messages leave after. Rows are only
inserted, so that no request waits for a worker: the worker that takes one is done with the older ones too. A store
without connected shops pays no statement, since entering it says whether there are any.

While a change from a shop is applied, `session.info["sync_origin"]` is its integration's id: what nothing else in the
transaction has changed is told to the others alone.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import event, insert, inspect, select
from sqlalchemy.orm import SessionTransaction

from shared.models import (
    ExternalLink,
    ExternalPlatformIntegration,
    Media,
    Order,
    Product,
    ProductCategory,
    Shipment,
    SyncQueue,
    Variant,
)
from shared.models.base import new_id, now
from shared.models.enums import SyncDirection, SyncOperation
from shared.queues import send_all
from shared.settings import settings
from shared.sync_rules import allows
from shared.tenant_session import TenantSession

PRODUCT, STOCK, ORDER, FULFILLMENT = "product", "stock", "order", "fulfillment"
"""Types of what is pushed; the id beside is the product's, variant's, order's or shipment's."""
FIELDS = "fields"
"""In the data of a product's row: which of its columns have changed, with `categories`, `images`, `variants` when one
came or went, and `<variant's id>.<column>`. A row without it tells of everything."""
WAS = "was"
"""Beside them: what columns held before, as `said` has it, so that theirs can be seen to be unchanged."""
VARIANTS = "variants"
ORIGIN = "sync_origin"
PRIORITY = (PRODUCT, STOCK, ORDER, FULFILLMENT)

_NOTED = "sync_changes"
_OF_PRODUCTS = frozenset(
    ("name", "slug", "description", "short_description", "sku", "status", "is_taxable", "brand_id", "deleted_at")
)
_OF_VARIANTS = frozenset(
    (
        *("sku", "barcode", "price", "compare_at_price", "weight", "length", "width", "height"),
        *("attributes", "is_active", "track_inventory"),
    )
)
"""What of them a shop is told; what else changes is nobody's business there."""
_STOCK = frozenset({"stock_quantity", "reserved_quantity"})
_PARTS = {ProductCategory: "categories", Media: "images"}
_WHOLE = (VARIANTS, *_PARTS.values())
_OF_ORDERS = (ORDER, FULFILLMENT)
Change = tuple[str, str]
"""An entity's type and our id of it."""


@dataclass(slots=True)
class _Noted:
    """What happened to an entity: which fields of it changed, by whose word. None stands for ourselves."""

    operation: SyncOperation = SyncOperation.UPDATE
    fields: dict[str | None, set[str]] = field(default_factory=dict)
    was: dict[str, str] = field(default_factory=dict)
    """What fields were before, as `said` has it."""


def note_stock(session: TenantSession, variant_ids: Iterable[str]) -> None:
    """Tell the connected shops of stock that was changed past the unit of work."""
    if _is_told(session):
        for variant_id in variant_ids:
            _note(session, (STOCK, variant_id))


@event.listens_for(TenantSession, "after_flush")
def _note_changes(session: TenantSession, _context: Any) -> None:
    if not _is_told(session):
        return
    for row in session.new:
        for change, fields in _changes(row, None):
            _note(session, change, SyncOperation.CREATE if isinstance(row, Product | Shipment) else None, fields)
    for row in (*session.dirty, *session.deleted):
        changed = _changed_fields(row) if row in session.dirty else {"id"}
        for change, fields in _changes(row, changed) if changed else ():
            gone = isinstance(row, Product) and row.deleted_at is not None
            _note(session, change, SyncOperation.DELETE if gone else None, fields)
            _note_before(session, change, row, fields)


@event.listens_for(TenantSession, "before_commit")
def _write_rows(session: TenantSession) -> None:
    if session.in_nested_transaction() or not _is_told(session):
        return
    session.flush()
    noted: dict[Change, _Noted] = session.info.pop(_NOTED, {})
    if not noted:
        return
    rows = list(_rows(session, noted))
    if rows:
        session.execute(insert(SyncQueue), rows)
        store_id = str(session.store_id)
        messages = [{"store_id": store_id, "sync_queue_id": row["id"]} for row in rows]
        from shared.tenancy import after_commit  # noqa: PLC0415 - imports this module, so that every session is heard

        after_commit(session, lambda: send_all(settings().sync_queue_url, messages, group=store_id))


@event.listens_for(TenantSession, "after_soft_rollback")
def _forget(session: TenantSession, previous: SessionTransaction) -> None:
    # What a savepoint took back stays noted: pushing what did not change does nothing.
    if not previous.nested:
        session.info.pop(_NOTED, None)


def _is_told(session: TenantSession) -> bool:
    tenant = session.info.get("tenant")
    return tenant is not None and bool(tenant.connected)


def _note(
    session: TenantSession, change: Change, operation: SyncOperation | None = None, fields: Iterable[str] = ()
) -> None:
    noted: dict[Change, _Noted] = session.info.setdefault(_NOTED, {})
    one = noted.setdefault(change, _Noted())
    one.operation = operation or one.operation
    one.fields.setdefault(session.info.get(ORIGIN), set()).update(fields)


def _note_before(session: TenantSession, change: Change, row: Any, fields: set[str]) -> None:
    noted: dict[Change, _Noted] = session.info[_NOTED]
    for name in fields:
        history = inspect(row).attrs[name.rpartition(".")[2]].history if name not in _WHOLE else None
        if history is not None and history.deleted:
            noted[change].was.setdefault(name, said(history.deleted[0]))


def said(value: Any) -> str:
    """A short hash of a value, the same for 12.5 and 12.50."""
    plain = format(value.normalize(), "f") if isinstance(value, Decimal) and value else str(value)
    return hashlib.sha256(plain.encode()).hexdigest()[:12]


def _changed_fields(row: Any) -> set[str]:
    state = inspect(row)
    return {one.key for one in state.mapper.column_attrs if state.attrs[one.key].history.has_changes()}


def _changes(row: Any, changed: set[str] | None) -> Iterator[tuple[Change, set[str]]]:
    """What a row's change is a change of, with the fields of it; None stands for a new row."""
    if isinstance(row, Product):
        fields = set() if changed is None else changed & _OF_PRODUCTS
        if changed is None or fields:
            yield (PRODUCT, row.id), fields
    elif isinstance(row, Variant):
        yield from _of_variant(row, changed)
    elif type(row) in _PARTS:
        if row.product_id is not None:
            yield (PRODUCT, row.product_id), {_PARTS[type(row)]}
    elif isinstance(row, Shipment):
        yield (FULFILLMENT, row.id), set()
    elif isinstance(row, Order) and changed and "status" in changed:
        yield (ORDER, row.id), set()


def _of_variant(row: Variant, changed: set[str] | None) -> Iterator[tuple[Change, set[str]]]:
    if changed is None or changed & {"deleted_at", "id"}:
        yield (PRODUCT, row.product_id), {VARIANTS}
    elif fields := changed & _OF_VARIANTS:
        yield (PRODUCT, row.product_id), {f"{row.id}.{name}" for name in fields}
    if changed and changed & _STOCK:
        yield (STOCK, row.id), set()


def _rows(session: TenantSession, noted: dict[Change, _Noted]) -> Iterator[dict[str, Any]]:
    integration = ExternalPlatformIntegration
    columns = (integration.id, integration.sync_direction, integration.entity_overrides)
    # A paused shop is told as well, once it is resumed.
    query = select(*columns).where(integration.disconnected_at.is_(None)).order_by(integration.id)
    wanted = session.execute(query).all()
    theirs = _orders_of_shops(session, noted) if wanted else set()
    for found in wanted:
        for (entity_type, entity_id), one in sorted(noted.items(), key=_in_order):
            if one.fields.keys() == {found.id} or not allows(found, entity_type, SyncDirection.OUTBOUND):
                continue
            if entity_type in _OF_ORDERS and (found.id, entity_id) not in theirs:
                continue
            yield {
                "id": new_id(),
                "integration_id": found.id,
                "entity_type": entity_type,
                "entity_id": entity_id,
                "operation": one.operation,
                "direction": SyncDirection.OUTBOUND,
                "data": _told(one, found.id) if entity_type == PRODUCT else {},
                "available_at": now(),
            }


def _told(one: _Noted, integration_id: str) -> dict[str, Any]:
    """The fields that have changed, but for those that the shop has changed itself; of what is new all, unnamed."""
    if one.operation is SyncOperation.CREATE:
        return {}
    others = [fields for origin, fields in one.fields.items() if origin != integration_id]
    fields = sorted(set[str]().union(*others))
    was = {name: one.was[name] for name in fields if name in one.was}
    return {FIELDS: fields} | ({WAS: was} if was else {})


def _in_order(noted: tuple[Change, _Noted]) -> tuple[int, str]:
    (entity_type, entity_id), _ = noted
    return PRIORITY.index(entity_type), entity_id


def _orders_of_shops(session: TenantSession, noted: Iterable[Change]) -> set[tuple[str, str]]:
    """Orders and parcels with the integration whose shop has the order: the other shops do not know of it."""
    orders = {entity_id: entity_id for entity_type, entity_id in noted if entity_type == ORDER}
    parcels = [entity_id for entity_type, entity_id in noted if entity_type == FULFILLMENT]
    if parcels:
        query = select(Shipment.id, Shipment.order_id).where(Shipment.id.in_(parcels))
        orders |= {str(row.id): str(row.order_id) for row in session.execute(query)}
    if not orders:
        return set()
    link = ExternalLink
    query_links = select(link.integration_id, link.entity_id).where(
        link.entity_type == ORDER, link.entity_id.in_(set(orders.values()))
    )
    linked = {(integration_id, order_id) for integration_id, order_id in session.execute(query_links)}
    return {
        (integration_id, entity_id)
        for entity_id, order_id in orders.items()
        for integration_id, linked_order in linked
        if linked_order == order_id
    }
