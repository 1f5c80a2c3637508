"""Orders and their payments

Revision: 20261122_1908, after 20261122_1907. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now, tenant_key

revision: str = "20261122_1908"
down_revision: str | None = "20261122_1907"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("order_number", sa.Text(), nullable=False),
        sa.Column("subtotal", sa.Numeric(13, 3), nullable=False),
        sa.Column("shipping_cost", sa.Numeric(13, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("tax_amount", sa.Numeric(13, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("discount_amount", sa.Numeric(13, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Numeric(13, 3), nullable=False),
        sa.Column("coupon_code", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("payment_status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("fulfillment_status", sa.Text(), server_default="UNFULFILLED", nullable=False),
        sa.Column("shipping_address", json_type(), nullable=False),
        sa.Column("billing_address", json_type(), nullable=False),
        sa.Column("customer_email", sa.Text(), nullable=False),
        sa.Column("customer_phone", sa.Text(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("auto_cancel_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "fulfillment_status IN ('UNFULFILLED', 'PARTIALLY_FULFILLED', 'FULFILLED', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED')",
            name=op.f("ck_orders_fulfillment_status_known"),
        ),
        sa.CheckConstraint(
            "payment_status IN ('PENDING', 'AUTHORIZED', 'PARTIALLY_PAID', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED')",
            name=op.f("ck_orders_payment_status_known"),
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'CONFIRMED', 'PROCESSING', 'SHIPPED', 'DELIVERED', 'CANCELED', 'REFUNDED')",
            name=op.f("ck_orders_status_known"),
        ),
        sa.CheckConstraint("discount_amount >= 0", name=op.f("ck_orders_discount_amount_not_negative")),
        sa.CheckConstraint("shipping_cost >= 0", name=op.f("ck_orders_shipping_cost_not_negative")),
        sa.CheckConstraint("subtotal >= 0", name=op.f("ck_orders_subtotal_not_negative")),
        sa.CheckConstraint("tax_amount >= 0", name=op.f("ck_orders_tax_amount_not_negative")),
        sa.CheckConstraint("total >= 0", name=op.f("ck_orders_total_not_negative")),
        tenant_key("orders", "customer_id", to="customers", on_delete="SET NULL"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_orders_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_orders"),
        sa.UniqueConstraint("store_id", "id", name="uq_orders_store_id_id"),
        if_not_exists=True,
    )
    index("ix_orders_auto_cancel_at", "orders", "auto_cancel_at")
    index("ix_orders_deleted", "orders", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_orders_live_status", "orders", "store_id", "status", "created_at", "id", where=LIVE)
    index("ix_orders_store_id_created_at", "orders", "store_id", "created_at")
    index("ix_orders_store_id_customer_id", "orders", "store_id", "customer_id")
    index("uq_orders_live_order_number", "orders", "store_id", "order_number", unique=True, where=LIVE)

    op.create_table(
        "order_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("variant_sku", sa.Text(), nullable=False),
        sa.Column("attributes", json_type(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.Numeric(13, 3), nullable=False),
        sa.Column("discount_amount", sa.Numeric(13, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("tax_amount", sa.Numeric(13, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("subtotal", sa.Numeric(13, 3), nullable=False),
        sa.Column("quantity_fulfilled", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("quantity_shipped", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("quantity_refunded", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("discount_amount >= 0", name=op.f("ck_order_items_discount_amount_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_items_quantity_positive")),
        sa.CheckConstraint(
            "quantity_fulfilled BETWEEN 0 AND quantity AND quantity_shipped BETWEEN 0 AND quantity AND quantity_refunded BETWEEN 0 AND quantity",
            name=op.f("ck_order_items_progress_within_quantity"),
        ),
        sa.CheckConstraint("subtotal >= 0", name=op.f("ck_order_items_subtotal_not_negative")),
        sa.CheckConstraint("tax_amount >= 0", name=op.f("ck_order_items_tax_amount_not_negative")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_order_items_unit_price_not_negative")),
        tenant_key("order_items", "order_id", to="orders"),
        tenant_key("order_items", "variant_id", to="variants", on_delete="RESTRICT"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_order_items_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_order_items"),
        sa.UniqueConstraint("store_id", "id", name="uq_order_items_store_id_id"),
        if_not_exists=True,
    )
    index("ix_order_items_store_id_created_at", "order_items", "store_id", "created_at")
    index("ix_order_items_store_id_order_id", "order_items", "store_id", "order_id")
    index("ix_order_items_store_id_variant_id", "order_items", "store_id", "variant_id")

    op.create_table(
        "order_counters",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("last_number", sa.Integer(), server_default=sa.text("1000"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("last_number >= 0", name=op.f("ck_order_counters_last_number_not_negative")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_order_counters_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_order_counters"),
        sa.UniqueConstraint("store_id", "id", name="uq_order_counters_store_id_id"),
        sa.UniqueConstraint("store_id", name="uq_order_counters_store_id"),
        if_not_exists=True,
    )
    index("ix_order_counters_store_id_created_at", "order_counters", "store_id", "created_at")

    op.create_table(
        "payments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(13, 3), nullable=False),
        sa.Column("currency", sa.Text(), server_default="USD", nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("gateway_response", json_type(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "method IN ('CREDIT_CARD', 'DEBIT_CARD', 'PAYPAL', 'BANK_TRANSFER', 'CASH_ON_DELIVERY', 'OTHER')",
            name=op.f("ck_payments_method_known"),
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'AUTHORIZED', 'CAPTURED', 'FAILED', 'REFUNDED', 'PARTIALLY_REFUNDED', 'CANCELED')",
            name=op.f("ck_payments_status_known"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payments_amount_not_negative")),
        sa.CheckConstraint(
            "length(currency) = 3 AND currency = upper(currency)", name=op.f("ck_payments_currency_three_letters")
        ),
        tenant_key("payments", "order_id", to="orders"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_payments_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_payments"),
        sa.UniqueConstraint(
            "store_id", "gateway", "transaction_id", name="uq_payments_store_id_gateway_transaction_id"
        ),
        sa.UniqueConstraint("store_id", "id", name="uq_payments_store_id_id"),
        if_not_exists=True,
    )
    index("ix_payments_store_id_created_at", "payments", "store_id", "created_at")
    index("ix_payments_store_id_order_id", "payments", "store_id", "order_id")
    index("ix_payments_store_id_status", "payments", "store_id", "status")


def downgrade() -> None:
    op.drop_table("payments", if_exists=True)
    op.drop_table("order_counters", if_exists=True)
    op.drop_table("order_items", if_exists=True)
    op.drop_table("orders", if_exists=True)
