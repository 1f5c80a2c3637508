"""What a customer agreed to, and what they asked of us."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.column_types import EnumText
from shared.models.base import Base, TenantScoped, tenant_key
from shared.models.columns import one_of
from shared.models.enums import PrivacyRequestKind, PrivacyRequestStatus


class PrivacyRequest(TenantScoped, Base):
    """A request to export or erase a customer's data."""

    __tablename__ = "privacy_requests"
    __table_args__ = (
        tenant_key("customer_id", "customers", ondelete="SET NULL"),
        Index(None, "store_id", "status"),
    )

    customer_id: Mapped[str | None]
    kind: Mapped[PrivacyRequestKind] = mapped_column(EnumText(PrivacyRequestKind))
    source: Mapped[str]
    status: Mapped[PrivacyRequestStatus] = one_of(PrivacyRequestStatus.PENDING)
    due_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    result_url: Mapped[str | None]


class ConsentRecord(TenantScoped, Base):
    """A customer's yes or no to one purpose, at one moment; the newest row holds."""

    __tablename__ = "consent_records"
    __table_args__ = (
        tenant_key("customer_id", "customers"),
        Index(None, "store_id", "customer_id", "purpose", "created_at"),
    )

    customer_id: Mapped[str]
    purpose: Mapped[str]
    granted: Mapped[bool]
    source: Mapped[str]
    ip_address: Mapped[str | None]
