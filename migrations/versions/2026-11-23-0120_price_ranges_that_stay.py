"""A variant whose price leaves its product's range as it is leaves the product's row as it is.

Revision: 20261123_0120, after 20261123_0110. PostgreSQL only: one function. Writing the row anew wrote it into every
index anew, those for searching among them, once for each variant of an import.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261123_0120"
down_revision: str | None = "20261123_0110"
branch_labels: str | None = None
depends_on: str | None = None

_RANGE = "SELECT min(price) AS low, max(price) AS high FROM variants v WHERE v.store_id = {row}.store_id AND v.product_id = {row}.product_id AND v.is_active AND v.deleted_at IS NULL"
_SAME = """
    UPDATE products p SET price_min = r.low, price_max = r.high FROM ({range}) r
    WHERE p.store_id = {row}.store_id AND p.id = {row}.product_id AND p.deleted_at IS NULL
    AND (p.price_min, p.price_max) IS DISTINCT FROM (r.low, r.high);
"""
_ALWAYS = """
    UPDATE products SET (price_min, price_max) = ({range})
    WHERE store_id = {row}.store_id AND id = {row}.product_id AND deleted_at IS NULL;
"""
# In a statement of its own: the one after it sees what whoever held the row has committed.
_LOCK = "PERFORM 1 FROM products WHERE store_id = {row}.store_id AND id = {row}.product_id FOR UPDATE;"


def upgrade() -> None:
    if on_postgresql():
        run(_function(_SAME))


def downgrade() -> None:
    if on_postgresql():
        run(_function(_ALWAYS))


def _function(write: str) -> str:
    new, old = (_LOCK.format(row=row) + write.format(row=row, range=_RANGE.format(row=row)) for row in ("NEW", "OLD"))
    return f"""
CREATE OR REPLACE FUNCTION app.keep_price_range() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        {new}
    END IF;
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.product_id <> NEW.product_id) THEN
        {old}
    END IF;
    RETURN NULL;
END
$$
"""
