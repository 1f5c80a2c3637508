"""Products, variants, categories, brands and attributes

Revision: 20261122_1905, after 20261122_1904. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now, tenant_key

revision: str = "20261122_1905"
down_revision: str | None = "20261122_1904"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("logo_url", sa.Text(), nullable=True),
        sa.Column("website_url", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_brands_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_brands"),
        sa.UniqueConstraint("store_id", "id", name="uq_brands_store_id_id"),
        if_not_exists=True,
    )
    index("ix_brands_deleted", "brands", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_brands_live_name", "brands", "store_id", "name", "id", where=LIVE)
    index("ix_brands_store_id_created_at", "brands", "store_id", "created_at")
    index("uq_brands_live_slug", "brands", "store_id", "slug", unique=True, where=LIVE)

    op.create_table(
        "categories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("display_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("meta_title", sa.Text(), nullable=True),
        sa.Column("meta_description", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_categories_not_its_own_parent")),
        tenant_key("categories", "parent_id", to="categories", on_delete="SET NULL"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_categories_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_categories"),
        sa.UniqueConstraint("store_id", "id", name="uq_categories_store_id_id"),
        if_not_exists=True,
    )
    index("ix_categories_deleted", "categories", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_categories_live_order", "categories", "store_id", "display_order", "name", "id", where=LIVE)
    index("ix_categories_store_id_created_at", "categories", "store_id", "created_at")
    index("ix_categories_store_id_parent_id", "categories", "store_id", "parent_id")
    index("uq_categories_live_slug", "categories", "store_id", "slug", unique=True, where=LIVE)

    op.create_table(
        "products",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("brand_id", sa.Text(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("is_taxable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("tax_rate_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="DRAFT", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("price_min", sa.Numeric(13, 3), nullable=True),
        sa.Column("price_max", sa.Numeric(13, 3), nullable=True),
        sa.Column("meta_title", sa.Text(), nullable=True),
        sa.Column("meta_description", sa.Text(), nullable=True),
        sa.Column("meta_keywords", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status <> 'ACTIVE' OR published_at IS NOT NULL", name=op.f("ck_products_active_is_published")
        ),
        sa.CheckConstraint("status IN ('DRAFT', 'ACTIVE', 'ARCHIVED')", name=op.f("ck_products_status_known")),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 200", name=op.f("ck_products_name_length")),
        tenant_key("products", "brand_id", to="brands", on_delete="SET NULL"),
        tenant_key("products", "tax_rate_id", to="tax_rates", on_delete="SET NULL"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_products_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_products"),
        sa.UniqueConstraint("store_id", "id", name="uq_products_store_id_id"),
        if_not_exists=True,
    )
    index("ix_products_deleted", "products", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_products_live_name", "products", "store_id", "status", "name", "id", where=LIVE)
    index("ix_products_live_newest", "products", "store_id", "status", "published_at", "id", where=LIVE)
    index("ix_products_live_price", "products", "store_id", "status", "price_min", "id", where=LIVE)
    index("ix_products_store_id_brand_id", "products", "store_id", "brand_id")
    index("ix_products_store_id_created_at", "products", "store_id", "created_at")
    index("ix_products_store_id_tax_rate_id", "products", "store_id", "tax_rate_id")
    index("uq_products_live_sku", "products", "store_id", "sku", unique=True, where=LIVE)
    index("uq_products_live_slug", "products", "store_id", "slug", unique=True, where=LIVE)

    op.create_table(
        "variants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(13, 3), nullable=False),
        sa.Column("compare_at_price", sa.Numeric(13, 3), nullable=True),
        sa.Column("cost_price", sa.Numeric(13, 3), nullable=True),
        sa.Column("track_inventory", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("stock_quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("reserved_quantity", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("low_stock_threshold", sa.Integer(), server_default=sa.text("5"), nullable=False),
        sa.Column("weight", sa.Numeric(10, 3), nullable=True),
        sa.Column("length", sa.Numeric(10, 3), nullable=True),
        sa.Column("width", sa.Numeric(10, 3), nullable=True),
        sa.Column("height", sa.Numeric(10, 3), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("attributes", json_type(), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "NOT track_inventory OR reserved_quantity <= stock_quantity", name=op.f("ck_variants_reserved_within_stock")
        ),
        sa.CheckConstraint("compare_at_price >= 0", name=op.f("ck_variants_compare_at_price_not_negative")),
        sa.CheckConstraint("cost_price >= 0", name=op.f("ck_variants_cost_price_not_negative")),
        sa.CheckConstraint("height >= 0", name=op.f("ck_variants_height_not_negative")),
        sa.CheckConstraint("length >= 0", name=op.f("ck_variants_length_not_negative")),
        sa.CheckConstraint("length(sku) BETWEEN 1 AND 50", name=op.f("ck_variants_sku_length")),
        sa.CheckConstraint("low_stock_threshold >= 0", name=op.f("ck_variants_low_stock_threshold_not_negative")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_variants_price_not_negative")),
        sa.CheckConstraint("reserved_quantity >= 0", name=op.f("ck_variants_reserved_quantity_not_negative")),
        sa.CheckConstraint("stock_quantity >= 0", name=op.f("ck_variants_stock_quantity_not_negative")),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_variants_weight_not_negative")),
        sa.CheckConstraint("width >= 0", name=op.f("ck_variants_width_not_negative")),
        tenant_key("variants", "product_id", to="products"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_variants_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_variants"),
        sa.UniqueConstraint("store_id", "id", name="uq_variants_store_id_id"),
        if_not_exists=True,
    )
    index("ix_variants_deleted", "variants", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_variants_store_id_created_at", "variants", "store_id", "created_at")
    index("ix_variants_store_id_price", "variants", "store_id", "price", "product_id")
    index("ix_variants_store_id_product_id", "variants", "store_id", "product_id")
    index(
        "uq_variants_live_default",
        "variants",
        "store_id",
        "product_id",
        unique=True,
        where="is_default AND deleted_at IS NULL",
    )
    index("uq_variants_live_sku", "variants", "store_id", "sku", unique=True, where=LIVE)


def downgrade() -> None:
    op.drop_table("variants", if_exists=True)
    op.drop_table("products", if_exists=True)
    op.drop_table("categories", if_exists=True)
    op.drop_table("brands", if_exists=True)
