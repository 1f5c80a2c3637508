"""The ways to ship within a zone, and what they would cost a parcel."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select, tuple_

from functions.pricing.amounts import money, percent
from functions.pricing.checks import values_of
from functions.pricing.places import address_of
from functions.pricing.shipping.checks import rate_errors
from functions.pricing.shipping.schemas import (
    BracketRead,
    ConditionsGiven,
    ConditionsRead,
    PreviewOptionRead,
    ShippingPreview,
    ShippingPreviewRead,
    ShippingRateCreate,
    ShippingRateRead,
    ShippingRateUpdate,
)
from functions.pricing.shipping.zones import zone_of
from shared import price_inputs
from shared.currency import in_currency
from shared.errors import NotFoundError, invalid
from shared.models import ShippingRate
from shared.models.base import new_id
from shared.models.enums import ShippingRateType
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.pricing import Parcel, shipping_choice
from shared.saving import assign, changed
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession
from shared.versions import check_if_match, tag

_PLAIN = ShippingRateRead.model_fields.keys() - {"cost", "currency", "free_shipping_threshold", "conditions"}


def rate_of(session: TenantSession, zone_id: str, rate_id: str) -> ShippingRate:
    """A live rate of a zone. Raises NotFoundError."""
    row = session.scalar(select(ShippingRate).where(ShippingRate.id == rate_id, ShippingRate.zone_id == zone_id))
    if row is None:
        raise NotFoundError("shipping_rate_not_found", "There is no such rate in this zone.")
    return row


def list_rates(session: TenantSession, zone_id: str, limit: int, cursor: str | None) -> Page[ShippingRateRead]:
    """A page of a zone's rates, newest first. Raises NotFoundError, MalformedError for a broken cursor."""
    zone_of(session, zone_id)
    query = select(ShippingRate).where(ShippingRate.zone_id == zone_id)
    query = query.order_by(ShippingRate.created_at.desc(), ShippingRate.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(ShippingRate.created_at, ShippingRate.id) < place_of_newest(cursor))
    currency = tenant_of(session).currency
    return page_of_newest(session.scalars(query).all(), limit, lambda row: _rate(row, currency))


def create_rate(session: TenantSession, zone_id: str, body: ShippingRateCreate) -> ShippingRate:
    """Add a rate to a zone. Raises NotFoundError, InvalidError naming all that is wrong."""
    zone_of(session, zone_id)
    values = values_of(body)
    if errors := list(rate_errors(session, values)):
        raise invalid(errors)
    row = ShippingRate(id=new_id(), zone_id=zone_id, **{**values, "conditions": _stored(body.conditions)})
    session.add(row)
    session.flush()
    return row


def update_rate(
    session: TenantSession, zone_id: str, rate_id: str, body: ShippingRateUpdate, event: Mapping[str, Any]
) -> ShippingRate:
    """Change a rate. Raises NotFoundError, StaleVersionError by `If-Match`, InvalidError naming all that is wrong."""
    row = rate_of(session, zone_id, rate_id)
    check_if_match(event, row)
    given = body.model_dump(exclude_unset=True, exclude={"conditions"})
    conditions = body.conditions or ConditionsGiven.model_validate(row.conditions)
    if errors := list(rate_errors(session, changed(row, given) | {"conditions": conditions})):
        raise invalid(errors)
    assign(row, given if body.conditions is None else given | {"conditions": _stored(conditions)})
    session.flush()
    return row


def delete_rate(session: TenantSession, zone_id: str, rate_id: str, event: Mapping[str, Any]) -> None:
    """Delete a rate. Raises NotFoundError, StaleVersionError."""
    row = rate_of(session, zone_id, rate_id)
    check_if_match(event, row)
    soft_delete(session, row)


def preview(session: TenantSession, body: ShippingPreview) -> ShippingPreviewRead:
    """The ways to send a parcel to an address."""
    currency = tenant_of(session).currency
    parcel = Parcel(body.goods, body.weight, currency)
    choice = shipping_choice(price_inputs.zones(session), address_of(body.address), parcel)
    options = [
        PreviewOptionRead(
            rate_id=option.method_id,
            name=option.name,
            cost=str(in_currency(option.cost, currency)),
            min_delivery_days=option.min_days,
            max_delivery_days=option.max_days,
        )
        for option in choice.options
    ]
    return ShippingPreviewRead(
        zone_id=choice.zone_id, currency=currency, options=options, reason=choice.reason, message=choice.message
    )


def shown(session: TenantSession, row: ShippingRate) -> ShippingRateRead:
    """A rate, its version on the answer."""
    tag(session, row)
    return _rate(row, tenant_of(session).currency)


def _rate(row: ShippingRate, currency: str) -> ShippingRateRead:
    is_share = row.rate_type is ShippingRateType.PERCENTAGE
    return ShippingRateRead(
        **{field: getattr(row, field) for field in _PLAIN},
        cost=percent(row.cost) if is_share else str(in_currency(row.cost, currency)),
        currency=currency,
        free_shipping_threshold=money(row.free_shipping_threshold, currency),
        conditions=_conditions(row, currency),
    )


def _conditions(row: ShippingRate, currency: str) -> ConditionsRead:
    by_price = row.rate_type is ShippingRateType.PRICE_BASED

    def bound(amount: Decimal) -> str:
        return str(in_currency(amount, currency)) if by_price else percent(amount)

    return ConditionsRead(
        brackets=[
            BracketRead(
                **{"from": bound(bracket.from_)},
                to=None if bracket.to is None else bound(bracket.to),
                cost=str(in_currency(bracket.cost, currency)),
                each=str(in_currency(bracket.each, currency)),
            )
            for bracket in ConditionsGiven.model_validate(row.conditions).brackets
        ]
    )


def _stored(conditions: ConditionsGiven) -> dict[str, Any]:
    """As the rules read them: amounts as texts, by the height of `from`."""
    if not conditions.brackets:
        return {}
    brackets = sorted(conditions.brackets, key=lambda bracket: bracket.from_)
    return {"brackets": [bracket.model_dump(mode="json", by_alias=True, exclude_none=True) for bracket in brackets]}
