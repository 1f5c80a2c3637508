"""Tax rates, exemptions, shipping zones and rates

Revision: 20261122_1904, after 20261122_1903. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now, tenant_key

revision: str = "20261122_1904"
down_revision: str | None = "20261122_1903"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "tax_rates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("rate", sa.Numeric(7, 6), nullable=False),
        sa.Column("is_compound", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "length(country) = 2 AND country = upper(country)", name=op.f("ck_tax_rates_country_two_letters")
        ),
        sa.CheckConstraint("rate >= 0", name=op.f("ck_tax_rates_rate_not_negative")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_tax_rates_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tax_rates"),
        sa.UniqueConstraint("store_id", "id", name="uq_tax_rates_store_id_id"),
        if_not_exists=True,
    )
    index("ix_tax_rates_deleted", "tax_rates", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_tax_rates_store_id_country_state", "tax_rates", "store_id", "country", "state")
    index("ix_tax_rates_store_id_created_at", "tax_rates", "store_id", "created_at")
    index("ix_tax_rates_store_id_is_active", "tax_rates", "store_id", "is_active")

    op.create_table(
        "tax_exemptions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("certificate_url", sa.Text(), nullable=False),
        sa.Column("certificate_num", sa.Text(), nullable=False),
        sa.Column("issuing_state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejected_by", sa.Text(), nullable=True),
        sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rejection_reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING', 'APPROVED', 'REJECTED', 'EXPIRED', 'REVOKED')",
            name=op.f("ck_tax_exemptions_status_known"),
        ),
        tenant_key("tax_exemptions", "customer_id", to="customers"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_tax_exemptions_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tax_exemptions"),
        sa.UniqueConstraint("store_id", "id", name="uq_tax_exemptions_store_id_id"),
        if_not_exists=True,
    )
    index("ix_tax_exemptions_expires_at", "tax_exemptions", "expires_at")
    index("ix_tax_exemptions_store_id_created_at", "tax_exemptions", "store_id", "created_at")
    index(
        "ix_tax_exemptions_store_id_customer_id_status_expires_at",
        "tax_exemptions",
        "store_id",
        "customer_id",
        "status",
        "expires_at",
    )

    op.create_table(
        "shipping_zones",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("countries", json_type(), server_default="[]", nullable=False),
        sa.Column("states", json_type(), server_default="[]", nullable=False),
        sa.Column("postal_codes", json_type(), server_default="[]", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_shipping_zones_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shipping_zones"),
        sa.UniqueConstraint("store_id", "id", name="uq_shipping_zones_store_id_id"),
        if_not_exists=True,
    )
    index("ix_shipping_zones_deleted", "shipping_zones", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_shipping_zones_store_id_created_at", "shipping_zones", "store_id", "created_at")
    index("ix_shipping_zones_store_id_is_active", "shipping_zones", "store_id", "is_active")

    op.create_table(
        "shipping_rates",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("zone_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rate_type", sa.Text(), server_default="FLAT_RATE", nullable=False),
        sa.Column("cost", sa.Numeric(13, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("free_shipping_threshold", sa.Numeric(13, 3), nullable=True),
        sa.Column("conditions", json_type(), server_default="{}", nullable=False),
        sa.Column("min_delivery_days", sa.Integer(), nullable=True),
        sa.Column("max_delivery_days", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "rate_type IN ('FLAT_RATE', 'PERCENTAGE', 'WEIGHT_BASED', 'PRICE_BASED')",
            name=op.f("ck_shipping_rates_rate_type_known"),
        ),
        sa.CheckConstraint("cost >= 0", name=op.f("ck_shipping_rates_cost_not_negative")),
        sa.CheckConstraint(
            "free_shipping_threshold >= 0", name=op.f("ck_shipping_rates_free_shipping_threshold_not_negative")
        ),
        sa.CheckConstraint("max_delivery_days >= min_delivery_days", name=op.f("ck_shipping_rates_days_in_order")),
        sa.CheckConstraint("min_delivery_days >= 0", name=op.f("ck_shipping_rates_min_delivery_days_not_negative")),
        tenant_key("shipping_rates", "zone_id", to="shipping_zones"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_shipping_rates_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shipping_rates"),
        sa.UniqueConstraint("store_id", "id", name="uq_shipping_rates_store_id_id"),
        if_not_exists=True,
    )
    index("ix_shipping_rates_deleted", "shipping_rates", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_shipping_rates_store_id_created_at", "shipping_rates", "store_id", "created_at")
    index("ix_shipping_rates_store_id_zone_id_is_active", "shipping_rates", "store_id", "zone_id", "is_active")


def downgrade() -> None:
    op.drop_table("shipping_rates", if_exists=True)
    op.drop_table("shipping_zones", if_exists=True)
    op.drop_table("tax_exemptions", if_exists=True)
    op.drop_table("tax_rates", if_exists=True)
