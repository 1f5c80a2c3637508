"""What the variations of a WooCommerce product differ in: its attributes, of which only what is missing is added.

Attributes that all products share have ids; without theirs they would become others of the same name, and those that
are not named would be gone.
"""

from typing import Any

from functions.sync.outbound.outgoing import OurProduct, OurVariant
from functions.sync.woocommerce.changing import Body


def needed(ours: OurProduct, now: Body) -> list[Body] | None:
    """The product's attributes with those values that our variants need; None when they are all there."""
    found: list[Body] = [dict(one) for one in now.get("attributes") or []]
    is_short = False
    for name, values in _values(ours).items():
        one = _of(found, name)
        if one is None:
            one = {"name": name, "visible": True, "options": []}
            found.append(one)
        has = {str(option).casefold() for option in one.get("options") or []}
        missing = [value for value in values if value.casefold() not in has]
        if missing or not one.get("variation"):
            one |= {"options": [*(one.get("options") or []), *missing], "variation": True}
            is_short = True
    return found if is_short else None


def chosen(variant: OurVariant, now: Body) -> list[Body]:
    """The options of a variation, under the ids of its product's attributes."""
    given: list[Body] = []
    for name, value in variant.options:
        one = _of(now.get("attributes") or [], name) or {}
        given.append(({"id": one["id"]} if one.get("id") else {"name": name}) | {"option": value})
    return given


def _of(attributes: list[Any], name: str) -> Any:
    return next((one for one in attributes if str(one.get("name")).casefold() == name.casefold()), None)


def _values(ours: OurProduct) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for variant in ours.variants:
        for name, value in variant.options:
            found.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in found.items()}
