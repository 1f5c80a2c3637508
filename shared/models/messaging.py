"""What must leave after a commit, and what must not happen twice."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.column_types import Json
from shared.models.base import Base, TenantScoped, not_negative
from shared.models.columns import number

_UNSENT = text("sent_at IS NULL")


class OutboxEvent(TenantScoped, Base):
    """A message written with the change it tells of; sent after the commit, or by the sweeper."""

    __tablename__ = "outbox_events"
    __table_args__ = (
        Index("ix_outbox_events_unsent", "available_at", postgresql_where=_UNSENT, sqlite_where=_UNSENT),
        *not_negative("attempts"),
    )

    topic: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    available_at: Mapped[datetime]
    attempts: Mapped[int] = number()
    sent_at: Mapped[datetime | None]


class IdempotencyKey(TenantScoped, Base):
    """The first answer to a request that may be repeated; it commits with its effect or not at all.

    `fingerprint` is the SHA-256 of method, path and body.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("store_id", "principal", "key"),
        Index(None, "expires_at"),
        CheckConstraint("length(key) BETWEEN 1 AND 255", name="key_length"),
    )

    principal: Mapped[str]
    key: Mapped[str]
    fingerprint: Mapped[str]
    status_code: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(Json)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


class EmailMessage(TenantScoped, Base):
    """A mail to one person. `dedupe_key` lets one event send one mail, however often its job runs."""

    __tablename__ = "email_messages"
    __table_args__ = (
        UniqueConstraint("store_id", "dedupe_key"),
        Index("ix_email_messages_unsent", "created_at", postgresql_where=_UNSENT, sqlite_where=_UNSENT),
        *not_negative("attempts"),
    )

    dedupe_key: Mapped[str]
    template: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str | None]
    attempts: Mapped[int] = number()
    sent_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
