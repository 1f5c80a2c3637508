"""Lists of customers, of their orders and of tax exemptions read indexes, and a guest's orders are found by address.

Revision: 20261123_0150, after 20261123_0140. Indexes, built CONCURRENTLY.
"""

from migrations.dialects import drop_index_in_use, index_in_use

revision: str = "20261123_0150"
down_revision: str | None = "20261123_0140"
branch_labels: str | None = None
depends_on: str | None = None

_INDEXES = {
    "ix_customers_live_newest": ("customers", "store_id, created_at, id", "deleted_at IS NULL"),
    "ix_orders_live_customer": ("orders", "store_id, customer_id, created_at, id", "deleted_at IS NULL"),
    "ix_orders_of_guests": ("orders", "store_id, customer_email", "customer_id IS NULL"),
    "ix_tax_exemptions_store_id_status_created_at": ("tax_exemptions", "store_id, status, created_at", None),
}


def upgrade() -> None:
    for name, (table, columns, where) in _INDEXES.items():
        index_in_use(name, table, columns, where=where)


def downgrade() -> None:
    for name in reversed(_INDEXES):
        drop_index_in_use(name)
