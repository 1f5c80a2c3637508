"""Coupons, flash sales and wishlists

Revision: 20261122_1907, after 20261122_1906. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, now, percentage_at_most_100, tenant_key

revision: str = "20261122_1907"
down_revision: str | None = "20261122_1906"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("discount_type", sa.Text(), nullable=False),
        sa.Column("discount_value", sa.Numeric(13, 3), nullable=False),
        sa.Column("min_order_value", sa.Numeric(13, 3), nullable=True),
        sa.Column("max_discount", sa.Numeric(13, 3), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("usage_limit_per_coupon", sa.Integer(), nullable=True),
        sa.Column("usage_limit_per_customer", sa.Integer(), nullable=True),
        sa.Column("current_usage_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(percentage_at_most_100(), name=op.f("ck_coupons_percentage_at_most_100")),
        sa.CheckConstraint(
            "discount_type IN ('PERCENTAGE', 'FIXED_AMOUNT', 'FREE_SHIPPING', 'BUY_X_GET_Y')",
            name=op.f("ck_coupons_discount_type_known"),
        ),
        sa.CheckConstraint("current_usage_count >= 0", name=op.f("ck_coupons_current_usage_count_not_negative")),
        sa.CheckConstraint("discount_value >= 0", name=op.f("ck_coupons_discount_value_not_negative")),
        sa.CheckConstraint("max_discount >= 0", name=op.f("ck_coupons_max_discount_not_negative")),
        sa.CheckConstraint("min_order_value >= 0", name=op.f("ck_coupons_min_order_value_not_negative")),
        sa.CheckConstraint("usage_limit_per_coupon >= 0", name=op.f("ck_coupons_usage_limit_per_coupon_not_negative")),
        sa.CheckConstraint(
            "usage_limit_per_customer >= 0", name=op.f("ck_coupons_usage_limit_per_customer_not_negative")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_coupons_dates_in_order")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_coupons_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_coupons"),
        sa.UniqueConstraint("store_id", "id", name="uq_coupons_store_id_id"),
        if_not_exists=True,
    )
    index("ix_coupons_deleted", "coupons", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_coupons_store_id_created_at", "coupons", "store_id", "created_at")
    index(
        "ix_coupons_store_id_is_active_valid_from_valid_to",
        "coupons",
        "store_id",
        "is_active",
        "valid_from",
        "valid_to",
    )
    index("uq_coupons_live_code", "coupons", "store_id", "code", unique=True, where=LIVE)

    op.create_table(
        "coupon_products",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("coupon_products", "coupon_id", to="coupons"),
        tenant_key("coupon_products", "product_id", to="products"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_coupon_products_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_coupon_products"),
        sa.UniqueConstraint(
            "store_id", "coupon_id", "product_id", name="uq_coupon_products_store_id_coupon_id_product_id"
        ),
        sa.UniqueConstraint("store_id", "id", name="uq_coupon_products_store_id_id"),
        if_not_exists=True,
    )
    index("ix_coupon_products_store_id_created_at", "coupon_products", "store_id", "created_at")
    index("ix_coupon_products_store_id_product_id", "coupon_products", "store_id", "product_id")

    op.create_table(
        "coupon_categories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("coupon_categories", "category_id", to="categories"),
        tenant_key("coupon_categories", "coupon_id", to="coupons"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_coupon_categories_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_coupon_categories"),
        sa.UniqueConstraint(
            "store_id", "coupon_id", "category_id", name="uq_coupon_categories_store_id_coupon_id_category_id"
        ),
        sa.UniqueConstraint("store_id", "id", name="uq_coupon_categories_store_id_id"),
        if_not_exists=True,
    )
    index("ix_coupon_categories_store_id_category_id", "coupon_categories", "store_id", "category_id")
    index("ix_coupon_categories_store_id_created_at", "coupon_categories", "store_id", "created_at")

    op.create_table(
        "coupon_customers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("coupon_customers", "coupon_id", to="coupons"),
        tenant_key("coupon_customers", "customer_id", to="customers"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_coupon_customers_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_coupon_customers"),
        sa.UniqueConstraint(
            "store_id", "coupon_id", "customer_id", name="uq_coupon_customers_store_id_coupon_id_customer_id"
        ),
        sa.UniqueConstraint("store_id", "id", name="uq_coupon_customers_store_id_id"),
        if_not_exists=True,
    )
    index("ix_coupon_customers_store_id_created_at", "coupon_customers", "store_id", "created_at")
    index("ix_coupon_customers_store_id_customer_id", "coupon_customers", "store_id", "customer_id")

    op.create_table(
        "flash_sales",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("discount_type", sa.Text(), nullable=False),
        sa.Column("discount_value", sa.Numeric(13, 3), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default="SCHEDULED", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(percentage_at_most_100(), name=op.f("ck_flash_sales_percentage_at_most_100")),
        sa.CheckConstraint(
            "discount_type IN ('PERCENTAGE', 'FIXED_AMOUNT', 'FREE_SHIPPING', 'BUY_X_GET_Y')",
            name=op.f("ck_flash_sales_discount_type_known"),
        ),
        sa.CheckConstraint(
            "status IN ('SCHEDULED', 'ACTIVE', 'ENDED', 'CANCELED')", name=op.f("ck_flash_sales_status_known")
        ),
        sa.CheckConstraint("discount_value >= 0", name=op.f("ck_flash_sales_discount_value_not_negative")),
        sa.CheckConstraint("end_at > start_at", name=op.f("ck_flash_sales_dates_in_order")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_flash_sales_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_flash_sales"),
        sa.UniqueConstraint("store_id", "id", name="uq_flash_sales_store_id_id"),
        if_not_exists=True,
    )
    index("ix_flash_sales_deleted", "flash_sales", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_flash_sales_live_window", "flash_sales", "store_id", "status", "start_at", "end_at", where=LIVE)
    index("ix_flash_sales_store_id_created_at", "flash_sales", "store_id", "created_at")

    op.create_table(
        "flash_sale_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("flash_sale_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("quantity_limit", sa.Integer(), nullable=True),
        sa.Column("quantity_sold", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("quantity_limit >= 0", name=op.f("ck_flash_sale_items_quantity_limit_not_negative")),
        sa.CheckConstraint(
            "quantity_limit IS NULL OR quantity_sold <= quantity_limit",
            name=op.f("ck_flash_sale_items_sold_within_limit"),
        ),
        sa.CheckConstraint("quantity_sold >= 0", name=op.f("ck_flash_sale_items_quantity_sold_not_negative")),
        tenant_key("flash_sale_items", "flash_sale_id", to="flash_sales"),
        tenant_key("flash_sale_items", "product_id", to="products"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_flash_sale_items_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_flash_sale_items"),
        sa.UniqueConstraint(
            "store_id", "flash_sale_id", "product_id", name="uq_flash_sale_items_store_id_flash_sale_id_product_id"
        ),
        sa.UniqueConstraint("store_id", "id", name="uq_flash_sale_items_store_id_id"),
        if_not_exists=True,
    )
    index("ix_flash_sale_items_store_id_created_at", "flash_sale_items", "store_id", "created_at")
    index("ix_flash_sale_items_store_id_product_id", "flash_sale_items", "store_id", "product_id")

    op.create_table(
        "wishlists",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="My Wishlist", nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("wishlists", "customer_id", to="customers"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_wishlists_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_wishlists"),
        sa.UniqueConstraint("store_id", "id", name="uq_wishlists_store_id_id"),
        if_not_exists=True,
    )
    index("ix_wishlists_store_id_created_at", "wishlists", "store_id", "created_at")
    index("ix_wishlists_store_id_customer_id", "wishlists", "store_id", "customer_id")

    op.create_table(
        "wishlist_items",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("wishlist_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("wishlist_items", "product_id", to="products"),
        tenant_key("wishlist_items", "variant_id", to="variants"),
        tenant_key("wishlist_items", "wishlist_id", to="wishlists"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_wishlist_items_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_wishlist_items"),
        sa.UniqueConstraint("store_id", "id", name="uq_wishlist_items_store_id_id"),
        sa.UniqueConstraint(
            "store_id",
            "wishlist_id",
            "product_id",
            "variant_id",
            name="uq_wishlist_items_store_id_wishlist_id_product_id_variant_id",
        ),
        if_not_exists=True,
    )
    index("ix_wishlist_items_store_id_created_at", "wishlist_items", "store_id", "created_at")
    index("ix_wishlist_items_store_id_product_id", "wishlist_items", "store_id", "product_id")
    index("ix_wishlist_items_store_id_variant_id", "wishlist_items", "store_id", "variant_id")


def downgrade() -> None:
    op.drop_table("wishlist_items", if_exists=True)
    op.drop_table("wishlists", if_exists=True)
    op.drop_table("flash_sale_items", if_exists=True)
    op.drop_table("flash_sales", if_exists=True)
    op.drop_table("coupon_customers", if_exists=True)
    op.drop_table("coupon_categories", if_exists=True)
    op.drop_table("coupon_products", if_exists=True)
    op.drop_table("coupons", if_exists=True)
