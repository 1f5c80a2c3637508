"""Who shops: the customer that a request's token stands for, in the store of its session and in no other.

A session lasts 30 days at most and ends after 7 without use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update

from shared.errors import NotSignedInError
from shared.models import Customer, CustomerSession, TaxExemption
from shared.models.base import now
from shared.models.enums import TaxExemptionStatus
from shared.tenant_session import TenantSession
from shared.tokens import session_end, token_hash

_RENEWED_AFTER = timedelta(minutes=5)
"""A session's end is not moved on with every request."""


@dataclass(frozen=True, slots=True)
class CustomerPrincipal:
    """A signed-in customer of the session's store."""

    customer_id: str
    email: str
    session_id: str


def signed_in(session: TenantSession, event: Mapping[str, Any]) -> CustomerPrincipal | None:
    """The customer whose token a request carries, or None: without one, or with one that is no good here."""
    scheme, _, token = event.get("headers", {}).get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    query = (
        select(CustomerSession, Customer.email)
        .join(Customer, Customer.id == CustomerSession.customer_id)
        .where(CustomerSession.token_hash == token_hash(token.strip()), CustomerSession.expires_at > now())
        .where(Customer.email_verified)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    _renew(session, row.CustomerSession)
    return CustomerPrincipal(row.CustomerSession.customer_id, row.email, row.CustomerSession.id)


def must_be_signed_in(session: TenantSession, event: Mapping[str, Any]) -> CustomerPrincipal:
    """As `signed_in`. Raises NotSignedInError for nobody."""
    found = signed_in(session, event)
    if found is None:
        raise NotSignedInError(
            "not_signed_in", "POST /v1/storefront/customers/login, then send `Authorization: Bearer <token>`."
        )
    return found


def has_exemption() -> ColumnElement[bool]:
    """Whether a customer, in a query of Customer, has an approved tax exemption that is in date (CHK091)."""
    in_date = (TaxExemption.status == TaxExemptionStatus.APPROVED) & (TaxExemption.expires_at > now())
    own = (TaxExemption.store_id == Customer.store_id) & (TaxExemption.customer_id == Customer.id)
    return select(TaxExemption.id).where(own, in_date).exists()


def is_tax_exempt(session: TenantSession, customer_id: str) -> bool:
    """Whether a customer pays no tax at this moment: `Customer.is_tax_exempt` alone outlives its certificate."""
    return bool(session.scalar(select(Customer.id).where(Customer.id == customer_id, has_exemption())))


def _renew(session: TenantSession, found: CustomerSession) -> None:
    moment = now()
    if moment - found.last_used_at > _RENEWED_AFTER:
        session.execute(
            update(CustomerSession)
            .where(CustomerSession.id == found.id)
            .values(last_used_at=moment, expires_at=session_end(found.created_at, moment))
            .execution_options(synchronize_session=False)
        )
