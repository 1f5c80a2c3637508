"""Carts, the stock ledger and reservations

Revision: 20261122_1910, after 20261122_1909. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, now, tenant_key

revision: str = "20261122_1910"
down_revision: str | None = "20261122_1909"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "carts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recovery_email_sent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("recovery_email_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("converted_order_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("carts", "converted_order_id", to="orders", on_delete="SET NULL"),
        tenant_key("carts", "customer_id", to="customers", on_delete="SET NULL"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_carts_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_carts"),
        sa.UniqueConstraint("store_id", "id", name="uq_carts_store_id_id"),
        sa.UniqueConstraint("store_id", "token_hash", name="uq_carts_store_id_token_hash"),
        if_not_exists=True,
    )
    index("ix_carts_store_id_converted_order_id", "carts", "store_id", "converted_order_id")
    index("ix_carts_store_id_created_at", "carts", "store_id", "created_at")
    index("ix_carts_store_id_customer_id", "carts", "store_id", "customer_id")
    index("ix_carts_store_id_expires_at", "carts", "store_id", "expires_at")

    op.create_table(
        "cart_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("cart_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_cart_items_quantity_positive")),
        tenant_key("cart_items", "cart_id", to="carts"),
        tenant_key("cart_items", "variant_id", to="variants"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_cart_items_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_cart_items"),
        sa.UniqueConstraint("store_id", "cart_id", "variant_id", name="uq_cart_items_store_id_cart_id_variant_id"),
        sa.UniqueConstraint("store_id", "id", name="uq_cart_items_store_id_id"),
        if_not_exists=True,
    )
    index("ix_cart_items_store_id_created_at", "cart_items", "store_id", "created_at")
    index("ix_cart_items_store_id_variant_id", "cart_items", "store_id", "variant_id")

    op.create_table(
        "inventory_adjustments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("quantity_change", sa.Integer(), nullable=False),
        sa.Column("new_quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('RESTOCK', 'DAMAGE', 'THEFT', 'CORRECTION', 'RETURN', 'ORDER_PLACED', 'ORDER_CANCELED', 'MANUAL')",
            name=op.f("ck_inventory_adjustments_reason_known"),
        ),
        sa.CheckConstraint("new_quantity >= 0", name=op.f("ck_inventory_adjustments_new_quantity_not_negative")),
        tenant_key("inventory_adjustments", "order_id", to="orders", on_delete="SET NULL"),
        tenant_key("inventory_adjustments", "variant_id", to="variants"),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name="fk_inventory_adjustments_store_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_inventory_adjustments_user_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inventory_adjustments"),
        sa.UniqueConstraint("store_id", "id", name="uq_inventory_adjustments_store_id_id"),
        if_not_exists=True,
    )
    index("ix_inventory_adjustments_store_id_created_at", "inventory_adjustments", "store_id", "created_at")
    index("ix_inventory_adjustments_store_id_order_id", "inventory_adjustments", "store_id", "order_id")
    index(
        "ix_inventory_adjustments_store_id_variant_id_created_at",
        "inventory_adjustments",
        "store_id",
        "variant_id",
        "created_at",
    )
    index("ix_inventory_adjustments_user_id", "inventory_adjustments", "user_id")

    op.create_table(
        "stock_reservations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("cart_id", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "order_id IS NOT NULL OR cart_id IS NOT NULL", name=op.f("ck_stock_reservations_held_for_someone")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_stock_reservations_quantity_positive")),
        tenant_key("stock_reservations", "cart_id", to="carts"),
        tenant_key("stock_reservations", "order_id", to="orders"),
        tenant_key("stock_reservations", "variant_id", to="variants"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_stock_reservations_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_stock_reservations"),
        sa.UniqueConstraint("store_id", "id", name="uq_stock_reservations_store_id_id"),
        if_not_exists=True,
    )
    index("ix_stock_reservations_expires_at", "stock_reservations", "expires_at")
    index("ix_stock_reservations_store_id_cart_id", "stock_reservations", "store_id", "cart_id")
    index("ix_stock_reservations_store_id_created_at", "stock_reservations", "store_id", "created_at")
    index("ix_stock_reservations_store_id_order_id", "stock_reservations", "store_id", "order_id")
    index("ix_stock_reservations_store_id_variant_id", "stock_reservations", "store_id", "variant_id")


def downgrade() -> None:
    op.drop_table("stock_reservations", if_exists=True)
    op.drop_table("inventory_adjustments", if_exists=True)
    op.drop_table("cart_items", if_exists=True)
    op.drop_table("carts", if_exists=True)
