"""What customers agreed to: a row for each yes and no, so that it can be shown when it was said, and where."""

from sqlalchemy import select

from shared.models import ConsentRecord, Customer
from shared.models.base import new_id, now
from shared.tenant_session import TenantSession

MARKETING = "marketing"


def keep_consent(session: TenantSession, customer: Customer, source: str, ip_address: str | None) -> None:
    """Write down whether a customer wants mails, if that is news: `source` is registration, profile, staff or mail."""
    asked = (ConsentRecord.customer_id == customer.id, ConsentRecord.purpose == MARKETING)
    query = select(ConsentRecord.granted).where(*asked).order_by(ConsentRecord.created_at.desc()).limit(1)
    if session.scalar(query) is customer.marketing_opt_in:
        return
    facts = {"purpose": MARKETING, "granted": customer.marketing_opt_in, "source": source, "ip_address": ip_address}
    session.add(ConsentRecord(id=new_id(), customer_id=customer.id, created_at=now(), **facts))
    session.flush()
