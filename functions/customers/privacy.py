"""Customers' data, to take away or to have erased, and the legal holds that keep it."""

from datetime import timedelta

from sqlalchemy import Select, select, tuple_

from functions.customers import sign_in
from functions.customers.callers import Client, customer_of
from functions.customers.privacy_schemas import LegalHoldCreate, PrivacyRequestRead
from shared.audit import Actor
from shared.errors import ConflictError, FieldError, NotAllowedError, NotFoundError, invalid
from shared.files import download_link
from shared.models import CustomerToken, LegalHold, PrivacyRequest
from shared.models.base import new_id, now
from shared.models.enums import PrivacyRequestKind, PrivacyRequestStatus
from shared.pagination import place_of_newest
from shared.privacy.requests import ask_for_export, erase_now
from shared.settings import settings
from shared.shoppers import CustomerPrincipal
from shared.tenant_session import TenantSession
from shared.tokens import token_hash

_OPEN_FOR = timedelta(hours=1)
NOBODY = Actor(None, "customer")
"""A customer who is being erased, to the log: no address and no name."""


def export_own(session: TenantSession, principal: CustomerPrincipal, client: Client) -> PrivacyRequest:
    """Have one's own data collected; a request under way is as good as a new one."""
    customer = customer_of(session, principal.customer_id)
    return ask_for_export(session, customer, client.actor(principal.email), source="customer")


def erase_own(session: TenantSession, principal: CustomerPrincipal, password: str, client: Client) -> PrivacyRequest:
    """Erase oneself. Raises NotSignedInError for a wrong password, and ConflictError for what stands in the way."""
    customer = sign_in.known_customer(session, principal.email, password, client)
    return erase_now(session, customer.id, NOBODY, source="customer")


def own_exports(session: TenantSession, customer_id: str) -> list[PrivacyRequest]:
    """The newest exports that a customer has asked for; those that staff made are for staff."""
    mine = (PrivacyRequest.customer_id == customer_id, PrivacyRequest.kind == PrivacyRequestKind.EXPORT)
    query = select(PrivacyRequest).where(*mine, PrivacyRequest.source == "customer")
    return list(session.scalars(query.order_by(PrivacyRequest.created_at.desc(), PrivacyRequest.id).limit(20)))


def link_by_token(session: TenantSession, token: str) -> str:
    """Where the export lies that a mail's link is for. Raises NotFoundError when the link has expired."""
    moment = now()
    given = (CustomerToken.token_hash == token_hash(token), CustomerToken.purpose == "export")
    customer_id = session.scalar(select(CustomerToken.customer_id).where(*given, CustomerToken.expires_at > moment))
    ready = [row for row in own_exports(session, customer_id or "") if _url(row)]
    url = _url(ready[0]) if ready else None
    if url is None:
        raise NotFoundError("link_not_found", "This link has expired; ask for your data again.")
    return url


def newest_requests(
    kind: PrivacyRequestKind | None, customer_id: str | None, limit: int, cursor: str | None
) -> Select[PrivacyRequest]:
    """The store's requests, newest first, one more than the limit. Raises MalformedError for a broken cursor."""
    query = select(PrivacyRequest).order_by(PrivacyRequest.created_at.desc(), PrivacyRequest.id.desc())
    if kind is not None:
        query = query.where(PrivacyRequest.kind == kind)
    if customer_id is not None:
        query = query.where(PrivacyRequest.customer_id == customer_id)
    if cursor is not None:
        query = query.where(tuple_(PrivacyRequest.created_at, PrivacyRequest.id) < place_of_newest(cursor))
    return query.limit(limit + 1)


def request_shown(row: PrivacyRequest) -> PrivacyRequestRead:
    """A request, with a link to what is ready."""
    names = set(PrivacyRequestRead.model_fields) - {"url"}
    return PrivacyRequestRead(url=_url(row), **{name: getattr(row, name) for name in names})


def newest_holds(limit: int, cursor: str | None) -> Select[LegalHold]:
    """The store's holds, newest first, one more than the limit. Raises MalformedError for a broken cursor."""
    query = select(LegalHold).order_by(LegalHold.created_at.desc(), LegalHold.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(LegalHold.created_at, LegalHold.id) < place_of_newest(cursor))
    return query


def place_hold(session: TenantSession, body: LegalHoldCreate, actor: Actor) -> LegalHold:
    """Keep a customer's data, or the store's. Raises NotFoundError, and InvalidError for an end that has passed."""
    if body.customer_id is not None:
        customer_of(session, body.customer_id)
    if body.until is not None and body.until <= now():
        raise invalid([FieldError(loc=["body", "until"], message="It is in the past.")])
    row = LegalHold(id=new_id(), placed_by=actor.email, **body.model_dump())
    session.add(row)
    session.flush()
    return row


def release_hold(session: TenantSession, hold_id: str, actor: Actor) -> LegalHold:
    """End a hold. Raises NotFoundError, ConflictError for one that has ended, NotAllowedError for the platform's."""
    row = session.scalar(select(LegalHold).where(LegalHold.id == hold_id).with_for_update())
    if row is None:
        raise NotFoundError("hold_not_found", "There is no such legal hold.")
    if row.by_platform:
        raise NotAllowedError("platform_hold", "The platform has placed this hold; ask its support.")
    if row.released_at is not None:
        raise ConflictError("already_released", "This hold was released before.")
    row.released_at, row.released_by = now(), actor.email
    session.flush()
    return row


def _url(row: PrivacyRequest) -> str | None:
    done = row.status is PrivacyRequestStatus.COMPLETED and row.storage_key and row.expires_at
    if not done or row.expires_at is None or row.expires_at <= now():
        return None
    left = min(_OPEN_FOR, row.expires_at - now())
    return download_link(settings().files_bucket, str(row.storage_key), "my-data.json", int(left.total_seconds()))
