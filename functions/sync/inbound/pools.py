"""One stock of a product for all its variants: WooCommerce tells of it in the product alone, and of no variant anew."""

from datetime import datetime
from typing import Any

from functions.sync.entities import ExternalProduct, ExternalVariant
from functions.sync.inbound import stock
from functions.sync.inbound.links import Integration, detail
from shared.models import ExternalLink
from shared.tenant_session import TenantSession


def note(link: ExternalLink, entity: ExternalProduct) -> None:
    """Keep what a product says that there is of all its variants, and when."""
    at = entity.updated_at.isoformat() if entity.updated_at else None
    marks = {one: [count, change] for one, count, change in entity.pool_pushes}
    detail(link, pool=[entity.pool, at, marks] if entity.pool is not None else None)


def share(parent: ExternalLink, link: ExternalLink) -> ExternalVariant | None:
    """What a variant has of its product's stock, which is all of it; None when it has a stock of its own."""
    pool: list[Any] | None = parent.details.get("pool")
    if pool is None or not link.details.get("pooled"):
        return None
    mark = pool[2].get(link.external_id)
    at = datetime.fromisoformat(pool[1]) if pool[1] else None
    push = (int(mark[0]), int(mark[1])) if mark else None
    return ExternalVariant(external_id=link.external_id, stock=pool[0], updated_at=at, push=push)


def settle(
    session: TenantSession, integration: Integration, parent: ExternalLink, link: ExternalLink, *, force: bool
) -> bool:
    """Count what a variant has of its product's stock. Returns whether ours changed. Raises SetAsideError."""
    shared = share(parent, link)
    return shared is not None and stock.count(session, integration, link, shared, force=force)
