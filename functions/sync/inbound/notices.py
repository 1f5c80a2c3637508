"""Shopify's notices that are of no product, order or customer: that our app is gone, and what privacy law asks."""

from sqlalchemy import select

from functions.sync.coercing import identity, part, words
from functions.sync.entities import CUSTOMER
from functions.sync.inbound import links
from functions.sync.inbound.deliveries import body_of
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result
from shared.audit import Actor
from shared.models import Customer, ExternalLink, WebhookDelivery
from shared.models.base import now
from shared.models.enums import ExternalPlatform, SyncStatus
from shared.privacy import requests
from shared.tenant_session import TenantSession

DATA_REQUEST, REDACT, SHOP_REDACT = "customers/data_request", "customers/redact", "shop/redact"
UNINSTALLED = "app/uninstalled"
_TOPICS = (DATA_REQUEST, REDACT, SHOP_REDACT, UNINSTALLED)


def is_notice(delivery: WebhookDelivery) -> bool:
    """Whether a delivery is one of these."""
    return delivery.platform is ExternalPlatform.SHOPIFY and delivery.topic in _TOPICS


def apply(session: TenantSession, integration: Integration, delivery: WebhookDelivery) -> Outcome:
    """Stop syncing with a shop that has removed our app; collect or erase the data of those whom it names."""
    if delivery.topic == UNINSTALLED:
        return _uninstalled(session, integration)
    customers = _customers(session, integration, delivery)
    actor, source = Actor(None, "sync.shopify"), f"shopify {delivery.topic}"
    if delivery.topic == DATA_REQUEST:
        asked = [requests.ask_for_export(session, one, actor, source=source) for one in customers]
    else:
        asked = requests.erase_all_of(session, [one.id for one in customers], actor, source=source)
    return Outcome(Result.CREATED, asked[0].id) if asked else Outcome(Result.IGNORED)


def _uninstalled(session: TenantSession, integration: Integration) -> Outcome:
    integration.is_active, integration.sync_status = False, SyncStatus.ERROR
    integration.last_error, integration.last_error_at = "The app was removed from the shop; connect it again.", now()
    session.flush()
    return Outcome(Result.UPDATED, integration.id)


def _customers(session: TenantSession, integration: Integration, delivery: WebhookDelivery) -> list[Customer]:
    """Those of ours whom a notice is about: one, or all who came from the shop."""
    if delivery.topic == SHOP_REDACT:
        linked = select(ExternalLink.entity_id).where(
            ExternalLink.integration_id == integration.id, ExternalLink.entity_type == CUSTOMER
        )
        return list(session.scalars(select(Customer).where(Customer.id.in_(linked)).order_by(Customer.id)))
    named = part(body_of(delivery), "customer")
    found = _customer(session, integration, identity(named.get("id")), words(named.get("email"), 254))
    return [found] if found is not None else []


def _customer(session: TenantSession, integration: Integration, external_id: str | None, email: str) -> Customer | None:
    link = links.known(session, integration, CUSTOMER, [external_id] if external_id else ()).get(external_id or "")
    if link is not None:
        found = session.scalar(select(Customer).where(Customer.id == link.entity_id))
        if found is not None:
            return found
    return session.scalar(select(Customer).where(Customer.email == email.lower())) if email else None
