"""Tax exemptions (CHK091): a certificate counts once staff have approved it, and until it expires."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_

from functions.customers.callers import customer_of
from functions.customers.shared_schemas import TaxExemptionCreate
from shared.customer_mails import mail_later
from shared.errors import ConflictError, FieldError, InvalidError, NotFoundError
from shared.exemptions import mark_exempt
from shared.models import Customer, TaxExemption
from shared.models.base import new_id, now
from shared.models.enums import TaxExemptionStatus
from shared.pagination import place_of_newest
from shared.tenant_session import TenantSession

MOST_PENDING = 5
_PENDING, _APPROVED = TaxExemptionStatus.PENDING, TaxExemptionStatus.APPROVED
_REJECTED, _REVOKED, _EXPIRED = TaxExemptionStatus.REJECTED, TaxExemptionStatus.REVOKED, TaxExemptionStatus.EXPIRED
_NEXT = {_PENDING: {_APPROVED, _REJECTED}, _APPROVED: {_REVOKED}}
"""What staff may make of it. APPROVED becomes EXPIRED by itself."""


def status_of(row: TaxExemption) -> TaxExemptionStatus:
    """The status at this moment: nobody needs to write down that a certificate has run out."""
    return _EXPIRED if row.status is _APPROVED and row.expires_at <= now() else row.status


def of_customer(session: TenantSession, customer_id: str) -> list[TaxExemption]:
    """The certificates of a customer, newest first, a hundred at most."""
    query = select(TaxExemption).where(TaxExemption.customer_id == customer_id)
    newest = query.order_by(TaxExemption.created_at.desc(), TaxExemption.id.desc())
    return list(session.scalars(newest.limit(100)))


def newest(
    status: TaxExemptionStatus | None, customer_id: str | None, limit: int, cursor: str | None
) -> Select[TaxExemption]:
    """The query of a page of certificates, the store's or a customer's, newest first. Raises MalformedError."""
    query = select(TaxExemption).where(*_in_status(status))
    if customer_id is not None:
        query = query.where(TaxExemption.customer_id == customer_id)
    query = query.order_by(TaxExemption.created_at.desc(), TaxExemption.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(TaxExemption.created_at, TaxExemption.id) < place_of_newest(cursor))
    return query


def submit(session: TenantSession, customer_id: str, body: TaxExemptionCreate) -> TaxExemption:
    """Hand in a certificate. Raises NotFoundError, InvalidError for an expired one, ConflictError for one too many."""
    customer_of(session, customer_id, locked=True)
    if body.expires_at <= now():
        raise _expired([FieldError(loc=["body", "expires_at"], message="This lies in the past.")])
    own = (TaxExemption.customer_id == customer_id) & (TaxExemption.status == _PENDING)
    if session.scalars(select(func.count(TaxExemption.id)).where(own)).one() >= MOST_PENDING:
        raise ConflictError("too_many_pending", f"{MOST_PENDING} certificates wait for a decision already.")
    row = TaxExemption(id=new_id(), customer_id=customer_id, **body.model_dump())
    session.add(row)
    session.flush()
    return row


def approve(session: TenantSession, exemption_id: str, user_id: str) -> TaxExemption:
    """Let a certificate count. Raises NotFoundError, ConflictError when it is decided, InvalidError when expired."""

    def decide(row: TaxExemption) -> None:
        if row.expires_at <= now():
            raise _expired([])
        row.approved_by, row.approved_at = user_id, now()

    return _decided(session, exemption_id, _APPROVED, decide)


def reject(session: TenantSession, exemption_id: str, reason: str, user_id: str) -> TaxExemption:
    """Refuse a certificate. Raises NotFoundError, ConflictError when it is decided."""

    def decide(row: TaxExemption) -> None:
        row.rejected_by, row.rejected_at, row.rejection_reason = user_id, now(), reason

    return _decided(session, exemption_id, _REJECTED, decide)


def revoke(session: TenantSession, exemption_id: str) -> TaxExemption:
    """Take an approval back. Raises NotFoundError, ConflictError unless it is approved and in date."""
    return _decided(session, exemption_id, _REVOKED, lambda _: None)


def _decided(
    session: TenantSession, exemption_id: str, status: TaxExemptionStatus, decide: Callable[[TaxExemption], None]
) -> TaxExemption:
    """Take one step, audited, with the customer's mark and a mail. Locks the customer, then the certificate."""
    owner = session.scalar(select(TaxExemption.customer_id).where(TaxExemption.id == exemption_id))
    customer = session.scalar(select(Customer).where(Customer.id == owner).with_for_update()) if owner else None
    row = session.scalar(select(TaxExemption).where(TaxExemption.id == exemption_id).with_for_update())
    if row is None or customer is None:
        raise NotFoundError("tax_exemption_not_found", "There is no such tax exemption.")
    today = status_of(row)
    if status not in _NEXT.get(today, set()):
        raise ConflictError("illegal_transition", f"A tax exemption that is {today} cannot become {status}.")
    decide(row)
    row.status = status
    session.flush()
    mark_exempt(session, customer, now())
    _tell(session, customer, row)
    return row


def _tell(session: TenantSession, customer: Customer, row: TaxExemption) -> None:
    facts: dict[str, Any] = {
        "certificate_num": row.certificate_num,
        "decision": row.status.lower(),
        "expires_on": row.expires_at.date().isoformat(),
        "reason": row.rejection_reason or "",
    }
    mail_later(session, "tax_exemption_decided", customer.email, **facts)


def _in_status(status: TaxExemptionStatus | None) -> list[ColumnElement[bool]]:
    if status is None:
        return []
    has_run_out = (TaxExemption.status == _APPROVED) & (TaxExemption.expires_at <= now())
    if status is _EXPIRED:
        return [or_(TaxExemption.status == _EXPIRED, has_run_out)]
    return [TaxExemption.status == status, ~has_run_out]


def _expired(errors: list[FieldError]) -> InvalidError:
    return InvalidError("certificate_expired", "The certificate has expired.", errors)
