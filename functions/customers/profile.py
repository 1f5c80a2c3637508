"""Customers, to themselves."""

from collections.abc import Mapping
from typing import Any

from functions.customers.callers import client_of, customer_of
from functions.customers.changing import assign
from functions.customers.schemas import ShopperRead, ShopperUpdate
from shared.models import Customer
from shared.privacy.consents import keep_consent
from shared.shoppers import is_tax_exempt
from shared.tenant_session import TenantSession
from shared.versions import check_if_match, tag


def read_me(session: TenantSession, customer_id: str) -> ShopperRead:
    """The signed-in customer."""
    customer = customer_of(session, customer_id)
    tag(session, customer)
    return shopper_shown(session, customer)


def update_me(session: TenantSession, customer_id: str, body: ShopperUpdate, event: Mapping[str, Any]) -> ShopperRead:
    """Change what customers may change of themselves. Raises StaleVersionError by `If-Match`."""
    customer = customer_of(session, customer_id, locked=True)
    check_if_match(event, customer)
    assign(customer, body.model_dump(exclude_unset=True))
    session.flush()
    if body.marketing_opt_in is not None:
        keep_consent(session, customer, "profile", client_of(event).ip_address)
    tag(session, customer)
    return shopper_shown(session, customer)


def shopper_shown(session: TenantSession, customer: Customer) -> ShopperRead:
    """A customer as they see themselves."""
    names = set(ShopperRead.model_fields) - {"is_tax_exempt"}
    facts = {name: getattr(customer, name) for name in names}
    return ShopperRead(is_tax_exempt=is_tax_exempt(session, customer.id), **facts)
