"""Orders are processed: staff's notes, and what of a refund is shipping.

Revision: 20261126_0200, after 20261126_0110. Adds a table and columns.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import add_column, drop_column, index, now, on_postgresql, protect, tenant_key

revision: str = "20261126_0200"
down_revision: str | None = "20261126_0110"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    name = "order_notes"
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_for_customer", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        tenant_key(name, "order_id", to="orders"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name=f"fk_{name}_author_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=f"fk_{name}_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("store_id", "id", name=f"uq_{name}_store_id_id"),
        if_not_exists=True,
    )
    index(f"ix_{name}_store_id_created_at", name, "store_id", "created_at")
    index(f"ix_{name}_store_id_order_id", name, "store_id", "order_id")
    index(f"ix_{name}_author_id", name, "author_id")
    for column in _columns():
        add_column("refunds", column)
    protect(name)


def downgrade() -> None:
    for column in reversed(_columns()):
        drop_column("refunds", column.name)
    op.drop_table("order_notes", if_exists=True)


def _columns() -> list[sa.Column[object]]:
    money = sa.Numeric(13, 3) if on_postgresql() else sa.BigInteger()
    return [
        sa.Column("shipping_amount", money, server_default=sa.text("0"), nullable=False),
        sa.Column("is_restocked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    ]
