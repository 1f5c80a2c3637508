"""Shipping zones: where which rates apply."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, tuple_

from functions.pricing.checks import Values, values_of, wrong
from functions.pricing.shipping.checks import zone_errors
from functions.pricing.shipping.schemas import ShippingZoneCreate, ShippingZoneRead, ShippingZoneUpdate
from shared.errors import ConflictError, NotFoundError, invalid
from shared.models import ShippingZone, Store
from shared.models.base import new_id
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.pricing.places import plain
from shared.saving import assign, changed
from shared.soft_delete import soft_delete
from shared.tenant_session import TenantSession
from shared.versions import check_if_match, tag

_LISTS = ("countries", "states", "postal_codes")


def zone_of(session: TenantSession, zone_id: str) -> ShippingZone:
    """A live zone. Raises NotFoundError."""
    row = session.scalar(select(ShippingZone).where(ShippingZone.id == zone_id))
    if row is None:
        raise NotFoundError("shipping_zone_not_found", "There is no such shipping zone.")
    return row


def list_zones(session: TenantSession, limit: int, cursor: str | None) -> Page[ShippingZoneRead]:
    """A page of zones, newest first. Raises MalformedError for a broken cursor."""
    query = select(ShippingZone).order_by(ShippingZone.created_at.desc(), ShippingZone.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(ShippingZone.created_at, ShippingZone.id) < place_of_newest(cursor))
    return page_of_newest(session.scalars(query).all(), limit, _zone)


def create_zone(session: TenantSession, body: ShippingZoneCreate) -> ShippingZone:
    """Add a zone. Raises InvalidError naming all that is wrong, ConflictError naming a zone of the same place."""
    values = _each_once(values_of(body))
    _check(session, values, None)
    row = ShippingZone(id=new_id(), **values)
    session.add(row)
    session.flush()
    return row


def update_zone(
    session: TenantSession, zone_id: str, body: ShippingZoneUpdate, event: Mapping[str, Any]
) -> ShippingZone:
    """Change a zone. Raises as `create_zone`, NotFoundError, and StaleVersionError by `If-Match`."""
    row = zone_of(session, zone_id)
    check_if_match(event, row)
    given = _each_once(body.model_dump(exclude_unset=True))
    _check(session, changed(row, given), row.id)
    assign(row, given)
    session.flush()
    return row


def delete_zone(session: TenantSession, zone_id: str, event: Mapping[str, Any]) -> None:
    """Delete a zone with its rates. Raises NotFoundError, StaleVersionError."""
    row = zone_of(session, zone_id)
    check_if_match(event, row)
    soft_delete(session, row)


def shown(session: TenantSession, row: ShippingZone) -> ShippingZoneRead:
    """A zone, its version on the answer."""
    tag(session, row)
    return _zone(row)


def _zone(row: ShippingZone) -> ShippingZoneRead:
    return ShippingZoneRead.model_validate(row, from_attributes=True)


def _each_once(values: Values) -> dict[str, Any]:
    lists = {name: list(dict.fromkeys(values[name])) for name in _LISTS if values.get(name)}
    return {**values, **lists}


def _check(session: TenantSession, values: Values, own_id: str | None) -> None:
    if errors := list(zone_errors(values)):
        raise invalid(errors)
    if not values["is_active"]:
        return
    # Whoever takes the same place at this moment waits, and then sees this one.
    session.execute(select(Store.id).with_for_update(key_share=True))
    for other in session.scalars(select(ShippingZone).where(ShippingZone.is_active).order_by(ShippingZone.id)):
        if other.id != own_id and _place({name: getattr(other, name) for name in _LISTS}) == _place(values):
            message = f"The zone {other.name} ({other.id}) is the very same place; change that one."
            raise ConflictError("same_place", message, [wrong("countries", message)], zone_id=other.id)


def _place(values: Values) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(plain(value.replace(":", "-")) for value in values[name]) for name in _LISTS)
