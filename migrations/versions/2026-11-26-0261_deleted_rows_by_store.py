"""The purge finds a store's deleted rows, oldest first, by an index, and workers the privacy requests that are due.

Revision: 20261126_0261, after 20261126_0260. Indexes, built CONCURRENTLY.
"""

from migrations.dialects import drop_index_in_use, index_in_use

revision: str = "20261126_0261"
down_revision: str | None = "20261126_0260"
branch_labels: str | None = None
depends_on: str | None = None

_TABLES = [
    "addresses",
    "blogs",
    "brands",
    "categories",
    "coupons",
    "customers",
    "flash_sales",
    "orders",
    "pages",
    "product_reviews",
    "products",
    "shipping_rates",
    "shipping_zones",
    "tax_rates",
    "variants",
]


def upgrade() -> None:
    for table in _TABLES:
        index_in_use(f"ix_{table}_deleted_in_store", table, "store_id, deleted_at, id", where="deleted_at IS NOT NULL")
    index_in_use("ix_privacy_requests_status_resume_at", "privacy_requests", "status, resume_at")


def downgrade() -> None:
    drop_index_in_use("ix_privacy_requests_status_resume_at")
    for table in reversed(_TABLES):
        drop_index_in_use(f"ix_{table}_deleted_in_store")
