"""Word that something is gone in another shop. Ours is deleted so that it can be restored, and only what is linked
under the very type that the word is of: WooCommerce says of a trashed order that a product and a coupon of its id are
gone too.
"""

from typing import Any

from functions.sync.entities import COUPON, CUSTOMER, ORDER, PRODUCT, VARIANT, ExternalDeletion
from functions.sync.inbound import customers, links, lives, products, variants
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import TAKEN, Outcome, Result
from shared.models import Coupon, Customer, ExternalLink, Order, Product
from shared.models.enums import ExternalPlatform
from shared.tenant_session import TenantSession

_MODELS: dict[str, Any] = {ORDER: Order, CUSTOMER: Customer, COUPON: Coupon}
_POSTS = (PRODUCT, VARIANT, ORDER, COUPON)
"""What WordPress numbers together: an id is of one of these."""


def apply(session: TenantSession, integration: Integration, word: ExternalDeletion) -> Outcome:
    """Delete ours; what has not come yet will be gone when it comes. Raises ConflictError."""
    entity_type = _type_of(session, integration, word)
    if entity_type is None:
        return Outcome(Result.IGNORED, None, "of_another_type")
    parent = None
    if entity_type == VARIANT:
        known = links.known(session, integration, VARIANT, [word.external_id])[word.external_id]
        parent = links.locked(session, integration, PRODUCT, str(known.external_parent_id))
    link = links.locked(session, integration, entity_type, word.external_id)
    lives.bury(session, link, word)
    # What it was to be called is free, or was never taken: who was set aside may go on, also itself.
    links.arrived(session, TAKEN)
    if links.is_stub(link):
        return Outcome(Result.IGNORED, None, "unknown")
    outcome = Outcome(Result.UNCHANGED, link.entity_id)
    if entity_type == PRODUCT:
        return products.settled(session, integration, link, outcome)
    if parent is None:
        done = lives.settled(session, link, _MODELS[entity_type], outcome)
        if entity_type == CUSTOMER and lives.is_gone(link):
            customers.leave_orders(session, integration, links.row_of(session, Customer, link.entity_id))
        return done
    return _variant(session, integration, parent, link)


def _variant(session: TenantSession, integration: Integration, parent: ExternalLink, link: ExternalLink) -> Outcome:
    product = links.row_of(session, Product, parent.entity_id)
    variants.settle(session, parent, product, link)
    variants.choose_default(session, integration, links.row_of(session, Product, parent.entity_id))
    return Outcome(Result.UPDATED, link.entity_id)


def _type_of(session: TenantSession, integration: Integration, word: ExternalDeletion) -> str | None:
    """The type under which it is ours, or would be; None when it is ours under another one."""
    if integration.platform is not ExternalPlatform.WOOCOMMERCE or word.entity_type not in _POSTS:
        return word.entity_type
    there = {
        entity_type
        for entity_type in _POSTS
        for link in links.known(session, integration, entity_type, [word.external_id]).values()
        if not links.is_stub(link)
    }
    if word.entity_type in there or not there:
        return word.entity_type
    return VARIANT if word.entity_type == PRODUCT and there == {VARIANT} else None
