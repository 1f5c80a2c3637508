"""Exports of orders are kept while they last.

Revision: 20261126_0220, after 20261126_0210. Adds a table.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import index, json_type, now, on_postgresql, protect, run

revision: str = "20261126_0220"
down_revision: str | None = "20261126_0210"
branch_labels: str | None = None
depends_on: str | None = None

_NAME = "order_exports"
_STATUSES = "'AWAITING_FILE', 'QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELED'"
_COUNTS = ("attempts", "position")

# As app.due_transfers: which store has work that nobody does is all that it gives away.
_DUE = """
CREATE OR REPLACE FUNCTION app.due_order_exports(p_limit integer)
RETURNS TABLE (store_id text, transfer_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.store_id, t.id FROM public.order_exports t
    WHERE t.status IN ('QUEUED', 'RUNNING') AND t.resume_at <= now() ORDER BY t.resume_at LIMIT p_limit
$$
"""


def upgrade() -> None:
    op.create_table(
        _NAME,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="QUEUED", nullable=False),
        sa.Column("mime_type", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        *(sa.Column(count, sa.Integer(), server_default=sa.text("0"), nullable=False) for count in _COUNTS),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("filters", json_type(), server_default="{}", nullable=False),
        sa.Column("upload", json_type(), server_default="{}", nullable=False),
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
        sa.CheckConstraint(f"status IN ({_STATUSES})", name=f"ck_{_NAME}_status_known"),
        *(
            sa.CheckConstraint(f"{count} >= 0", name=f"ck_{_NAME}_{count}_not_negative")
            for count in (*_COUNTS, "file_size", "total")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=f"fk_{_NAME}_store_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{_NAME}_user_id", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_NAME}"),
        sa.UniqueConstraint("store_id", "id", name=f"uq_{_NAME}_store_id_id"),
        if_not_exists=True,
    )
    index(f"ix_{_NAME}_store_id_created_at", _NAME, "store_id", "created_at")
    index(f"ix_{_NAME}_status_resume_at", _NAME, "status", "resume_at")
    index(f"ix_{_NAME}_user_id", _NAME, "user_id")
    protect(_NAME)
    if on_postgresql():
        run(_DUE)
        run("REVOKE ALL ON FUNCTION app.due_order_exports(integer) FROM public")
        run("GRANT EXECUTE ON FUNCTION app.due_order_exports(integer) TO stormcom_function")


def downgrade() -> None:
    if on_postgresql():
        run("DROP FUNCTION IF EXISTS app.due_order_exports(integer)")
    op.drop_table(_NAME, if_exists=True)
