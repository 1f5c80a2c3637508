"""Imports, exports and uploads are kept while they last, and storage is counted in bytes.

Revision: 20261123_0100, after 20261122_2300. Adds tables and columns.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import add_column, drop_column, index, now, on_postgresql, protect, run, tenant_key

revision: str = "20261123_0100"
down_revision: str | None = "20261122_2300"
branch_labels: str | None = None
depends_on: str | None = None

_STATUSES = "'AWAITING_FILE', 'QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELED'"
_COUNTS = ("created_count", "updated_count", "unchanged_count", "failed_count", "attempts", "position")

# Its own reading is all that it gives away: which store has work that nobody does. Who does it enters that store.
_DUE = """
CREATE OR REPLACE FUNCTION app.due_transfers(p_limit integer)
RETURNS TABLE (store_id text, transfer_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.store_id, t.id FROM public.product_transfers t
    WHERE t.status IN ('QUEUED', 'RUNNING') AND t.resume_at <= now() ORDER BY t.resume_at LIMIT p_limit
$$
"""


def upgrade() -> None:
    _create_transfers()
    _create_issues()
    _create_uploads()
    for column in (
        sa.Column("storage_key", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
    ):
        add_column("media", column)
    bytes_used = sa.Column("storage_bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    add_column("store_subscriptions", bytes_used)
    for table in ("product_transfers", "product_transfer_issues", "media_uploads"):
        protect(table)
    if on_postgresql():
        run(_DUE)
        run("REVOKE ALL ON FUNCTION app.due_transfers(integer) FROM public")
        run("GRANT EXECUTE ON FUNCTION app.due_transfers(integer) TO stormcom_function")


def downgrade() -> None:
    if on_postgresql():
        run("DROP FUNCTION IF EXISTS app.due_transfers(integer)")
    drop_column("store_subscriptions", "storage_bytes")
    for column in ("height", "width", "storage_key"):
        drop_column("media", column)
    for table in ("media_uploads", "product_transfer_issues", "product_transfers"):
        op.drop_table(table, if_exists=True)


def _create_transfers() -> None:
    name = "product_transfers"
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="QUEUED", nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        *(sa.Column(count, sa.Integer(), server_default=sa.text("0"), nullable=False) for count in _COUNTS),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("actor_email", sa.Text(), nullable=False),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("resume_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("kind IN ('IMPORT', 'EXPORT')", name=f"ck_{name}_kind_known"),
        sa.CheckConstraint(f"status IN ({_STATUSES})", name=f"ck_{name}_status_known"),
        sa.CheckConstraint("format IN ('STORMCOM', 'SHOPIFY', 'WOOCOMMERCE')", name=f"ck_{name}_format_known"),
        *(
            sa.CheckConstraint(f"{count} >= 0", name=f"ck_{name}_{count}_not_negative")
            for count in (*_COUNTS, "file_size", "total")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=f"fk_{name}_store_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{name}_user_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("store_id", "id", name=f"uq_{name}_store_id_id"),
        if_not_exists=True,
    )
    index(f"ix_{name}_store_id_created_at", name, "store_id", "created_at")
    index(f"ix_{name}_store_id_kind_created_at", name, "store_id", "kind", "created_at")
    index(f"ix_{name}_status_resume_at", name, "status", "resume_at")
    index(f"ix_{name}_user_id", name, "user_id")


def _create_issues() -> None:
    name = "product_transfer_issues"
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("transfer_id", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("severity IN ('ERROR', 'WARNING')", name=f"ck_{name}_severity_known"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=f"fk_{name}_store_id", ondelete="CASCADE"),
        tenant_key(name, "transfer_id", to="product_transfers"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("store_id", "id", name=f"uq_{name}_store_id_id"),
        if_not_exists=True,
    )
    index(f"ix_{name}_store_id_created_at", name, "store_id", "created_at")
    index(f"ix_{name}_store_id_transfer_id_row", name, "store_id", "transfer_id", "row")


def _create_uploads() -> None:
    name = "media_uploads"
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("alt_text", sa.Text(), nullable=True),
        sa.Column("is_featured", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("size >= 0", name=f"ck_{name}_size_not_negative"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=f"fk_{name}_store_id", ondelete="CASCADE"),
        tenant_key(name, "product_id", to="products"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("store_id", "id", name=f"uq_{name}_store_id_id"),
        if_not_exists=True,
    )
    index(f"ix_{name}_store_id_created_at", name, "store_id", "created_at")
    index(f"ix_{name}_store_id_product_id", name, "store_id", "product_id")
    index(f"ix_{name}_expires_at", name, "expires_at")
