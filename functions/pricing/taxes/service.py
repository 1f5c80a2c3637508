"""Tax rates: making, changing and deleting them, and which apply at an address."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select, tuple_

from functions.pricing.amounts import percent
from functions.pricing.checks import Values, values_of, wrong
from functions.pricing.patterns import odd_pattern, odd_state, patterns_in
from functions.pricing.places import address_of
from functions.pricing.schemas import PlaceGiven
from functions.pricing.taxes.schemas import (
    AppliedRateRead,
    TaxPreviewRead,
    TaxRateCreate,
    TaxRateRead,
    TaxRateUpdate,
)
from shared import price_inputs
from shared.errors import FieldError, NotFoundError, invalid
from shared.models import TaxRate
from shared.models.base import new_id
from shared.pagination import Page, page_of_newest, place_of_newest
from shared.pricing import TaxRate as Rate
from shared.pricing import rates_at
from shared.saving import assign, changed
from shared.soft_delete import soft_delete
from shared.tenant_session import TenantSession
from shared.versions import check_if_match, tag

_HUNDRED = Decimal(100)
_PLAIN = TaxRateRead.model_fields.keys() - {"rate"}


def rate_errors(values: Values) -> Iterator[FieldError]:
    """Everything that is wrong with a tax rate but the shape of its fields."""
    country, state, postal_code = (values.get(field) for field in ("country", "state", "postal_code"))
    if state and country and (message := odd_state(state, [country])):
        yield wrong("state", message)
    for pattern in patterns_in(postal_code) if postal_code else ():
        if message := odd_pattern(pattern):
            yield wrong("postal_code", message)


def rate_of(session: TenantSession, rate_id: str) -> TaxRate:
    """A live tax rate. Raises NotFoundError."""
    row = session.scalar(select(TaxRate).where(TaxRate.id == rate_id))
    if row is None:
        raise NotFoundError("tax_rate_not_found", "There is no such tax rate.")
    return row


def list_rates(session: TenantSession, country: str | None, limit: int, cursor: str | None) -> Page[TaxRateRead]:
    """A page of tax rates, newest first. Raises MalformedError for a broken cursor."""
    query = select(TaxRate).order_by(TaxRate.created_at.desc(), TaxRate.id.desc()).limit(limit + 1)
    if country is not None:
        query = query.where(TaxRate.country == country.upper())
    if cursor is not None:
        query = query.where(tuple_(TaxRate.created_at, TaxRate.id) < place_of_newest(cursor))
    return page_of_newest(session.scalars(query).all(), limit, _rate)


def create_rate(session: TenantSession, body: TaxRateCreate) -> TaxRate:
    """Add a tax rate. Raises InvalidError naming all that is wrong."""
    values = values_of(body)
    if errors := list(rate_errors(values)):
        raise invalid(errors)
    row = TaxRate(id=new_id(), **_stored(values))
    session.add(row)
    session.flush()
    return row


def update_rate(session: TenantSession, rate_id: str, body: TaxRateUpdate, event: Mapping[str, Any]) -> TaxRate:
    """Change a tax rate. Raises as `create_rate`, NotFoundError, and StaleVersionError by `If-Match`."""
    row = rate_of(session, rate_id)
    check_if_match(event, row)
    given = _stored(body.model_dump(exclude_unset=True))
    if errors := list(rate_errors(changed(row, given))):
        raise invalid(errors)
    assign(row, given)
    session.flush()
    return row


def delete_rate(session: TenantSession, rate_id: str, event: Mapping[str, Any]) -> None:
    """Delete a tax rate. Raises NotFoundError, StaleVersionError."""
    row = rate_of(session, rate_id)
    check_if_match(event, row)
    soft_delete(session, row)


def preview(session: TenantSession, place: PlaceGiven) -> TaxPreviewRead:
    """Which rates apply at an address."""
    found = rates_at(price_inputs.tax_rates(session, place.country), address_of(place))
    return TaxPreviewRead(rates=[_applied(rate) for rate in found])


def shown(session: TenantSession, row: TaxRate) -> TaxRateRead:
    """A tax rate, its version on the answer."""
    tag(session, row)
    return _rate(row)


def _rate(row: TaxRate) -> TaxRateRead:
    return TaxRateRead(**{field: getattr(row, field) for field in _PLAIN}, rate=percent(row.rate * _HUNDRED))


def _applied(rate: Rate) -> AppliedRateRead:
    return AppliedRateRead(
        id=rate.id,
        name=rate.name,
        rate=percent(rate.share * _HUNDRED),
        priority=rate.priority,
        is_compound=rate.compound,
        taxes_shipping=rate.on_shipping,
    )


def _stored(values: Values) -> dict[str, Any]:
    """Fields as the table has them: the rate as a share of one, an empty place as none."""
    found = {field: value or None if field in {"city", "postal_code"} else value for field, value in values.items()}
    rate = found.get("rate")
    return found if rate is None else found | {"rate": rate / _HUNDRED}
