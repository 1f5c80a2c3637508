"""The shop's own domain: asked for, proved by a DNS record, then served."""

import secrets

import dns.exception
import dns.resolver
from sqlalchemy.exc import IntegrityError

from functions.stores.current import current_store
from functions.stores.schemas import DomainRead
from shared.errors import ConflictError, FieldError, InvalidError
from shared.models import Store
from shared.settings import settings
from shared.tenant_session import TenantSession

_PATIENCE = 5.0
"""Seconds that the answer of the name servers may take."""


def read_domain(session: TenantSession) -> DomainRead:
    """The shop's domain, and what the one asked for still needs."""
    return _shown(current_store(session))


def ask_for_domain(session: TenantSession, domain: str) -> DomainRead:
    """Begin to have a domain, served once it is proved. Raises InvalidError for the platform's own."""
    own = settings().storefront_domain
    if own and (domain == own or domain.endswith(f".{own}")):
        message = f"Names under {own} belong to the platform; give a domain of your own."
        raise InvalidError("domain_not_allowed", message, [FieldError(loc=["body", "domain"], message=message)])
    store = current_store(session)
    if domain == store.domain:
        store.pending_domain = store.domain_token = None
    elif domain != store.pending_domain:
        store.pending_domain, store.domain_token = domain, secrets.token_hex(16)
    session.flush()
    return _shown(store)


def verify_domain(session: TenantSession, resolver: dns.resolver.Resolver | None = None) -> DomainRead:
    """Look for the record that proves the domain, and serve the shop there.

    Raises ConflictError when none is asked for, the record is not there, or another store has the domain.
    """
    store = current_store(session)
    if store.pending_domain is None:
        raise ConflictError("no_domain_pending", "Ask for a domain first: PUT /v1/store/domain.")
    if f"stormcom={store.domain_token}" not in _texts(f"_stormcom.{store.pending_domain}", resolver):
        shown = _shown(store)
        raise ConflictError(
            "domain_not_proved",
            f"No TXT record {shown.record_name} says {shown.record_value} yet; new ones can take an hour to be seen.",
        )
    try:
        with session.begin_nested():
            store.domain, store.pending_domain, store.domain_token = store.pending_domain, None, None
    except IntegrityError as error:
        raise ConflictError("domain_taken", "Another store has this domain.") from error
    return _shown(store)


def give_up_domain(session: TenantSession) -> None:
    """Be found under the platform's name only."""
    store = current_store(session)
    store.domain = store.pending_domain = store.domain_token = None


def _texts(name: str, resolver: dns.resolver.Resolver | None) -> set[str]:
    try:
        answer = (resolver or dns.resolver.Resolver()).resolve(name, "TXT", lifetime=_PATIENCE)
    except dns.exception.DNSException:
        return set()
    return {b"".join(record.strings).decode("utf-8", "replace") for record in answer}


def _shown(store: Store) -> DomainRead:
    pending = store.pending_domain
    return DomainRead(
        domain=store.domain,
        pending_domain=pending,
        record_name=f"_stormcom.{pending}" if pending else None,
        record_value=f"stormcom={store.domain_token}" if pending else None,
    )
