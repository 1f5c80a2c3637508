"""Reports read indexes: refunds by their day, delivered totals, and customers by what they have spent.

Revision: 20261126_0230, after 20261126_0220. Indexes, built CONCURRENTLY.
"""

from migrations.dialects import drop_index_in_use, index_in_use

revision: str = "20261126_0230"
down_revision: str | None = "20261126_0220"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    index_in_use("ix_refunds_completed", "refunds", "store_id, processed_at", where="status = 'COMPLETED'")
    index_in_use("ix_orders_live_revenue", "orders", "store_id, status, total", where="deleted_at IS NULL")
    index_in_use("ix_customers_live_spent", "customers", "store_id, total_spent, id", where="deleted_at IS NULL")


def downgrade() -> None:
    for name in ("ix_customers_live_spent", "ix_orders_live_revenue", "ix_refunds_completed"):
        drop_index_in_use(name)
