"""Customers, addresses, consent and privacy requests

Revision: 20261122_1903, after 20261122_1902. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, now, tenant_key

revision: str = "20261122_1903"
down_revision: str | None = "20261122_1902"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("is_guest", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("email_verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("marketing_opt_in", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_tax_exempt", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("tax_exempt_reason", sa.Text(), nullable=True),
        sa.Column("last_order_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total_orders", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_spent", sa.Numeric(13, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_customers_email_lower")),
        sa.CheckConstraint("total_orders >= 0", name=op.f("ck_customers_total_orders_not_negative")),
        sa.CheckConstraint("total_spent >= 0", name=op.f("ck_customers_total_spent_not_negative")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_customers_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("store_id", "id", name="uq_customers_store_id_id"),
        if_not_exists=True,
    )
    index("ix_customers_deleted", "customers", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_customers_live_guest", "customers", "store_id", "is_guest", "created_at", where=LIVE)
    index("ix_customers_store_id_created_at", "customers", "store_id", "created_at")
    index("uq_customers_live_email", "customers", "store_id", "email", unique=True, where=LIVE)

    op.create_table(
        "addresses",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), server_default="SHIPPING", nullable=False),
        sa.Column("first_name", sa.Text(), nullable=False),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("address1", sa.Text(), nullable=False),
        sa.Column("address2", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint("type IN ('SHIPPING', 'BILLING', 'BOTH')", name=op.f("ck_addresses_type_known")),
        sa.CheckConstraint(
            "length(country) = 2 AND country = upper(country)", name=op.f("ck_addresses_country_two_letters")
        ),
        tenant_key("addresses", "customer_id", to="customers"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_addresses_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_addresses"),
        sa.UniqueConstraint("store_id", "id", name="uq_addresses_store_id_id"),
        if_not_exists=True,
    )
    index("ix_addresses_deleted", "addresses", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_addresses_store_id_created_at", "addresses", "store_id", "created_at")
    index("ix_addresses_store_id_customer_id", "addresses", "store_id", "customer_id")

    op.create_table(
        "consent_records",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("consent_records", "customer_id", to="customers"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_consent_records_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_consent_records"),
        sa.UniqueConstraint("store_id", "id", name="uq_consent_records_store_id_id"),
        if_not_exists=True,
    )
    index("ix_consent_records_store_id_created_at", "consent_records", "store_id", "created_at")
    index(
        "ix_consent_records_store_id_customer_id_purpose_created_at",
        "consent_records",
        "store_id",
        "customer_id",
        "purpose",
        "created_at",
    )

    op.create_table(
        "privacy_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result_url", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("kind IN ('EXPORT', 'ERASURE')", name=op.f("ck_privacy_requests_kind_known")),
        sa.CheckConstraint(
            "status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED')", name=op.f("ck_privacy_requests_status_known")
        ),
        tenant_key("privacy_requests", "customer_id", to="customers", on_delete="SET NULL"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_privacy_requests_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_requests"),
        sa.UniqueConstraint("store_id", "id", name="uq_privacy_requests_store_id_id"),
        if_not_exists=True,
    )
    index("ix_privacy_requests_store_id_created_at", "privacy_requests", "store_id", "created_at")
    index("ix_privacy_requests_store_id_customer_id", "privacy_requests", "store_id", "customer_id")
    index("ix_privacy_requests_store_id_status", "privacy_requests", "store_id", "status")


def downgrade() -> None:
    op.drop_table("privacy_requests", if_exists=True)
    op.drop_table("consent_records", if_exists=True)
    op.drop_table("addresses", if_exists=True)
    op.drop_table("customers", if_exists=True)
