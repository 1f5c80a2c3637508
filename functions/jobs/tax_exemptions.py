"""Certificates run out by their dates; this writes it down, and tells the customer."""

from sqlalchemy import select

from functions.jobs.turns import BATCH, in_turns
from shared.customer_mails import mail_later
from shared.exemptions import mark_exempt
from shared.job_runs import Run
from shared.models import Customer, TaxExemption
from shared.models.enums import TaxExemptionStatus
from shared.tenant_session import TenantSession


def tax_exemptions(run: Run) -> None:
    """Let approved certificates expire."""
    due = (TaxExemption.status == TaxExemptionStatus.APPROVED) & (TaxExemption.expires_at <= run.moment)

    def batch(session: TenantSession) -> int:
        named = select(TaxExemption.id, TaxExemption.customer_id).where(due).order_by(TaxExemption.id).limit(BATCH)
        found = session.execute(named).all()
        # The customers first, as whoever decides does.
        owners = select(Customer).where(Customer.id.in_({one.customer_id for one in found})).order_by(Customer.id)
        customers = {row.id: row for row in session.scalars(owners.with_for_update())}
        over = select(TaxExemption).where(TaxExemption.id.in_([one.id for one in found]), due).order_by(TaxExemption.id)
        rows = session.scalars(over.with_for_update()).all()
        for row in rows:
            row.status = TaxExemptionStatus.EXPIRED
        session.flush()
        for customer in customers.values():
            mark_exempt(session, customer, run.moment)
        for row in rows:
            if row.customer_id in customers:
                _tell(session, customers[row.customer_id], row)
        return len(rows)

    in_turns(run, "exemptions", select(TaxExemption.store_id).where(due), batch)


def _tell(session: TenantSession, customer: Customer, row: TaxExemption) -> None:
    facts = {
        "certificate_num": row.certificate_num,
        "decision": "expired",
        "expires_on": row.expires_at.date().isoformat(),
        "reason": "",
        "key": f"exemption_expired:{row.id}",
    }
    mail_later(session, "tax_exemption_decided", customer.email, **facts)
