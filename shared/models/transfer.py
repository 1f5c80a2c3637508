"""Products and orders on their way in or out as files."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.column_types import EnumText
from shared.models.base import Base, TenantScoped, Versioned, not_negative, tenant_key
from shared.models.columns import json_object, number, one_of
from shared.models.enums import CatalogFormat, Severity, TransferKind, TransferStatus


class FileJob(TenantScoped, Versioned, Base):
    """A file that a worker makes or reads, how far it has come, and for whom; see shared/file_jobs.py.

    `position` counts what is done: with its effects, it is committed chunk by chunk, and whoever takes the work up
    after a crash goes on there. `total` is known once the work has begun. `resume_at` is when somebody else may take
    the work up: a worker holds it for a while at a time.
    """

    __abstract__ = True

    status: Mapped[TransferStatus] = one_of(TransferStatus.QUEUED)
    mime_type: Mapped[str]
    file_name: Mapped[str]
    storage_key: Mapped[str]
    file_size: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    position: Mapped[int] = number()
    total: Mapped[int | None]
    attempts: Mapped[int] = number()
    error: Mapped[str | None]
    """Why it failed as a whole, for those who started it."""
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor_email: Mapped[str]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]
    resume_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ProductTransfer(FileJob):
    """An import or export of products, and what became of the rows. `position` counts products."""

    __tablename__ = "product_transfers"
    __table_args__ = (
        Index(None, "store_id", "kind", "created_at"),
        Index(None, "status", "resume_at"),
        *not_negative("file_size", "total", "position", "attempts"),
        *not_negative("created_count", "updated_count", "unchanged_count", "failed_count"),
    )

    kind: Mapped[TransferKind] = mapped_column(EnumText(TransferKind))
    format: Mapped[CatalogFormat | None] = mapped_column(EnumText(CatalogFormat))
    """None until the file has been looked at."""
    created_count: Mapped[int] = number()
    updated_count: Mapped[int] = number()
    unchanged_count: Mapped[int] = number()
    failed_count: Mapped[int] = number()


class OrderExport(FileJob):
    """An export of orders. `position` counts orders; `filters` are those of the list, as the API has them."""

    __tablename__ = "order_exports"
    __table_args__ = (
        Index(None, "status", "resume_at"),
        *not_negative("file_size", "total", "position", "attempts"),
    )

    filters: Mapped[dict[str, Any]] = json_object()
    upload: Mapped[dict[str, Any]] = json_object()
    """The parts that S3 has so far, and where the next one begins."""


class ProductTransferIssue(TenantScoped, Base):
    """What is wrong with a row of an imported file: an error kept it out, a warning did not."""

    __tablename__ = "product_transfer_issues"
    __table_args__ = (tenant_key("transfer_id", "product_transfers"), Index(None, "store_id", "transfer_id", "row"))

    transfer_id: Mapped[str]
    row: Mapped[int]
    """As a spreadsheet numbers it: the header is 1."""
    sku: Mapped[str | None]
    severity: Mapped[Severity] = mapped_column(EnumText(Severity))
    code: Mapped[str]
    message: Mapped[str]
    suggestion: Mapped[str | None]
    """A SKU that is free, where one was not."""
