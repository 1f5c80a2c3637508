"""The shops and payment gateways a store is connected to.

Keys and secrets are KMS ciphertext, bound to the store's id.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.column_types import EnumText, Json, utc_now
from shared.models.base import Base, TenantScoped, Versioned, not_negative, now, tenant_key
from shared.models.columns import flag, json_list, json_object, number, one_of
from shared.models.enums import (
    ConflictResolution,
    ExternalPlatform,
    SyncDirection,
    SyncOperation,
    SyncQueueStatus,
    SyncRunKind,
    SyncRunStatus,
    SyncStatus,
)

_UNDONE = text("status IN ('PENDING', 'PROCESSING')")


class ExternalPlatformIntegration(TenantScoped, Versioned, Base):
    """A connection to a WooCommerce or Shopify shop."""

    __tablename__ = "external_platform_integrations"
    __table_args__ = (Index(None, "store_id", "is_active"),)

    platform: Mapped[ExternalPlatform] = mapped_column(EnumText(ExternalPlatform))
    sync_direction: Mapped[SyncDirection] = one_of(SyncDirection.BIDIRECTIONAL)
    api_url: Mapped[str]
    api_key: Mapped[str]
    api_secret: Mapped[str | None]
    webhook_secret: Mapped[str | None]
    entity_overrides: Mapped[dict[str, Any]] = json_object()
    conflict_resolution: Mapped[ConflictResolution] = one_of(ConflictResolution.LAST_WRITE_WINS)
    is_active: Mapped[bool] = flag(True)
    """False while it is paused: deliveries are kept, and nothing is applied or pushed."""
    last_sync_at: Mapped[datetime | None]
    sync_status: Mapped[SyncStatus] = one_of(SyncStatus.IDLE)
    external_shop: Mapped[str | None]
    """How the platform names the shop: its myshopify.com domain, or the address of a WooCommerce site."""
    previous_webhook_secret: Mapped[str | None]
    """Good as well while a secret is being replaced."""
    secret_rotated_at: Mapped[datetime | None]
    webhooks: Mapped[list[dict[str, Any]]] = json_list()
    """Those we registered on the platform: id, topic."""
    platform_settings: Mapped[dict[str, Any]] = json_object()
    """What we found out about the shop: currency, whether prices include tax, location of its stock."""
    circuit: Mapped[dict[str, Any]] = json_object()
    """The circuit breaker's state."""
    last_delivery_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    last_error_at: Mapped[datetime | None]
    disconnected_at: Mapped[datetime | None]
    """Keys are wiped then; links and the queue stay, for those who look back."""


class SyncQueue(TenantScoped, Base):
    """One change on its way in or out.

    A worker takes a row for a while: `available_at` is when somebody else may. What leaves is what our row says when it
    is pushed, so that an older change waiting behind a newer one is done with it.
    """

    __tablename__ = "sync_queue"
    __table_args__ = (
        tenant_key("integration_id", "external_platform_integrations"),
        Index(None, "store_id", "integration_id", "status"),
        Index(None, "store_id", "entity_type", "entity_id"),
        Index(
            "ix_sync_queue_due",
            "available_at",
            postgresql_where=_UNDONE,
            sqlite_where=_UNDONE,
        ),
        *not_negative("retry_count", "max_retries"),
    )

    integration_id: Mapped[str]
    entity_type: Mapped[str]
    entity_id: Mapped[str]
    operation: Mapped[SyncOperation] = mapped_column(EnumText(SyncOperation))
    direction: Mapped[SyncDirection] = mapped_column(EnumText(SyncDirection))
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[SyncQueueStatus] = one_of(SyncQueueStatus.PENDING)
    retry_count: Mapped[int] = number()
    max_retries: Mapped[int] = number(3)
    processed_at: Mapped[datetime | None]
    error_message: Mapped[str | None]
    available_at: Mapped[datetime | None] = mapped_column(default=now)
    reason: Mapped[str | None]
    """A stable code of why it is in CONFLICT or FAILED."""
    webhook_delivery_id: Mapped[str | None]
    """The delivery that it came with, without a key: deliveries are purged earlier."""


class WebhookDelivery(TenantScoped, Base):
    """The inbox: a delivery as it arrived, kept once however often it comes.

    `delivery_id` alone is no key on WooCommerce, which gives one to several deliveries of a second; the body's SHA-256
    tells them apart.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        tenant_key("integration_id", "external_platform_integrations"),
        UniqueConstraint(
            "store_id",
            "integration_id",
            "webhook_id",
            "delivery_id",
            "body_sha256",
            name="uq_webhook_deliveries_once",
        ),
    )

    integration_id: Mapped[str]
    platform: Mapped[ExternalPlatform] = mapped_column(EnumText(ExternalPlatform))
    topic: Mapped[str]
    webhook_id: Mapped[str]
    delivery_id: Mapped[str]
    event_id: Mapped[str | None]
    headers: Mapped[dict[str, Any]] = mapped_column(Json)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_sha256: Mapped[str]
    processed_at: Mapped[datetime | None]


class ExternalLink(TenantScoped, Base):
    """Our entity and its counterpart in a connected shop. `content_hash` tells our own echo from a real change."""

    __tablename__ = "external_links"
    __table_args__ = (
        tenant_key("integration_id", "external_platform_integrations"),
        UniqueConstraint("store_id", "integration_id", "entity_type", "external_id", name="uq_external_links_theirs"),
        UniqueConstraint("store_id", "integration_id", "entity_type", "entity_id", name="uq_external_links_ours"),
    )

    integration_id: Mapped[str]
    entity_type: Mapped[str]
    entity_id: Mapped[str]
    external_id: Mapped[str]
    external_updated_at: Mapped[datetime | None]
    """The newest state of theirs that was applied, by their own clock."""
    content_hash: Mapped[str | None]
    """Of their entity as we last saw or wrote it."""
    pushed_hash: Mapped[str | None]
    """Of ours as we last pushed it."""
    external_deleted_at: Mapped[datetime | None]
    """What is older than this is of something that is gone."""
    external_parent_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = json_object()
    """Other ids of theirs: a variant's inventory item."""


class SyncRun(TenantScoped, Base):
    """A first import or a reconciliation: how far it has come, so that whoever goes on begins there.

    `resume_at` is when somebody else may take it up: a worker holds it for a while at a time.
    """

    __tablename__ = "sync_runs"
    __table_args__ = (
        tenant_key("integration_id", "external_platform_integrations"),
        Index(None, "store_id", "integration_id", "created_at"),
        Index(None, "status", "resume_at"),
        *not_negative("total", "seen", "created_count", "updated_count", "unchanged_count", "failed_count"),
    )

    integration_id: Mapped[str]
    kind: Mapped[SyncRunKind] = mapped_column(EnumText(SyncRunKind))
    status: Mapped[SyncRunStatus] = one_of(SyncRunStatus.QUEUED)
    entity_type: Mapped[str | None]
    """What it is at now."""
    cursor: Mapped[str | None]
    since: Mapped[datetime | None]
    total: Mapped[int | None]
    seen: Mapped[int] = number()
    created_count: Mapped[int] = number()
    updated_count: Mapped[int] = number()
    unchanged_count: Mapped[int] = number()
    failed_count: Mapped[int] = number()
    drift: Mapped[list[dict[str, Any]]] = json_list()
    """What differed, or was gone without a word: entity type, ids, what was done."""
    attempts: Mapped[int] = number()
    error: Mapped[str | None]
    resume_at: Mapped[datetime] = mapped_column(default=now, server_default=utc_now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class PaymentGatewayConfig(TenantScoped, Versioned, Base):
    """A store's account at a payment gateway."""

    __tablename__ = "payment_gateway_configs"
    __table_args__ = (UniqueConstraint("store_id", "gateway"), Index(None, "store_id", "is_active"))

    gateway: Mapped[str]
    is_active: Mapped[bool] = flag(True)
    public_key: Mapped[str | None]
    secret_key: Mapped[str]
    webhook_secret: Mapped[str | None]
    is_test_mode: Mapped[bool] = flag(True)
    settings: Mapped[dict[str, Any] | None] = mapped_column(Json)
