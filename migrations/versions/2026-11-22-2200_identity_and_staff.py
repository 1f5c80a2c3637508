"""Roles over the platform, invitations, mails about accounts, counters; what sign-in keeps of a session

Revision: 20261122_2200, after 20261122_1918. Adds tables and nullable or defaulted columns only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import add_column, drop_column, index, json_type, now

revision: str = "20261122_2200"
down_revision: str | None = "20261122_1918"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "account_mails",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("details", json_type(), server_default="{}", nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("attempts >= 0", name="ck_account_mails_attempts_not_negative"),
        sa.PrimaryKeyConstraint("id", name="pk_account_mails"),
        if_not_exists=True,
    )
    index("ix_account_mails_unsent", "account_mails", "available_at", where="sent_at IS NULL")
    op.create_table(
        "request_counts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_request_counts"),
        if_not_exists=True,
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("times", json_type(), server_default="[]", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempts"),
        if_not_exists=True,
    )
    op.create_table(
        "platform_members",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_platform_members_role_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_platform_members_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_platform_members"),
        sa.UniqueConstraint("user_id", name="uq_platform_members_user_id"),
        if_not_exists=True,
    )
    index("ix_platform_members_role_id", "platform_members", "role_id")
    op.create_table(
        "staff_invitations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("permissions", json_type(), nullable=True),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("email = lower(email)", name="ck_staff_invitations_email_lower"),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_staff_invitations_role_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_staff_invitations_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_staff_invitations"),
        sa.UniqueConstraint("store_id", "email", name="uq_staff_invitations_store_id_email"),
        sa.UniqueConstraint("store_id", "id", name="uq_staff_invitations_store_id_id"),
        if_not_exists=True,
    )
    index("ix_staff_invitations_role_id", "staff_invitations", "role_id")
    index("ix_staff_invitations_store_id_created_at", "staff_invitations", "store_id", "created_at")
    add_column("sessions", sa.Column("active_store_id", sa.Text(), nullable=True))
    add_column("sessions", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    add_column("sessions", sa.Column("ip_address", sa.Text(), nullable=True))
    add_column("sessions", sa.Column("user_agent", sa.Text(), nullable=True))
    add_column("stores", sa.Column("pending_domain", sa.Text(), nullable=True))
    add_column("stores", sa.Column("domain_token", sa.Text(), nullable=True))
    add_column("stores", sa.Column("maintenance_mode", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    add_column("user_stores", sa.Column("permissions", json_type(), nullable=True))
    add_column("users", sa.Column("mfa_last_step", sa.Integer(), nullable=True))


def downgrade() -> None:
    drop_column("users", "mfa_last_step")
    drop_column("user_stores", "permissions")
    drop_column("stores", "maintenance_mode")
    drop_column("stores", "domain_token")
    drop_column("stores", "pending_domain")
    drop_column("sessions", "user_agent")
    drop_column("sessions", "ip_address")
    drop_column("sessions", "last_used_at")
    drop_column("sessions", "active_store_id")
    op.drop_table("staff_invitations", if_exists=True)
    op.drop_table("platform_members", if_exists=True)
    op.drop_table("sign_in_attempts", if_exists=True)
    op.drop_table("request_counts", if_exists=True)
    op.drop_table("account_mails", if_exists=True)
