"""The store that a request works in."""

from sqlalchemy import select

from shared.errors import NotFoundError
from shared.models import Store
from shared.tenant_session import TenantSession


def current_store(session: TenantSession) -> Store:
    """The store that a session has entered. Raises NotFoundError when it was deleted since."""
    store: Store | None = session.scalar(select(Store))
    if store is None:
        raise NotFoundError("store_not_found", "This store was deleted a moment ago.")
    return store
