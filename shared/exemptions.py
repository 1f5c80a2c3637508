"""What a customer's certificates come to."""

from datetime import datetime

from sqlalchemy import select

from shared.models import Customer, TaxExemption
from shared.models.enums import TaxExemptionStatus
from shared.tenant_session import TenantSession


def mark_exempt(session: TenantSession, customer: Customer, moment: datetime) -> None:
    """Write on a locked customer whether a certificate counts at a moment (UTC), and which one lasts longest."""
    counts = (TaxExemption.status == TaxExemptionStatus.APPROVED) & (TaxExemption.expires_at > moment)
    query = select(TaxExemption).where(TaxExemption.customer_id == customer.id, counts)
    best = session.scalar(query.order_by(TaxExemption.expires_at.desc()).limit(1))
    customer.is_tax_exempt = best is not None
    customer.tax_exempt_reason = f"Certificate {best.certificate_num} ({best.issuing_state})" if best else None
