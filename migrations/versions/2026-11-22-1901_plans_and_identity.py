"""Subscription plans, users, roles and sign-in

Revision: 20261122_1901, after 20261122_1900. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now

revision: str = "20261122_1901"
down_revision: str | None = "20261122_1900"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "subscription_plans",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(13, 3), nullable=False),
        sa.Column("billing_cycle", sa.Text(), server_default="MONTHLY", nullable=False),
        sa.Column("trial_days", sa.Integer(), server_default=sa.text("14"), nullable=False),
        sa.Column("max_products", sa.Integer(), server_default=sa.text("10"), nullable=False),
        sa.Column("max_orders", sa.Integer(), server_default=sa.text("50"), nullable=False),
        sa.Column("max_staff", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("max_storage", sa.Integer(), server_default=sa.text("100"), nullable=False),
        sa.Column("api_rate_limit", sa.Integer(), server_default=sa.text("60"), nullable=False),
        sa.Column("has_advanced_reports", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_abandoned_cart", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_pos_access", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_api_access", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_priority_support", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "billing_cycle IN ('MONTHLY', 'YEARLY')", name=op.f("ck_subscription_plans_billing_cycle_known")
        ),
        sa.CheckConstraint("api_rate_limit >= 0", name=op.f("ck_subscription_plans_api_rate_limit_not_negative")),
        sa.CheckConstraint(
            "max_products >= -1 AND max_orders >= -1 AND max_staff >= -1 AND max_storage >= -1",
            name=op.f("ck_subscription_plans_limits_known"),
        ),
        sa.CheckConstraint("price >= 0", name=op.f("ck_subscription_plans_price_not_negative")),
        sa.CheckConstraint("trial_days >= 0", name=op.f("ck_subscription_plans_trial_days_not_negative")),
        sa.PrimaryKeyConstraint("id", name="pk_subscription_plans"),
        sa.UniqueConstraint("name", name="uq_subscription_plans_name"),
        sa.UniqueConstraint("slug", name="uq_subscription_plans_slug"),
        if_not_exists=True,
    )
    index("ix_subscription_plans_is_active_is_public", "subscription_plans", "is_active", "is_public")
    index("ix_subscription_plans_tier", "subscription_plans", "tier")

    op.create_table(
        "users",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_verified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("image", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("mfa_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("mfa_secret", sa.Text(), nullable=True),
        sa.Column("mfa_backup_codes", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("status", sa.Text(), server_default="ACTIVE", nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_ip", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('ACTIVE', 'INACTIVE', 'SUSPENDED')", name=op.f("ck_users_status_known")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        if_not_exists=True,
    )
    index("ix_users_deleted", "users", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_users_status", "users", "status")
    index("uq_users_live_email", "users", "email", unique=True, where=LIVE)

    op.create_table(
        "roles",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("permissions", json_type(), server_default="[]", nullable=False),
        sa.Column("is_system", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
        sa.UniqueConstraint("slug", name="uq_roles_slug"),
        if_not_exists=True,
    )

    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_account_id", sa.Text(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=True),
        sa.Column("access_token", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.Integer(), nullable=True),
        sa.Column("token_type", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("id_token", sa.Text(), nullable=True),
        sa.Column("session_state", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_accounts_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("provider", "provider_account_id", name="uq_accounts_provider_provider_account_id"),
        if_not_exists=True,
    )
    index("ix_accounts_user_id", "accounts", "user_id")

    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("session_token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("session_token_hash", name="uq_sessions_session_token_hash"),
        if_not_exists=True,
    )
    index("ix_sessions_expires", "sessions", "expires")
    index("ix_sessions_user_id", "sessions", "user_id")

    op.create_table(
        "verification_tokens",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verification_tokens"),
        sa.UniqueConstraint("identifier", "token_hash", name="uq_verification_tokens_identifier_token_hash"),
        sa.UniqueConstraint("token_hash", name="uq_verification_tokens_token_hash"),
        if_not_exists=True,
    )
    index("ix_verification_tokens_expires", "verification_tokens", "expires")

    op.create_table(
        "password_histories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_password_histories_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_password_histories"),
        if_not_exists=True,
    )
    index("ix_password_histories_user_id_created_at", "password_histories", "user_id", "created_at")


def downgrade() -> None:
    op.drop_table("password_histories", if_exists=True)
    op.drop_table("verification_tokens", if_exists=True)
    op.drop_table("sessions", if_exists=True)
    op.drop_table("accounts", if_exists=True)
    op.drop_table("roles", if_exists=True)
    op.drop_table("users", if_exists=True)
    op.drop_table("subscription_plans", if_exists=True)
