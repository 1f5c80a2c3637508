"""Old slugs lead to what they named.

Revision: 20261122_2300, after 20261122_2203. Adds a table.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, now, on_postgresql, run, tenant_key

revision: str = "20261122_2300"
down_revision: str | None = "20261122_2203"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "slug_redirects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("category_id", sa.Text(), nullable=True),
        sa.Column("brand_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint(
            "product_id IS NOT NULL OR category_id IS NOT NULL OR brand_id IS NOT NULL",
            name="ck_slug_redirects_leads_somewhere",
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name="fk_slug_redirects_store_id", ondelete="CASCADE"),
        tenant_key("slug_redirects", "product_id", to="products"),
        tenant_key("slug_redirects", "category_id", to="categories"),
        tenant_key("slug_redirects", "brand_id", to="brands"),
        sa.PrimaryKeyConstraint("id", name="pk_slug_redirects"),
        sa.UniqueConstraint("store_id", "id", name="uq_slug_redirects_store_id_id"),
        sa.UniqueConstraint("store_id", "kind", "slug", name="uq_slug_redirects_store_id_kind_slug"),
        if_not_exists=True,
    )
    for column in ("product_id", "category_id", "brand_id"):
        index(f"ix_slug_redirects_store_id_{column}", "slug_redirects", "store_id", column)
    index("ix_slug_redirects_store_id_created_at", "slug_redirects", "store_id", "created_at")
    if on_postgresql():
        _protect("slug_redirects", "SELECT, INSERT, UPDATE, DELETE")


def downgrade() -> None:
    op.drop_table("slug_redirects", if_exists=True)


def _protect(table: str, rights: str) -> None:
    own = "store_id = (SELECT app.current_store())"
    run(f"GRANT {rights} ON {table} TO stormcom_function")
    run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO stormcom_platform")
    run(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    run(f"DROP POLICY IF EXISTS tenant ON {table}")
    run(f"CREATE POLICY tenant ON {table} TO stormcom_function USING ({own}) WITH CHECK ({own})")
    run(f"DROP POLICY IF EXISTS platform ON {table}")
    run(f"CREATE POLICY platform ON {table} TO stormcom_platform USING (true) WITH CHECK (true)")
