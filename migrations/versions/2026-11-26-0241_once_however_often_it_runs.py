"""Jobs know what they have told a store or a shopper of, and a plan opens again what the lack of one has closed.

Revision: 20261126_0241, after 20261126_0240. Adds a table, and columns that are nullable or have a default.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import add_column, drop_column, index, now, protect

revision: str = "20261126_0241"
down_revision: str | None = "20261126_0240"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    name = "job_marks"
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=f"fk_{name}_store_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("store_id", "id", name=f"uq_{name}_store_id_id"),
        sa.UniqueConstraint("store_id", "name", name=f"uq_{name}_store_id_name"),
        if_not_exists=True,
    )
    index(f"ix_{name}_store_id_created_at", name, "store_id", "created_at")
    for table, column in _columns():
        add_column(table, column)
    protect(name)


def downgrade() -> None:
    for table, column in reversed(_columns()):
        drop_column(table, str(column.name))
    op.drop_table("job_marks", if_exists=True)


def _columns() -> list[tuple[str, sa.Column[object]]]:
    def moment(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.DateTime(timezone=True), nullable=True)

    def count(name: str) -> sa.Column[object]:
        return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)

    return [
        ("carts", count("recovery_emails")),
        ("carts", moment("recovery_for")),
        ("store_subscriptions", count("ending_told")),
        ("store_subscriptions", moment("ending_told_for")),
        ("store_subscriptions", moment("store_closed_at")),
    ]
