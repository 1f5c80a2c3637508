"""What must hold of zones and rates beyond the shape of each field, found all at once."""

from collections.abc import Iterator
from decimal import Decimal

from functions.pricing.checks import Values, odd_amounts, wrong
from functions.pricing.patterns import odd_pattern, odd_state
from functions.pricing.shipping.schemas import BracketGiven
from shared.currency import decimals
from shared.errors import FieldError
from shared.models.enums import ShippingRateType
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession

BY_BRACKET = {ShippingRateType.WEIGHT_BASED, ShippingRateType.PRICE_BASED}


def zone_errors(values: Values) -> Iterator[FieldError]:
    """Everything that is wrong with a zone but the shape of its fields."""
    for place, state in enumerate(values.get("states") or []):
        if message := odd_state(state, values.get("countries") or []):
            yield wrong("states", message, place)
    for place, pattern in enumerate(values.get("postal_codes") or []):
        if message := odd_pattern(pattern):
            yield wrong("postal_codes", message, place)


def rate_errors(session: TenantSession, values: Values) -> Iterator[FieldError]:
    """Everything that is wrong with a rate but the shape of its fields."""
    yield from odd_amounts(session, values, ["free_shipping_threshold"])
    first, last = values.get("min_delivery_days"), values.get("max_delivery_days")
    if first is not None and last is not None and last < first:
        yield wrong("max_delivery_days", "Must not be lower than min_delivery_days.")
    if (kind := values.get("rate_type")) is not None:
        yield from _cost(session, values, kind)
        conditions = values.get("conditions")
        yield from _brackets(session, conditions.brackets, kind) if conditions is not None else ()


def _cost(session: TenantSession, values: Values, kind: ShippingRateType) -> Iterator[FieldError]:
    cost = values.get("cost")
    if kind is ShippingRateType.FLAT_RATE:
        yield from odd_amounts(session, values, ["cost"])
    if kind is ShippingRateType.PERCENTAGE and cost is not None and cost > 100:
        yield wrong("cost", "A percentage is 100 at most.")
    if kind in BY_BRACKET and cost:
        yield wrong("cost", "The brackets say what it costs; leave it out.")


def _brackets(session: TenantSession, brackets: list[BracketGiven], kind: ShippingRateType) -> Iterator[FieldError]:
    if kind in BY_BRACKET and not brackets:
        yield wrong("conditions", f"{kind.value} needs a bracket at least.", "brackets")
    if kind not in BY_BRACKET and brackets:
        yield wrong("conditions", "They are for WEIGHT_BASED and PRICE_BASED alone.", "brackets")
    if kind not in BY_BRACKET:
        return
    coins = decimals(tenant_of(session).currency)
    bounds = coins if kind is ShippingRateType.PRICE_BASED else 3
    for place, bracket in enumerate(brackets):
        places = {"from": bounds, "to": bounds, "cost": coins, "each": coins}
        for field, amount in _amounts(bracket).items():
            if amount != round(amount, places[field]):
                message = f"At most {places[field]} decimals."
                yield wrong("conditions", message, "brackets", place, field)
        yield from _reach(bracket, place, [other.from_ for other in brackets])


def _reach(bracket: BracketGiven, place: int, begins: list[Decimal]) -> Iterator[FieldError]:
    if bracket.from_ in begins[:place]:
        yield wrong("conditions", "Another bracket begins there.", "brackets", place, "from")
    after = min((begin for begin in begins if begin > bracket.from_), default=None)
    if bracket.to is not None and bracket.to <= bracket.from_:
        yield wrong("conditions", "Must be higher than `from`.", "brackets", place, "to")
    elif bracket.to is not None and after is not None and bracket.to > after:
        yield wrong("conditions", f"The next bracket begins at {after:f} already.", "brackets", place, "to")


def _amounts(bracket: BracketGiven) -> dict[str, Decimal]:
    found = {"from": bracket.from_, "to": bracket.to, "cost": bracket.cost, "each": bracket.each}
    return {field: amount for field, amount in found.items() if amount is not None}
