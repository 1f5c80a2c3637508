"""Stores, who works in them, and the audit log

Revision: 20261122_1902, after 20261122_1901. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now

revision: str = "20261122_1902"
down_revision: str | None = "20261122_1901"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "stores",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="ACTIVE", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("currency", sa.Text(), server_default="USD", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("favicon_url", sa.Text(), nullable=True),
        sa.Column("primary_color", sa.Text(), server_default="#000000", nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("tax_id", sa.Text(), nullable=True),
        sa.Column("onboarding_completed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allow_coupons_with_flash_sale", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("settings", json_type(), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'TRIAL', 'TRIAL_EXPIRED', 'SUSPENDED', 'CLOSED')", name=op.f("ck_stores_status_known")
        ),
        sa.CheckConstraint("domain = lower(domain)", name=op.f("ck_stores_domain_lower")),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name=op.f("ck_stores_currency_three_letters")
        ),
        sa.CheckConstraint("slug = lower(slug)", name=op.f("ck_stores_slug_lower")),
        sa.PrimaryKeyConstraint("id", name="pk_stores"),
        if_not_exists=True,
    )
    index("ix_stores_deleted", "stores", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_stores_status", "stores", "status")
    index("uq_stores_live_domain", "stores", "domain", unique=True, where=LIVE)
    index("uq_stores_live_slug", "stores", "slug", unique=True, where=LIVE)

    op.create_table(
        "store_subscriptions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="TRIAL", nullable=False),
        sa.Column("start_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trial_end_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_billing_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_billing_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payment_method", sa.Text(), nullable=True),
        sa.Column("current_products", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("current_orders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("current_staff", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("current_storage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("usage_reset_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('TRIAL', 'ACTIVE', 'PAST_DUE', 'CANCELED', 'EXPIRED')",
            name=op.f("ck_store_subscriptions_status_known"),
        ),
        sa.CheckConstraint("current_orders >= 0", name=op.f("ck_store_subscriptions_current_orders_not_negative")),
        sa.CheckConstraint("current_products >= 0", name=op.f("ck_store_subscriptions_current_products_not_negative")),
        sa.CheckConstraint("current_staff >= 0", name=op.f("ck_store_subscriptions_current_staff_not_negative")),
        sa.CheckConstraint("current_storage >= 0", name=op.f("ck_store_subscriptions_current_storage_not_negative")),
        sa.CheckConstraint(
            "end_date IS NULL OR end_date >= start_date", name=op.f("ck_store_subscriptions_dates_in_order")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["subscription_plans.id"], name="fk_store_subscriptions_plan_id", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name="fk_store_subscriptions_store_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_store_subscriptions"),
        sa.UniqueConstraint("store_id", "id", name="uq_store_subscriptions_store_id_id"),
        sa.UniqueConstraint("store_id", name="uq_store_subscriptions_store_id"),
        if_not_exists=True,
    )
    index("ix_store_subscriptions_next_billing_date", "store_subscriptions", "next_billing_date")
    index("ix_store_subscriptions_plan_id", "store_subscriptions", "plan_id")
    index("ix_store_subscriptions_status", "store_subscriptions", "status")
    index("ix_store_subscriptions_store_id_created_at", "store_subscriptions", "store_id", "created_at")

    op.create_table(
        "user_stores",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_user_stores_role_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_user_stores_store_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_stores_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_user_stores"),
        sa.UniqueConstraint("store_id", "id", name="uq_user_stores_store_id_id"),
        sa.UniqueConstraint("user_id", "store_id", name="uq_user_stores_user_id_store_id"),
        if_not_exists=True,
    )
    index("ix_user_stores_role_id", "user_stores", "role_id")
    index("ix_user_stores_store_id_created_at", "user_stores", "store_id", "created_at")
    index("ix_user_stores_store_id_is_active", "user_stores", "store_id", "is_active")

    op.create_table(
        "audit_logs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("actor_email", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=True),
        sa.Column("before_snapshot", json_type(), nullable=True),
        sa.Column("after_snapshot", json_type(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "store_id IS NOT NULL OR action LIKE 'platform.%%'", name=op.f("ck_audit_logs_store_or_platform")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_audit_logs_store_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_audit_logs_user_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_logs"),
        sa.UniqueConstraint("store_id", "id", name="uq_audit_logs_store_id_id"),
        if_not_exists=True,
    )
    index("ix_audit_logs_store_id_created_at", "audit_logs", "store_id", "created_at")
    index("ix_audit_logs_store_id_entity_type_entity_id", "audit_logs", "store_id", "entity_type", "entity_id")
    index("ix_audit_logs_user_id", "audit_logs", "user_id")


def downgrade() -> None:
    op.drop_table("audit_logs", if_exists=True)
    op.drop_table("user_stores", if_exists=True)
    op.drop_table("store_subscriptions", if_exists=True)
    op.drop_table("stores", if_exists=True)
