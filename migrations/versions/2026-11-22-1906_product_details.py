"""Attributes, categories, labels, media and reviews of products

Revision: 20261122_1906, after 20261122_1905. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now, tenant_key

revision: str = "20261122_1906"
down_revision: str | None = "20261122_1905"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "attributes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), server_default="SELECT", nullable=False),
        sa.Column("values", json_type(), server_default="[]", nullable=False),
        sa.Column("display_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("type IN ('SELECT', 'SWATCH', 'TEXT')", name=op.f("ck_attributes_type_known")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_attributes_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attributes"),
        sa.UniqueConstraint("store_id", "id", name="uq_attributes_store_id_id"),
        sa.UniqueConstraint("store_id", "slug", name="uq_attributes_store_id_slug"),
        if_not_exists=True,
    )
    index("ix_attributes_store_id_created_at", "attributes", "store_id", "created_at")

    op.create_table(
        "product_attributes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("attribute_id", sa.Text(), nullable=False),
        sa.Column("selected_values", json_type(), server_default="[]", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("product_attributes", "attribute_id", to="attributes"),
        tenant_key("product_attributes", "product_id", to="products"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_product_attributes_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_product_attributes"),
        sa.UniqueConstraint("store_id", "id", name="uq_product_attributes_store_id_id"),
        sa.UniqueConstraint(
            "store_id", "product_id", "attribute_id", name="uq_product_attributes_store_id_product_id_attribute_id"
        ),
        if_not_exists=True,
    )
    index("ix_product_attributes_store_id_attribute_id", "product_attributes", "store_id", "attribute_id")
    index("ix_product_attributes_store_id_created_at", "product_attributes", "store_id", "created_at")

    op.create_table(
        "product_categories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("category_id", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("product_categories", "category_id", to="categories"),
        tenant_key("product_categories", "product_id", to="products"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_product_categories_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_product_categories"),
        sa.UniqueConstraint("store_id", "id", name="uq_product_categories_store_id_id"),
        sa.UniqueConstraint(
            "store_id", "product_id", "category_id", name="uq_product_categories_store_id_product_id_category_id"
        ),
        if_not_exists=True,
    )
    index("ix_product_categories_store_id_category_id", "product_categories", "store_id", "category_id")
    index("ix_product_categories_store_id_created_at", "product_categories", "store_id", "created_at")

    op.create_table(
        "product_labels",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("color", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key("product_labels", "product_id", to="products"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_product_labels_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_product_labels"),
        sa.UniqueConstraint("store_id", "id", name="uq_product_labels_store_id_id"),
        if_not_exists=True,
    )
    index("ix_product_labels_store_id_created_at", "product_labels", "store_id", "created_at")
    index("ix_product_labels_store_id_label", "product_labels", "store_id", "label")
    index("ix_product_labels_store_id_product_id", "product_labels", "store_id", "product_id")

    op.create_table(
        "media",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("thumbnail_url", sa.Text(), nullable=True),
        sa.Column("alt_text", sa.Text(), nullable=True),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("display_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_featured", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("size >= 0", name=op.f("ck_media_size_not_negative")),
        tenant_key("media", "product_id", to="products"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_media_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
        sa.UniqueConstraint("store_id", "id", name="uq_media_store_id_id"),
        if_not_exists=True,
    )
    index("ix_media_store_id_created_at", "media", "store_id", "created_at")
    index("ix_media_store_id_product_id", "media", "store_id", "product_id")

    op.create_table(
        "product_reviews",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("review", sa.Text(), nullable=True),
        sa.Column("is_verified_purchase", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("helpful_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.Text(), server_default="PENDING", nullable=False),
        sa.Column("moderated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moderated_by", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('PENDING', 'APPROVED', 'REJECTED', 'FLAGGED')", name=op.f("ck_product_reviews_status_known")
        ),
        sa.CheckConstraint("helpful_count >= 0", name=op.f("ck_product_reviews_helpful_count_not_negative")),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_product_reviews_rating_1_to_5")),
        tenant_key("product_reviews", "customer_id", to="customers"),
        tenant_key("product_reviews", "product_id", to="products"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_product_reviews_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_product_reviews"),
        sa.UniqueConstraint("store_id", "id", name="uq_product_reviews_store_id_id"),
        if_not_exists=True,
    )
    index("ix_product_reviews_deleted", "product_reviews", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index(
        "ix_product_reviews_live_status",
        "product_reviews",
        "store_id",
        "product_id",
        "status",
        "created_at",
        "id",
        where=LIVE,
    )
    index("ix_product_reviews_store_id_created_at", "product_reviews", "store_id", "created_at")
    index("ix_product_reviews_store_id_customer_id", "product_reviews", "store_id", "customer_id")
    index("ix_product_reviews_store_id_product_id", "product_reviews", "store_id", "product_id")
    index(
        "uq_product_reviews_live_customer",
        "product_reviews",
        "store_id",
        "product_id",
        "customer_id",
        unique=True,
        where=LIVE,
    )


def downgrade() -> None:
    op.drop_table("product_reviews", if_exists=True)
    op.drop_table("media", if_exists=True)
    op.drop_table("product_labels", if_exists=True)
    op.drop_table("product_categories", if_exists=True)
    op.drop_table("product_attributes", if_exists=True)
    op.drop_table("attributes", if_exists=True)
