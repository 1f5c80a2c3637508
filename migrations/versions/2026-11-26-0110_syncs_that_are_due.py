"""Workers find the syncs that are due by an index.

Revision: 20261126_0110, after 20261126_0100. An index, built CONCURRENTLY.
"""

from migrations.dialects import drop_index_in_use, index_in_use

revision: str = "20261126_0110"
down_revision: str | None = "20261126_0100"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    index_in_use("ix_sync_queue_due", "sync_queue", "available_at", where="status IN ('PENDING', 'PROCESSING')")


def downgrade() -> None:
    drop_index_in_use("ix_sync_queue_due")
