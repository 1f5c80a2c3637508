"""Asking for a customer's data, or for its erasure: by the customer, by staff, or by a connected shop.

For a connected shop (Shopify's customers/data_request, customers/redact and shop/redact) the sync context calls
`ask_for_export`, `ask_for_erasure` and `erase_all_of`, in a session of the store.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from shared.audit import Actor, record
from shared.errors import ConflictError
from shared.models import Customer, PrivacyRequest
from shared.models.base import new_id, now
from shared.models.enums import PrivacyRequestKind, PrivacyRequestStatus
from shared.privacy.erasing import erase
from shared.queues import send
from shared.settings import settings
from shared.tenancy import after_commit
from shared.tenant_session import TenantSession

DUE = timedelta(days=30)
"""A month to answer: article 12 of the GDPR, and what Shopify asks for."""
AGAIN = timedelta(days=1)
_UNDONE = (PrivacyRequestStatus.PENDING, PrivacyRequestStatus.PROCESSING)


def ask_for_export(session: TenantSession, customer: Customer, actor: Actor, *, source: str) -> PrivacyRequest:
    """Have a customer's data collected: a worker does, and a mail says where it is. One under way is as good."""
    found = _under_way(session, customer.id, PrivacyRequestKind.EXPORT)
    if found is not None:
        return found
    row = _write(session, customer.id, PrivacyRequestKind.EXPORT, source)
    record(session, "customer.data_export_asked", "customer", customer.id, after={"source": source}, actor=actor)
    tell_worker(session, row)
    return row


def ask_for_erasure(session: TenantSession, customer_id: str, actor: Actor, *, source: str) -> PrivacyRequest:
    """Erase a customer now, or as soon as what stands in the way is gone: then the request waits, and `error` says why.

    For those who cannot be told to come again later. Raises NotFoundError.
    """
    row = _under_way(session, customer_id, PrivacyRequestKind.ERASURE)
    row = row or _write(session, customer_id, PrivacyRequestKind.ERASURE, source)
    try_erasure(session, row, actor)
    return row


def erase_now(session: TenantSession, customer_id: str, actor: Actor, *, source: str) -> PrivacyRequest:
    """Erase a customer. Raises NotFoundError, and ConflictError naming what stands in the way; then nothing changes."""
    erase(session, customer_id, actor, source=source)
    row = _under_way(session, customer_id, PrivacyRequestKind.ERASURE)
    row = row or _write(session, customer_id, PrivacyRequestKind.ERASURE, source)
    _complete(row)
    session.flush()
    return row


def erase_all_of(
    session: TenantSession, customer_ids: Iterable[str], actor: Actor, *, source: str
) -> list[PrivacyRequest]:
    """As `ask_for_erasure`, for all customers that came from a shop which is disconnected for good (shop/redact)."""
    return [ask_for_erasure(session, one, actor, source=source) for one in customer_ids]


def try_erasure(session: TenantSession, row: PrivacyRequest, actor: Actor) -> None:
    """Do what an erasure asks for, or note what stands in the way and when to try again. Raises NotFoundError."""
    try:
        with session.begin_nested():
            erase(session, str(row.customer_id), actor, source=row.source)
    except ConflictError as refusal:
        row.status, row.error, row.resume_at = PrivacyRequestStatus.PENDING, refusal.code, now() + AGAIN
        return
    session.refresh(row)
    _complete(row)
    session.flush()


def tell_worker(session: TenantSession, row: PrivacyRequest) -> None:
    """Send the worker a message once the request is committed. Without a queue its schedule finds the row."""
    message = {"store_id": str(session.store_id), "privacy_request_id": row.id}
    after_commit(session, lambda: send(settings().privacy_queue_url, message, group=message["store_id"]))


def _complete(row: PrivacyRequest) -> None:
    row.status, row.completed_at, row.error = PrivacyRequestStatus.COMPLETED, now(), None
    row.resume_at = None


def _under_way(session: TenantSession, customer_id: str, kind: PrivacyRequestKind) -> PrivacyRequest | None:
    mine = (PrivacyRequest.customer_id == customer_id, PrivacyRequest.kind == kind)
    query = select(PrivacyRequest).where(*mine, PrivacyRequest.status.in_(_UNDONE))
    return session.scalars(query.order_by(PrivacyRequest.created_at).limit(1)).first()


def _write(session: TenantSession, customer_id: str, kind: PrivacyRequestKind, source: str) -> PrivacyRequest:
    moment = now()
    row = PrivacyRequest(id=new_id(), customer_id=customer_id, kind=kind, source=source, due_at=moment + DUE)
    row.resume_at, row.status, row.attempts = moment, PrivacyRequestStatus.PENDING, 0
    session.add(row)
    session.flush()
    return row
