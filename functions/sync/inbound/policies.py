"""What a store lets in from a shop, and who wins when both have changed the same thing.

Beside the direction that shared.sync_rules reads, an entry of `entity_overrides` may say under PRIORITY_RULES whose
change wins, as `winner`: `OURS` or `THEIRS`.
"""

from typing import Any

from functions.sync.entities import PRODUCT, VARIANT
from functions.sync.inbound.links import Integration, detail
from functions.sync.inbound.outcomes import SetAsideError
from shared.models import ExternalLink
from shared.models.enums import ConflictResolution, SyncDirection
from shared.sync_rules import allows
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession


def comes_in(integration: Integration, entity_type: str) -> bool:
    """Whether a store takes changes of a type from this shop."""
    return allows(integration, entity_type, SyncDirection.INBOUND)


def ours_wins(integration: Integration, link: ExternalLink, row: Any, entity: Any) -> bool:
    """Whether our row stays as it is. Raises SetAsideError where somebody is to decide.

    Only what was changed here since it was last applied or pushed can win; `version` in the link's details is of then.
    """
    seen = link.details.get("version")
    if seen is None or seen == row.version:
        return False
    if integration.conflict_resolution is ConflictResolution.MANUAL_QUEUE:
        raise SetAsideError(
            "both_changed", f"This {link.entity_type} was changed here and in the other shop since they last agreed."
        )
    if integration.conflict_resolution is ConflictResolution.PRIORITY_RULES:
        winner = _winner(integration, link.entity_type)
        if winner in ("OURS", "THEIRS"):
            return bool(winner == "OURS")
    return is_newer(row, entity)


def is_newer(row: Any, entity: Any) -> bool:
    """Whether our row was changed after theirs."""
    return entity.updated_at is not None and bool(row.updated_at > entity.updated_at)


def agreed(link: ExternalLink, row: Any) -> None:
    """Note that our row and theirs say the same from now on."""
    detail(link, version=row.version)


def check_currency(session: TenantSession, currency: str | None) -> None:
    """Raises SetAsideError when amounts are not in the store's currency."""
    own = tenant_of(session).currency
    if currency and currency.upper() != own:
        raise SetAsideError(
            "currency_differs", f"The other shop counts in {currency.upper()[:3]}, and this store in {own}."
        )


def currency_of(integration: Integration) -> str | None:
    """What a shop counts in, as far as it was found out."""
    found = integration.platform_settings.get("currency")
    return found if isinstance(found, str) else None


def _winner(integration: Integration, entity_type: str) -> str | None:
    overrides = integration.entity_overrides or {}
    found = overrides.get(PRODUCT if entity_type == VARIANT else entity_type)
    return found.get("winner") if isinstance(found, dict) else None
