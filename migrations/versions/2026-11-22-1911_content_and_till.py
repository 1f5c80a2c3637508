"""Pages, posts, newsletters and tills

Revision: 20261122_1911, after 20261122_1910. Adds tables only.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now

revision: str = "20261122_1911"
down_revision: str | None = "20261122_1910"
branch_labels: str | None = None
depends_on: str | None = None

LIVE = "deleted_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "pages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="DRAFT", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meta_title", sa.Text(), nullable=True),
        sa.Column("meta_description", sa.Text(), nullable=True),
        sa.Column("meta_keywords", sa.Text(), nullable=True),
        sa.Column("display_order", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("show_in_footer", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('DRAFT', 'PUBLISHED', 'ARCHIVED')", name=op.f("ck_pages_status_known")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_pages_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
        sa.UniqueConstraint("store_id", "id", name="uq_pages_store_id_id"),
        if_not_exists=True,
    )
    index("ix_pages_deleted", "pages", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_pages_live_status", "pages", "store_id", "status", where=LIVE)
    index("ix_pages_store_id_created_at", "pages", "store_id", "created_at")
    index("uq_pages_live_slug", "pages", "store_id", "slug", unique=True, where=LIVE)

    op.create_table(
        "blogs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("featured_image_url", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="DRAFT", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meta_title", sa.Text(), nullable=True),
        sa.Column("meta_description", sa.Text(), nullable=True),
        sa.Column("view_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("categories", json_type(), server_default="[]", nullable=False),
        sa.Column("tags", json_type(), server_default="[]", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deletion_id", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('DRAFT', 'PUBLISHED', 'ARCHIVED')", name=op.f("ck_blogs_status_known")),
        sa.CheckConstraint("view_count >= 0", name=op.f("ck_blogs_view_count_not_negative")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_blogs_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_blogs"),
        sa.UniqueConstraint("store_id", "id", name="uq_blogs_store_id_id"),
        if_not_exists=True,
    )
    index("ix_blogs_deleted", "blogs", "deleted_at", "deletion_id", where="deleted_at IS NOT NULL")
    index("ix_blogs_live_newest", "blogs", "store_id", "status", "published_at", "id", where=LIVE)
    index("ix_blogs_store_id_created_at", "blogs", "store_id", "created_at")
    index("uq_blogs_live_slug", "blogs", "store_id", "slug", unique=True, where=LIVE)

    op.create_table(
        "newsletter_campaigns",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("audience_filter", json_type(), server_default="{}", nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recipient_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("open_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("click_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("status", sa.Text(), server_default="DRAFT", nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'SCHEDULED', 'SENDING', 'SENT', 'CANCELED')",
            name=op.f("ck_newsletter_campaigns_status_known"),
        ),
        sa.CheckConstraint("click_count >= 0", name=op.f("ck_newsletter_campaigns_click_count_not_negative")),
        sa.CheckConstraint("open_count >= 0", name=op.f("ck_newsletter_campaigns_open_count_not_negative")),
        sa.CheckConstraint("recipient_count >= 0", name=op.f("ck_newsletter_campaigns_recipient_count_not_negative")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name="fk_newsletter_campaigns_store_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_newsletter_campaigns"),
        sa.UniqueConstraint("store_id", "id", name="uq_newsletter_campaigns_store_id_id"),
        if_not_exists=True,
    )
    index("ix_newsletter_campaigns_scheduled_at", "newsletter_campaigns", "scheduled_at")
    index("ix_newsletter_campaigns_store_id_created_at", "newsletter_campaigns", "store_id", "created_at")
    index("ix_newsletter_campaigns_store_id_status", "newsletter_campaigns", "store_id", "status")

    op.create_table(
        "pos_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opening_cash", sa.Numeric(13, 3), nullable=False),
        sa.Column("closing_cash", sa.Numeric(13, 3), nullable=True),
        sa.Column("expected_cash", sa.Numeric(13, 3), nullable=True),
        sa.Column("cash_difference", sa.Numeric(13, 3), nullable=True),
        sa.Column("transaction_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_sales", sa.Numeric(13, 3), server_default=sa.text("0"), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("closed_at IS NULL OR closed_at >= opened_at", name=op.f("ck_pos_sessions_dates_in_order")),
        sa.CheckConstraint("closing_cash >= 0", name=op.f("ck_pos_sessions_closing_cash_not_negative")),
        sa.CheckConstraint("opening_cash >= 0", name=op.f("ck_pos_sessions_opening_cash_not_negative")),
        sa.CheckConstraint("total_sales >= 0", name=op.f("ck_pos_sessions_total_sales_not_negative")),
        sa.CheckConstraint("transaction_count >= 0", name=op.f("ck_pos_sessions_transaction_count_not_negative")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_pos_sessions_store_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_pos_sessions_user_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_pos_sessions"),
        sa.UniqueConstraint("store_id", "id", name="uq_pos_sessions_store_id_id"),
        if_not_exists=True,
    )
    index("ix_pos_sessions_store_id_created_at", "pos_sessions", "store_id", "created_at")
    index("ix_pos_sessions_store_id_opened_at", "pos_sessions", "store_id", "opened_at")
    index("ix_pos_sessions_user_id", "pos_sessions", "user_id")


def downgrade() -> None:
    op.drop_table("pos_sessions", if_exists=True)
    op.drop_table("newsletter_campaigns", if_exists=True)
    op.drop_table("blogs", if_exists=True)
    op.drop_table("pages", if_exists=True)
