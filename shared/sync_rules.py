"""Which entities travel which way between a store and a connected shop."""

from collections.abc import Mapping
from typing import Any, Protocol

from shared.models.enums import SyncDirection

_PART_OF = {"variant": "product", "category": "product", "fulfillment": "order", "refund": "order"}


class Ruled(Protocol):
    """The columns of an integration that say what travels."""

    sync_direction: SyncDirection
    entity_overrides: Any


def allows(integration: Ruled, entity_type: str, direction: SyncDirection) -> bool:
    """Whether entities of a type go in a direction, INBOUND or OUTBOUND.

    `entity_overrides` maps a type to a SyncDirection or `OFF`, or to an object with that as `direction`; what it does
    not name goes as the integration does. Prices, pictures and categories go with their product, parcels with their
    order; stock has a rule of its own.
    """
    overrides = integration.entity_overrides if isinstance(integration.entity_overrides, Mapping) else {}
    found = overrides.get(_PART_OF.get(entity_type, entity_type))
    chosen = found.get("direction") if isinstance(found, Mapping) else found
    return str(chosen or integration.sync_direction) in (direction.value, SyncDirection.BIDIRECTIONAL.value)
