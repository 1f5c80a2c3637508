"""Weights and sizes: ours are kilograms and centimetres, a WooCommerce shop's whatever it has chosen."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from functions.sync.outbound.outgoing import OurVariant

SIZES = ("length", "width", "height")
_KILOGRAMS = {"g": Decimal("0.001"), "lbs": Decimal("0.45359237"), "oz": Decimal("0.028349523125")}
_CENTIMETRES = {"m": Decimal(100), "mm": Decimal("0.1"), "in": Decimal("2.54"), "yd": Decimal("91.44")}
_FINEST = Decimal("0.001")


def ours(name: str, theirs: Decimal | None, settings: Mapping[str, Any]) -> Decimal | None:
    """What a shop says of a weight or size, as we keep it."""
    factor = _factor(name, settings)
    return theirs if theirs is None or factor == 1 else (theirs * factor).quantize(_FINEST)


def in_theirs(variant: OurVariant, settings: Mapping[str, Any]) -> OurVariant:
    """A variant with its weight and sizes as a shop keeps them."""
    measured = {name: getattr(variant, name) for name in ("weight", *SIZES)}
    changed: dict[str, Any] = {
        name: (value / factor).quantize(_FINEST)
        for name, value in measured.items()
        if value is not None and (factor := _factor(name, settings)) != 1
    }
    return replace(variant, **changed)


def _factor(name: str, settings: Mapping[str, Any]) -> Decimal:
    unit, factors = ("weight_unit", _KILOGRAMS) if name == "weight" else ("dimension_unit", _CENTIMETRES)
    return factors.get(str(settings.get(unit)), Decimal(1))
