"""The lines of another shop's order: of which variant each is, and what it takes from the stock.

A line of something that nobody here knows is kept as a line of a placeholder, whose stock is nobody's. When its product
comes, the placeholder becomes it.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import select

from functions.sync.entities import PRODUCT, STOCK, VARIANT, ExternalLine, ExternalOrder
from functions.sync.inbound import links, placeholders, policies, stock
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import SetAsideError
from shared.currency import decimals
from shared.models import ExternalLink, Order, OrderItem, Product, Variant
from shared.models.base import new_id
from shared.models.enums import AdjustmentReason, OrderStatus
from shared.orders.shipping import units_in_parcels
from shared.stock import Why
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

_SENT = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)


def write(
    session: TenantSession, integration: Integration, order: Order, link: ExternalLink, entity: ExternalOrder
) -> None:
    """Write an order's lines as they are there; what was taken off it there is taken off here."""
    noted: dict[str, str] = dict(link.details.get("lines", {}))
    rows = {row.id: row for row in session.scalars(select(OrderItem).where(OrderItem.order_id == order.id))}
    # What was sent from here is on its way, whatever the other shop has heard of it so far.
    parcels = units_in_parcels(session, order) if rows else {}
    for line in sorted(entity.lines, key=_place):
        row = rows.pop(noted.get(line.external_id, ""), None)
        if row is None:
            row = OrderItem(id=new_id(), order_id=order.id)
        noted[line.external_id] = row.id
        _write(session, integration, row, line, entity, parcels)
        session.add(row)
    for gone in rows.values():
        session.delete(gone)
    kept = {line.external_id for line in entity.lines}
    links.detail(link, lines={theirs: ours for theirs, ours in noted.items() if theirs in kept})
    session.flush()


def remembered(link: ExternalLink, entity: ExternalOrder) -> ExternalOrder:
    """An order whose lines name what they were of: WooCommerce forgets that once it is deleted for good."""
    keys: dict[str, Any] = dict(link.details.get("keys", {}))
    found = []
    for line in entity.lines:
        known = keys.get(line.external_id)
        is_less = line.variant_id is None or (
            known is not None and known[0] != known[1] and line.variant_id == known[0]
        )
        if known is not None and is_less:
            found.append(replace(line, product_id=known[0], variant_id=known[1], sku=line.sku or known[2]))
            continue
        if line.variant_id is not None:
            keys[line.external_id] = [line.product_id, line.variant_id, line.sku]
        found.append(line)
    kept = {line.external_id: keys[line.external_id] for line in entity.lines if line.external_id in keys}
    links.detail(link, keys=kept or None)
    return replace(entity, lines=tuple(found))


def recalled(session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalOrder) -> None:
    """Let lines that name nothing, in the newest body, be of what an older one names."""
    noted, keys = link.details.get("lines", {}), dict(link.details.get("keys", {}))
    for line in entity.lines:
        row = session.get(OrderItem, noted[line.external_id]) if line.external_id in noted else None
        if row is None or line.variant_id is None or line.external_id in keys:
            continue
        variant, product = _variant(session, integration, line)
        _sell_instead(session, integration, link, entity, row, line)
        row.variant_id, row.product_id, row.variant_sku = variant.id, product.id, line.sku or variant.sku
        keys[line.external_id] = [line.product_id, line.variant_id, line.sku]
    links.detail(link, keys=keys or None)


def _sell_instead(  # noqa: PLR0913, PLR0917 - what was sold as what, and is what
    session: TenantSession,
    integration: Integration,
    link: ExternalLink,
    entity: ExternalOrder,
    row: OrderItem,
    line: ExternalLine,
) -> None:
    """Take a line's units from what it is of, and not from what stood in for it."""
    query = select(ExternalLink).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == VARIANT,
        ExternalLink.entity_id == row.variant_id,
    )
    before, sold = session.scalar(query), set(link.details.get("sold_of", ()))
    if before is None or before.external_id not in sold:
        return
    notes = f"order {entity.number} in {integration.platform.value}"
    why = Why(AdjustmentReason.ORDER_PLACED, notes=notes, order_id=link.entity_id)
    with suppress(SetAsideError), session.begin_nested():
        one = links.locked(session, integration, VARIANT, variant_key(line))
        stock.sell(session, before, entity.external_id, 0, entity.taken_at, why)
        stock.sell(session, one, entity.external_id, row.quantity, entity.taken_at, why)
        links.detail(link, sold_of=sorted(sold - {before.external_id} | {one.external_id}))


def sell(
    session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalOrder
) -> SetAsideError | None:
    """Take an order's units from the stock, once, or put them back. Returns why not, when they are not there."""
    if not policies.comes_in(integration, STOCK):
        return None
    wanted: dict[str, int] = dict.fromkeys(link.details.get("sold_of", ()), 0)
    for line in entity.lines if entity.takes_stock else ():
        wanted[variant_key(line)] = wanted.get(variant_key(line), 0) + line.quantity
    try:
        with session.begin_nested():
            _move(session, integration, link, entity, wanted)
    except SetAsideError as why:
        return why
    links.detail(link, sold_of=sorted(key for key, units in wanted.items() if units) or None)
    return None


def variant_key(line: ExternalLine) -> str:
    """The id of what a line is of: theirs, or one made of its SKU or name where theirs is gone."""
    if line.variant_id is not None:
        return line.variant_id
    return "line-" + hashlib.sha256((line.sku or line.name).encode()).hexdigest()[:24]


def _move(
    session: TenantSession, integration: Integration, link: ExternalLink, entity: ExternalOrder, wanted: dict[str, int]
) -> None:
    reason = AdjustmentReason.ORDER_PLACED if entity.takes_stock else AdjustmentReason.ORDER_CANCELED
    why = Why(reason, notes=f"order {entity.number} in {integration.platform.value}", order_id=link.entity_id)
    for key in sorted(wanted):
        one = links.locked(session, integration, VARIANT, key)
        stock.sell(session, one, entity.external_id, wanted[key], entity.taken_at, why)


def _write(  # noqa: PLR0913, PLR0917 - a line, there and here
    session: TenantSession,
    integration: Integration,
    row: OrderItem,
    line: ExternalLine,
    entity: ExternalOrder,
    parcels: Mapping[str, tuple[int, int]],
) -> None:
    variant, product = _variant(session, integration, line)
    row.variant_id, row.product_id, row.variant_sku = variant.id, product.id, line.sku or variant.sku
    row.product_name, row.attributes = line.name, dict(line.options) or None
    row.quantity, row.needs_shipping = line.quantity, line.needs_shipping
    row.unit_price, row.regular_price = _money(session, line.unit_price), _money(session, line.unit_price)
    row.subtotal, row.discount_amount = _money(session, line.subtotal), _money(session, line.discount)
    row.tax_amount = _money(session, line.tax)
    sent = line.quantity if entity.status in _SENT else 0
    packed, left = parcels.get(row.id, (0, 0))
    row.quantity_fulfilled, row.quantity_shipped = max(sent, packed), max(sent, left)
    row.quantity_refunded = min(row.quantity_refunded or 0, line.quantity)


def _variant(session: TenantSession, integration: Integration, line: ExternalLine) -> tuple[Variant, Product]:
    key = variant_key(line)
    parent_key = line.product_id or key
    parent = links.locked(session, integration, PRODUCT, parent_key)
    link = links.locked(session, integration, VARIANT, key, parent_key)
    if links.is_stub(link):
        _match(session, integration, parent, link, line)
    product = placeholders.product(session, parent, line.name)
    return placeholders.variant(session, link, product, line.sku), product


def _match(
    session: TenantSession, integration: Integration, parent: ExternalLink, link: ExternalLink, line: ExternalLine
) -> None:
    """Find what a line is of by its SKU, unless that is linked to something else of theirs."""
    found = session.scalar(select(Variant).where(Variant.sku == line.sku)) if line.sku else None
    if found is None or _is_linked(session, integration, VARIANT, found.id):
        return
    if parent.entity_id != found.product_id:
        if not links.is_stub(parent) or _is_linked(session, integration, PRODUCT, found.product_id):
            return
        links.bind(session, parent, found.product_id)
        links.detail(parent, live=True)
    links.bind(session, link, found.id)
    links.detail(link, live=True)


def _is_linked(session: TenantSession, integration: Integration, entity_type: str, entity_id: str) -> bool:
    query = select(ExternalLink.id).where(
        ExternalLink.integration_id == integration.id,
        ExternalLink.entity_type == entity_type,
        ExternalLink.entity_id == entity_id,
    )
    return session.scalar(query) is not None


def _place(line: ExternalLine) -> Any:
    return (line.product_id or "", variant_key(line), line.external_id)


def _money(session: TenantSession, amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals(tenant_of(session).currency)), ROUND_HALF_UP)
