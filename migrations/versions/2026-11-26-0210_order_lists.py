"""Lists of orders read indexes, whatever they are narrowed by.

Revision: 20261126_0210, after 20261126_0200. Indexes, built CONCURRENTLY.
"""

from migrations.dialects import (
    concurrent_index,
    drop_concurrent_index,
    drop_index_in_use,
    index_in_use,
    on_postgresql,
)

revision: str = "20261126_0210"
down_revision: str | None = "20261126_0200"
branch_labels: str | None = None
depends_on: str | None = None

_INDEXES = {
    "ix_orders_live_newest": "store_id, created_at, id",
    "ix_orders_live_payment_status": "store_id, payment_status, created_at, id",
    "ix_orders_live_fulfillment_status": "store_id, fulfillment_status, created_at, id",
    "ix_orders_live_email": "store_id, customer_email, created_at, id",
}

# Where a collation is not C, only such an index finds the beginning of a number.
_NUMBERS = "orders (store_id, order_number text_pattern_ops) WHERE deleted_at IS NULL"


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        index_in_use(name, "orders", columns, where="deleted_at IS NULL")
    if on_postgresql():
        concurrent_index("ix_orders_live_number_prefix", _NUMBERS)


def downgrade() -> None:
    if on_postgresql():
        drop_concurrent_index("ix_orders_live_number_prefix")
    for name in reversed(_INDEXES):
        drop_index_in_use(name)
