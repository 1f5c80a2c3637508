"""Full-text and similarity search over products. PostgreSQL only: SQLite matches substrings.

Revision: 20261122_1917, after 20261122_1916. The column and the indexes are on a table that is still empty; on a full
one they would be added in steps, the indexes CONCURRENTLY.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261122_1917"
down_revision: str | None = "20261122_1916"
branch_labels: str | None = None
depends_on: str | None = None

_EMPTY = "-- squawk-ignore require-concurrent-index-creation\n"


def upgrade() -> None:
    if not on_postgresql():
        return
    run("CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public")
    run("CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public")
    run(
        """
        -- squawk-ignore adding-field-with-default
        ALTER TABLE products ADD COLUMN IF NOT EXISTS search_vector tsvector GENERATED ALWAYS AS (
            setweight(to_tsvector('english', name), 'A')
            || setweight(to_tsvector('simple', coalesce(sku, '') || ' ' || replace(coalesce(sku, ''), '-', ' ')), 'A')
            || setweight(to_tsvector('english', coalesce(short_description, '')), 'B')
            || setweight(to_tsvector('english', coalesce(description, '')), 'C')
        ) STORED
        """
    )
    run(f"{_EMPTY} CREATE INDEX IF NOT EXISTS ix_products_search ON products USING gin (store_id, search_vector)")
    run(
        f"{_EMPTY} CREATE INDEX IF NOT EXISTS ix_products_name_trgm ON products USING gin (store_id, name gin_trgm_ops)"
    )


def downgrade() -> None:
    if on_postgresql():
        run("DROP INDEX IF EXISTS ix_products_name_trgm")
        run("DROP INDEX IF EXISTS ix_products_search")
        run("ALTER TABLE products DROP COLUMN IF EXISTS search_vector")
