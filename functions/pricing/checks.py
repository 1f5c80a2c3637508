"""What is asked of several bodies beyond the shape of each field.

A client wants to hear of everything that is wrong in one answer, so what a schema finds and what is found beyond it go
into one 422: the checks look at the fields that are well-formed, whatever the others are.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import select

from shared.currency import decimals
from shared.errors import FieldError
from shared.models.enums import DiscountType
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

Values = Mapping[str, Any]


def sound(model: type[BaseModel], body: Any) -> Values:
    """The fields of a body that its schema accepts, each by itself, and the defaults of those left out."""
    if not isinstance(body, Mapping):
        return {}
    made = model.model_construct()
    for name in model.model_fields.keys() & body.keys():
        try:
            made.__pydantic_validator__.validate_assignment(made, name, body[name])
        except ValidationError:
            made.__dict__.pop(name, None)
    return dict(made.__dict__)


def values_of(body: BaseModel) -> Values:
    """All fields of a body, by name, as `sound` gives them."""
    return {name: getattr(body, name) for name in type(body).model_fields}


def wrong(field: str, message: str, *further: str | int) -> FieldError:
    """Something wrong with a field of the body, or a part of it."""
    return FieldError(loc=["body", field, *further], message=message)


def odd_amounts(session: TenantSession, values: Values, fields: Iterable[str]) -> Iterator[FieldError]:
    """Amounts of money that the store's currency has no coins for."""
    places = decimals(tenant_of(session).currency)
    for field in fields:
        amount = values.get(field)
        if amount is not None and amount != round(amount, places):
            yield wrong(field, f"The store's currency has {places} decimals.")


def odd_value(session: TenantSession, values: Values) -> Iterator[FieldError]:
    """A `discount_value` that its type does not allow: it is a percentage, or money."""
    kind, value = values.get("discount_type"), values.get("discount_value")
    if kind is None or value is None:
        return
    if not value and kind is not DiscountType.FREE_SHIPPING:
        yield wrong("discount_value", "Must be more than 0.")
    if kind in {DiscountType.PERCENTAGE, DiscountType.BUY_X_GET_Y} and value > 100:
        yield wrong("discount_value", "A percentage is 100 at most.")
    if kind is DiscountType.FIXED_AMOUNT:
        yield from odd_amounts(session, values, ["discount_value"])


def out_of_order(first: datetime | None, last: datetime | None, field: str) -> Iterator[FieldError]:
    """An end, named by its field, that is not after its beginning."""
    if first is not None and last is not None and last <= first:
        yield wrong(field, f"Must be later than {first.isoformat()}.")


def unknown(
    session: TenantSession, model: Any, ids: Collection[str], field: str, known: Collection[str] = ()
) -> Iterator[FieldError]:
    """Ids in a list of the body that no live row of the store has; those that are `known` are not asked for."""
    asked = set(ids) - set(known)
    found = set(session.scalars(select(model.id).where(model.id.in_(asked)))) if asked else set()
    what = str(model.__name__).lower()
    for place, value in enumerate(ids):
        if value in asked - found:
            yield wrong(field, f"There is no {what} {value}.", place)
