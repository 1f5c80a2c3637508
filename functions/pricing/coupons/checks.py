"""What must hold of a coupon beyond the shape of each field, found all at once."""

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import select

from functions.pricing.checks import Values, odd_amounts, odd_value, out_of_order, unknown, wrong
from functions.pricing.coupons.limits import MODELS
from shared.errors import FieldError
from shared.models import Coupon
from shared.models.base import now
from shared.models.enums import DiscountType
from shared.tenant_session import TenantSession

_AMOUNTS = ("max_discount", "min_order_value", "max_order_value")
_BUY_GET = ("buy_quantity", "get_quantity")


def coupon_errors(
    session: TenantSession,
    values: Values,
    own_id: str | None = None,
    known: Mapping[str, Collection[str]] | None = None,
) -> list[FieldError]:
    """Everything that is wrong with a coupon but the shape of its fields.

    `known` are the ids that it is limited to already; what was deleted since may stay among them.
    """
    return [
        *_taken(session, values, own_id),
        *_value(values),
        *odd_value(session, values),
        *_buy_get(values),
        *_without_meaning(values),
        *odd_amounts(session, values, _AMOUNTS),
        *_order_values(values),
        *out_of_order(values.get("valid_from") or now(), values.get("valid_to"), "valid_to"),
        *_lists(session, values, known or {}),
    ]


def code_in_use(code: str) -> FieldError:
    """That a live coupon has this code."""
    return wrong("code", f"The code {code} is in use already; choose another.")


def _taken(session: TenantSession, values: Values, own_id: str | None) -> Iterator[FieldError]:
    code = values.get("code")
    query = select(Coupon.id).where(Coupon.code == code, Coupon.id != (own_id or ""))
    if code and session.scalar(query) is not None:
        yield code_in_use(code)


def _value(values: Values) -> Iterator[FieldError]:
    if "discount_value" not in values:
        return
    kind, value = values.get("discount_type"), values["discount_value"]
    if kind is DiscountType.FREE_SHIPPING and value:
        yield wrong("discount_value", "A coupon for free shipping has no value; leave it out.")
    if kind in {DiscountType.PERCENTAGE, DiscountType.FIXED_AMOUNT} and value is None:
        yield wrong("discount_value", "Say how much it takes off.")


def _buy_get(values: Values) -> Iterator[FieldError]:
    kind, get, most = values.get("discount_type"), values.get("get_quantity"), values.get("max_items")
    if kind is None:
        return
    for field in _BUY_GET:
        if kind is DiscountType.BUY_X_GET_Y and field in values and values[field] is None:
            yield wrong(field, "BUY_X_GET_Y needs it.")
        if kind is not DiscountType.BUY_X_GET_Y and values.get(field) is not None:
            yield wrong(field, "It is for BUY_X_GET_Y alone.")
    if kind is DiscountType.BUY_X_GET_Y and get and most and most % get:
        yield wrong("max_items", f"Must be a multiple of get_quantity, {get}.")


def _without_meaning(values: Values) -> Iterator[FieldError]:
    kind = values.get("discount_type")
    if kind is not None and kind is not DiscountType.FIXED_AMOUNT and values.get("per_item"):
        yield wrong("per_item", "It is for FIXED_AMOUNT alone.")
    for field in ("max_discount", "max_items"):
        if kind is DiscountType.FREE_SHIPPING and values.get(field) is not None:
            yield wrong(field, "It means nothing for FREE_SHIPPING; leave it out.")


def _order_values(values: Values) -> Iterator[FieldError]:
    least, most = values.get("min_order_value"), values.get("max_order_value")
    if least is not None and most is not None and most < least:
        yield wrong("max_order_value", "Must not be lower than min_order_value.")


def _lists(session: TenantSession, values: Values, known: Mapping[str, Collection[str]]) -> Iterator[FieldError]:
    for name, model in MODELS.items():
        yield from unknown(session, model, values.get(name) or [], name, known.get(name, ()))
    for name in ("product_ids", "category_ids"):
        wanted = set(values.get(name) or [])
        for place, value in enumerate(values.get(f"excluded_{name}") or []):
            if value in wanted:
                yield wrong(f"excluded_{name}", f"{value} is among {name} too.", place)
