"""How a store prices: columns of the store."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from functions.pricing.schemas import PricingSettingsRead, PricingSettingsUpdate
from shared.errors import NotFoundError
from shared.models import Store
from shared.saving import assign
from shared.tenant_session import TenantSession
from shared.versions import check_if_match, tag


def read_settings(session: TenantSession) -> PricingSettingsRead:
    """How the session's store prices. Raises NotFoundError when it was deleted since."""
    return _shown(session, _store(session))


def update_settings(
    session: TenantSession, body: PricingSettingsUpdate, event: Mapping[str, Any]
) -> PricingSettingsRead:
    """Change how the session's store prices. Raises NotFoundError, StaleVersionError by `If-Match`."""
    store = _store(session)
    check_if_match(event, store)
    assign(store, body.model_dump(exclude_unset=True))
    session.flush()
    return _shown(session, store)


def _shown(session: TenantSession, store: Store) -> PricingSettingsRead:
    tag(session, store)
    return PricingSettingsRead.model_validate(store, from_attributes=True)


def _store(session: TenantSession) -> Store:
    store: Store | None = session.scalar(select(Store))
    if store is None:
        raise NotFoundError("store_not_found", "This store was deleted a moment ago.")
    return store
