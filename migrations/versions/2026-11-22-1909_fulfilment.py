"""Refunds, shipments and redeemed coupons

Revision: 20261122_1909, after 20261122_1908. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, now, tenant_key

revision: str = "20261122_1909"
down_revision: str | None = "20261122_1908"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(13, 3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refund_method", sa.Text(), nullable=True),
        sa.Column("transaction_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('CUSTOMER_REQUEST', 'DEFECTIVE_PRODUCT', 'WRONG_ITEM_SHIPPED', 'DAMAGED_IN_SHIPPING', 'NOT_AS_DESCRIBED', 'DUPLICATE_ORDER', 'OTHER')",
            name=op.f("ck_refunds_reason_known"),
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'REJECTED')",
            name=op.f("ck_refunds_status_known"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_refunds_amount_not_negative")),
        tenant_key("refunds", "order_id", to="orders"),
        tenant_key("refunds", "payment_id", to="payments", on_delete="RESTRICT"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_refunds_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("store_id", "id", name="uq_refunds_store_id_id"),
        if_not_exists=True,
    )
    index("ix_refunds_store_id_created_at", "refunds", "store_id", "created_at")
    index("ix_refunds_store_id_order_id", "refunds", "store_id", "order_id")
    index("ix_refunds_store_id_payment_id", "refunds", "store_id", "payment_id")
    index("ix_refunds_store_id_status", "refunds", "store_id", "status")

    op.create_table(
        "refund_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("order_item_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(13, 3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_refund_items_amount_not_negative")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_refund_items_quantity_positive")),
        tenant_key("refund_items", "order_item_id", to="order_items"),
        tenant_key("refund_items", "refund_id", to="refunds"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_refund_items_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_refund_items"),
        sa.UniqueConstraint("store_id", "id", name="uq_refund_items_store_id_id"),
        sa.UniqueConstraint(
            "store_id", "refund_id", "order_item_id", name="uq_refund_items_store_id_refund_id_order_item_id"
        ),
        if_not_exists=True,
    )
    index("ix_refund_items_store_id_created_at", "refund_items", "store_id", "created_at")
    index("ix_refund_items_store_id_order_item_id", "refund_items", "store_id", "order_item_id")

    op.create_table(
        "shipments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("tracking_number", sa.Text(), nullable=True),
        sa.Column("tracking_url", sa.Text(), nullable=True),
        sa.Column("shipping_method", sa.Text(), nullable=False),
        sa.Column("shipping_cost", sa.Numeric(13, 3), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("estimated_delivery_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING', 'PICKED_UP', 'IN_TRANSIT', 'OUT_FOR_DELIVERY', 'DELIVERED', 'FAILED', 'RETURNED')",
            name=op.f("ck_shipments_status_known"),
        ),
        sa.CheckConstraint(
            "delivered_at IS NULL OR delivered_at >= shipped_at", name=op.f("ck_shipments_dates_in_order")
        ),
        sa.CheckConstraint("shipping_cost >= 0", name=op.f("ck_shipments_shipping_cost_not_negative")),
        tenant_key("shipments", "order_id", to="orders"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_shipments_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shipments"),
        sa.UniqueConstraint("store_id", "id", name="uq_shipments_store_id_id"),
        if_not_exists=True,
    )
    index("ix_shipments_store_id_created_at", "shipments", "store_id", "created_at")
    index("ix_shipments_store_id_order_id", "shipments", "store_id", "order_id")
    index("ix_shipments_store_id_tracking_number", "shipments", "store_id", "tracking_number")

    op.create_table(
        "shipment_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("shipment_id", sa.Text(), nullable=False),
        sa.Column("order_item_id", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_shipment_items_quantity_positive")),
        tenant_key("shipment_items", "order_item_id", to="order_items"),
        tenant_key("shipment_items", "shipment_id", to="shipments"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_shipment_items_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shipment_items"),
        sa.UniqueConstraint("store_id", "id", name="uq_shipment_items_store_id_id"),
        sa.UniqueConstraint(
            "store_id", "shipment_id", "order_item_id", name="uq_shipment_items_store_id_shipment_id_order_item_id"
        ),
        if_not_exists=True,
    )
    index("ix_shipment_items_store_id_created_at", "shipment_items", "store_id", "created_at")
    index("ix_shipment_items_store_id_order_item_id", "shipment_items", "store_id", "order_item_id")

    op.create_table(
        "coupon_redemptions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(13, 3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_coupon_redemptions_amount_not_negative")),
        tenant_key("coupon_redemptions", "coupon_id", to="coupons"),
        tenant_key("coupon_redemptions", "customer_id", to="customers", on_delete="SET NULL"),
        tenant_key("coupon_redemptions", "order_id", to="orders"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_coupon_redemptions_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_coupon_redemptions"),
        sa.UniqueConstraint(
            "store_id", "coupon_id", "order_id", name="uq_coupon_redemptions_store_id_coupon_id_order_id"
        ),
        sa.UniqueConstraint("store_id", "id", name="uq_coupon_redemptions_store_id_id"),
        if_not_exists=True,
    )
    index(
        "ix_coupon_redemptions_store_id_coupon_id_customer_id",
        "coupon_redemptions",
        "store_id",
        "coupon_id",
        "customer_id",
    )
    index("ix_coupon_redemptions_store_id_created_at", "coupon_redemptions", "store_id", "created_at")
    index("ix_coupon_redemptions_store_id_customer_id", "coupon_redemptions", "store_id", "customer_id")
    index("ix_coupon_redemptions_store_id_order_id", "coupon_redemptions", "store_id", "order_id")


def downgrade() -> None:
    op.drop_table("coupon_redemptions", if_exists=True)
    op.drop_table("shipment_items", if_exists=True)
    op.drop_table("shipments", if_exists=True)
    op.drop_table("refund_items", if_exists=True)
    op.drop_table("refunds", if_exists=True)
