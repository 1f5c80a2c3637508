"""Connected shops, webhook inbox and payment gateways

Revision: 20261122_1912, after 20261122_1911. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now, tenant_key

revision: str = "20261122_1912"
down_revision: str | None = "20261122_1911"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "external_platform_integrations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("sync_direction", sa.Text(), server_default="BIDIRECTIONAL", nullable=False),
        sa.Column("api_url", sa.Text(), nullable=False),
        sa.Column("api_key", sa.Text(), nullable=False),
        sa.Column("api_secret", sa.Text(), nullable=True),
        sa.Column("webhook_secret", sa.Text(), nullable=True),
        sa.Column("entity_overrides", json_type(), server_default="{}", nullable=False),
        sa.Column("conflict_resolution", sa.Text(), server_default="LAST_WRITE_WINS", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_sync_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sync_status", sa.Text(), server_default="IDLE", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "conflict_resolution IN ('LAST_WRITE_WINS', 'MANUAL_QUEUE', 'PRIORITY_RULES')",
            name=op.f("ck_external_platform_integrations_conflict_resolution_known"),
        ),
        sa.CheckConstraint(
            "platform IN ('WOOCOMMERCE', 'SHOPIFY')", name=op.f("ck_external_platform_integrations_platform_known")
        ),
        sa.CheckConstraint(
            "sync_direction IN ('INBOUND', 'OUTBOUND', 'BIDIRECTIONAL')",
            name=op.f("ck_external_platform_integrations_sync_direction_known"),
        ),
        sa.CheckConstraint(
            "sync_status IN ('IDLE', 'SYNCING', 'ERROR')",
            name=op.f("ck_external_platform_integrations_sync_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name="fk_external_platform_integrations_store_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_external_platform_integrations"),
        sa.UniqueConstraint("store_id", "id", name="uq_external_platform_integrations_store_id_id"),
        if_not_exists=True,
    )
    index(
        "ix_external_platform_integrations_store_id_created_at",
        "external_platform_integrations",
        "store_id",
        "created_at",
    )
    index(
        "ix_external_platform_integrations_store_id_is_active",
        "external_platform_integrations",
        "store_id",
        "is_active",
    )

    op.create_table(
        "sync_queue",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("data", json_type(), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("retry_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("max_retries", sa.Integer(), server_default=sa.text("3"), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "direction IN ('INBOUND', 'OUTBOUND', 'BIDIRECTIONAL')", name=op.f("ck_sync_queue_direction_known")
        ),
        sa.CheckConstraint("operation IN ('CREATE', 'UPDATE', 'DELETE')", name=op.f("ck_sync_queue_operation_known")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CONFLICT')",
            name=op.f("ck_sync_queue_status_known"),
        ),
        sa.CheckConstraint("max_retries >= 0", name=op.f("ck_sync_queue_max_retries_not_negative")),
        sa.CheckConstraint("retry_count >= 0", name=op.f("ck_sync_queue_retry_count_not_negative")),
        tenant_key("sync_queue", "integration_id", to="external_platform_integrations"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_sync_queue_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sync_queue"),
        sa.UniqueConstraint("store_id", "id", name="uq_sync_queue_store_id_id"),
        if_not_exists=True,
    )
    index("ix_sync_queue_store_id_created_at", "sync_queue", "store_id", "created_at")
    index("ix_sync_queue_store_id_entity_type_entity_id", "sync_queue", "store_id", "entity_type", "entity_id")
    index("ix_sync_queue_store_id_integration_id_status", "sync_queue", "store_id", "integration_id", "status")

    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("headers", json_type(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("platform IN ('WOOCOMMERCE', 'SHOPIFY')", name=op.f("ck_webhook_deliveries_platform_known")),
        tenant_key("webhook_deliveries", "integration_id", to="external_platform_integrations"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_webhook_deliveries_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sa.UniqueConstraint("store_id", "id", name="uq_webhook_deliveries_store_id_id"),
        sa.UniqueConstraint(
            "store_id", "integration_id", "webhook_id", "delivery_id", "body_sha256", name="uq_webhook_deliveries_once"
        ),
        if_not_exists=True,
    )
    index("ix_webhook_deliveries_store_id_created_at", "webhook_deliveries", "store_id", "created_at")

    op.create_table(
        "external_links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("integration_id", sa.Text(), nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("external_updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("external_links", "integration_id", to="external_platform_integrations"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_external_links_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_external_links"),
        sa.UniqueConstraint("store_id", "id", name="uq_external_links_store_id_id"),
        sa.UniqueConstraint("store_id", "integration_id", "entity_type", "entity_id", name="uq_external_links_ours"),
        sa.UniqueConstraint(
            "store_id", "integration_id", "entity_type", "external_id", name="uq_external_links_theirs"
        ),
        if_not_exists=True,
    )
    index("ix_external_links_store_id_created_at", "external_links", "store_id", "created_at")

    op.create_table(
        "payment_gateway_configs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("secret_key", sa.Text(), nullable=False),
        sa.Column("webhook_secret", sa.Text(), nullable=True),
        sa.Column("is_test_mode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("settings", json_type(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name="fk_payment_gateway_configs_store_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_payment_gateway_configs"),
        sa.UniqueConstraint("store_id", "gateway", name="uq_payment_gateway_configs_store_id_gateway"),
        sa.UniqueConstraint("store_id", "id", name="uq_payment_gateway_configs_store_id_id"),
        if_not_exists=True,
    )
    index("ix_payment_gateway_configs_store_id_created_at", "payment_gateway_configs", "store_id", "created_at")
    index("ix_payment_gateway_configs_store_id_is_active", "payment_gateway_configs", "store_id", "is_active")


def downgrade() -> None:
    op.drop_table("payment_gateway_configs", if_exists=True)
    op.drop_table("external_links", if_exists=True)
    op.drop_table("webhook_deliveries", if_exists=True)
    op.drop_table("sync_queue", if_exists=True)
    op.drop_table("external_platform_integrations", if_exists=True)
