"""Shopify's notices that are of no product, order or customer: that our app is gone, and what privacy law asks."""

from datetime import timedelta

from sqlalchemy import select

from functions.sync.coercing import identity, part, words
from functions.sync.entities import CUSTOMER
from functions.sync.inbound import links
from functions.sync.inbound.deliveries import body_of
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result
from shared.models import Customer, PrivacyRequest, WebhookDelivery
from shared.models.base import new_id, now
from shared.models.enums import ExternalPlatform, PrivacyRequestKind, SyncStatus
from shared.tenant_session import TenantSession

_DUE = timedelta(days=30)
_KINDS = {
    "customers/data_request": PrivacyRequestKind.EXPORT,
    "customers/redact": PrivacyRequestKind.ERASURE,
    "shop/redact": PrivacyRequestKind.ERASURE,
}
UNINSTALLED = "app/uninstalled"


def is_notice(delivery: WebhookDelivery) -> bool:
    """Whether a delivery is one of these."""
    return delivery.platform is ExternalPlatform.SHOPIFY and delivery.topic in (*_KINDS, UNINSTALLED)


def apply(session: TenantSession, integration: Integration, delivery: WebhookDelivery) -> Outcome:
    """Stop syncing with a shop that has removed our app, or note what must be done within 30 days."""
    if delivery.topic == UNINSTALLED:
        return _uninstalled(session, integration)
    body = body_of(delivery)
    customer = part(body, "customer")
    row = PrivacyRequest(
        id=new_id(),
        customer_id=_customer(session, integration, identity(customer.get("id")), words(customer.get("email"), 254)),
        kind=_KINDS[delivery.topic],
        source=f"shopify {delivery.topic}",
        due_at=now() + _DUE,
    )
    session.add(row)
    session.flush()
    return Outcome(Result.CREATED, row.id)


def _uninstalled(session: TenantSession, integration: Integration) -> Outcome:
    integration.is_active, integration.sync_status = False, SyncStatus.ERROR
    integration.last_error, integration.last_error_at = "The app was removed from the shop; connect it again.", now()
    session.flush()
    return Outcome(Result.UPDATED, integration.id)


def _customer(session: TenantSession, integration: Integration, external_id: str | None, email: str) -> str | None:
    link = links.known(session, integration, CUSTOMER, [external_id] if external_id else ()).get(external_id or "")
    if link is not None and links.row_of(session, Customer, link.entity_id, lock=False) is not None:
        return link.entity_id
    return session.scalar(select(Customer.id).where(Customer.email == email.lower())) if email else None
