"""Orders that were placed in a connected shop, which takes their money and writes to their customers."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from shared.errors import ConflictError
from shared.models import ExternalLink, ExternalPlatformIntegration, Order
from shared.tenancy import tenant_of
from shared.tenant_session import TenantSession


def shop_of(session: TenantSession, order: Order) -> Mapping[str, Any] | None:
    """The settings of the connected shop that an order was placed in; None for an order of our own."""
    if not tenant_of(session).connected:
        return None
    link, shop = ExternalLink, ExternalPlatformIntegration
    query = select(shop.platform_settings).join(link, link.integration_id == shop.id)
    of_theirs = query.where(link.entity_type == "order", link.entity_id == order.id, shop.disconnected_at.is_(None))
    return session.scalar(of_theirs.limit(1))


def refuse_refund(session: TenantSession, order: Order) -> None:
    """Raises ConflictError `refund_there`: only the shop that took the money can give it back, and tells of it."""
    if shop_of(session, order) is not None:
        detail = "The order was placed in a connected shop, which has its money: refund it there, and it is known here."
        raise ConflictError("refund_there", detail)
