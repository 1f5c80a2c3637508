"""The shops and payment gateways a store is connected to.

Keys and secrets are KMS ciphertext, bound to the store's id.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shared.column_types import EnumText, Json
from shared.models.base import Base, TenantScoped, Versioned, not_negative, tenant_key
from shared.models.columns import flag, json_object, number, one_of
from shared.models.enums import (
    ConflictResolution,
    ExternalPlatform,
    SyncDirection,
    SyncOperation,
    SyncQueueStatus,
    SyncStatus,
)


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
    last_sync_at: Mapped[datetime | None]
    sync_status: Mapped[SyncStatus] = one_of(SyncStatus.IDLE)


class SyncQueue(TenantScoped, Base):
    """One change on its way in or out."""

    __tablename__ = "sync_queue"
    __table_args__ = (
        tenant_key("integration_id", "external_platform_integrations"),
        Index(None, "store_id", "integration_id", "status"),
        Index(None, "store_id", "entity_type", "entity_id"),
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
    content_hash: Mapped[str | None]


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
