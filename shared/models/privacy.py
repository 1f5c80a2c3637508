"""What a customer agreed to, and what they asked of us."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.column_types import EnumText
from shared.models.base import Base, TenantScoped, not_negative, tenant_key
from shared.models.columns import flag, number, one_of
from shared.models.enums import PrivacyRequestKind, PrivacyRequestStatus


class PrivacyRequest(TenantScoped, Base):
    """A request to export or erase a customer's data. `source` is customer, staff or a platform's name.

    `resume_at` is when somebody may be at it (again): a worker holds it for a while at a time. An erasure that
    something stands in the way of waits, and `error` is the code of what does.
    """

    __tablename__ = "privacy_requests"
    __table_args__ = (
        tenant_key("customer_id", "customers", ondelete="SET NULL"),
        Index(None, "store_id", "status"),
        Index(None, "status", "resume_at"),
        *not_negative("attempts"),
    )

    customer_id: Mapped[str | None]
    kind: Mapped[PrivacyRequestKind] = mapped_column(EnumText(PrivacyRequestKind))
    source: Mapped[str]
    status: Mapped[PrivacyRequestStatus] = one_of(PrivacyRequestStatus.PENDING)
    due_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    result_url: Mapped[str | None]
    storage_key: Mapped[str | None]
    """The export, in the bucket of files, until `expires_at`."""
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = number()
    resume_at: Mapped[datetime | None]
    error: Mapped[str | None]


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


class LegalHold(TenantScoped, Base):
    """What keeps the data of a customer, or without one of the whole store, from being purged or erased.

    It holds until `until`, or until somebody releases it.
    """

    __tablename__ = "legal_holds"
    __table_args__ = (
        tenant_key("customer_id", "customers"),
        Index(None, "store_id", "released_at"),
        CheckConstraint("length(reason) > 0", name="reason_given"),
    )

    customer_id: Mapped[str | None]
    reason: Mapped[str]
    placed_by: Mapped[str]
    by_platform: Mapped[bool] = flag(False)
    """The store's own staff cannot release it."""
    until: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]


class PurgeTally(TenantScoped, Base):
    """How many rows of a table a purge has taken that the audit log does not tell of yet.

    It is counted in the transaction that takes them, so that no count is lost with a purge that is cut off.
    """

    __tablename__ = "purge_tallies"
    __table_args__ = (UniqueConstraint("store_id", "counted"), *not_negative("number"))

    counted: Mapped[str]
    number: Mapped[int] = number()


class FileDeletion(Base):
    """An object in S3 whose row is gone: written with the row's deletion, done once it has been deleted.

    Of no store: a store's objects outlive it by a moment.
    """

    __tablename__ = "file_deletions"
    __table_args__ = (Index(None, "available_at"), *not_negative("attempts"))

    bucket: Mapped[str]
    """`media` or `files`."""
    storage_key: Mapped[str]
    available_at: Mapped[datetime]
    attempts: Mapped[int] = number()
