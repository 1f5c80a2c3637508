"""Where a request comes from, and whom of the store's customers it is from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from shared.audit import Actor
from shared.errors import NotFoundError
from shared.models import Customer
from shared.shoppers import CustomerPrincipal, must_be_signed_in
from shared.tenant_session import TenantSession


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from."""

    ip_address: str
    user_agent: str

    def actor(self, email: str) -> Actor:
        """A customer at this client, for the audit log; customers are no users."""
        return Actor(None, email, self.ip_address, self.user_agent)


def client_of(event: Mapping[str, Any]) -> Client:
    """The address and the program that an event names."""
    http = event["requestContext"]["http"]
    return Client(http.get("sourceIp") or "", http.get("userAgent") or "")


def caller(session: TenantSession, event: Mapping[str, Any]) -> CustomerPrincipal:
    """The signed-in customer. Raises NotSignedInError."""
    return must_be_signed_in(session, event)


def customer_of(session: TenantSession, customer_id: str, *, locked: bool = False) -> Customer:
    """A live customer, for others to wait for if `locked`. Raises NotFoundError."""
    query = select(Customer).where(Customer.id == customer_id)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise NotFoundError("customer_not_found", "There is no such customer.")
    return row
