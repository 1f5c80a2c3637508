"""A product knows its lowest and highest price, so that a list sorted by price reads an index.

Revision: 20261122_1918, after 20261122_1917. Triggers only. They fire on what changes a price, never on
stock. A deleted product keeps its range; a restore works it out anew, as its variants may have changed meanwhile.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261122_1918"
down_revision: str | None = "20261122_1917"
branch_labels: str | None = None
depends_on: str | None = None

_RANGE = """
    UPDATE products SET (price_min, price_max) = (
        SELECT min(price), max(price) FROM variants v
        WHERE v.store_id = {row}.store_id AND v.product_id = {product} AND v.is_active AND v.deleted_at IS NULL
    )
    WHERE store_id = {row}.store_id AND id = {product} AND deleted_at IS NULL;
"""

# In a statement of its own: the one after it sees what whoever held the row has committed.
_LOCK = "PERFORM 1 FROM products WHERE store_id = {row}.store_id AND id = {row}.product_id FOR UPDATE;"

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION app.keep_price_range() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        {_LOCK.format(row="NEW")} {_RANGE.format(row="NEW", product="NEW.product_id")}
    END IF;
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.product_id <> NEW.product_id) THEN
        {_LOCK.format(row="OLD")} {_RANGE.format(row="OLD", product="OLD.product_id")}
    END IF;
    RETURN NULL;
END
$$
"""

_RESTORED = f"""
CREATE OR REPLACE FUNCTION app.renew_price_range() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_RANGE.format(row="NEW", product="NEW.id")}
    RETURN NULL;
END
$$
"""

PRICED_BY = ("price", "is_active", "deleted_at", "product_id")


def upgrade() -> None:
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in PRICED_BY)
    if on_postgresql():
        run(_FUNCTION)
        run(
            "CREATE OR REPLACE TRIGGER price_range_made AFTER INSERT OR DELETE ON variants "
            "FOR EACH ROW EXECUTE FUNCTION app.keep_price_range()"
        )
        run(
            f"CREATE OR REPLACE TRIGGER price_range_changed AFTER UPDATE OF {', '.join(PRICED_BY)} ON variants "
            f"FOR EACH ROW WHEN (({changed}) AND pg_trigger_depth() = 0) EXECUTE FUNCTION app.keep_price_range()"
        )
        run(_RESTORED)
        # Named to fire after cascade_deletion, which brings the variants back: triggers run in the order of their names.
        run(
            "CREATE OR REPLACE TRIGGER price_range_restored AFTER UPDATE OF deleted_at ON products FOR EACH ROW "
            "WHEN (OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL AND pg_trigger_depth() = 0) "
            "EXECUTE FUNCTION app.renew_price_range()"
        )
        return
    for event, rows in {"INSERT": ["NEW"], "DELETE": ["OLD"], "UPDATE": ["NEW", "OLD"]}.items():
        of = f" OF {', '.join(PRICED_BY)}" if event == "UPDATE" else ""
        body = "".join(_RANGE.format(row=row, product=f"{row}.product_id") for row in rows)
        run(f"CREATE TRIGGER IF NOT EXISTS price_range_{event} AFTER {event}{of} ON variants BEGIN {body} END")
    run(
        "CREATE TRIGGER IF NOT EXISTS price_range_restored AFTER UPDATE OF deleted_at ON products "
        "WHEN OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL "
        f"BEGIN {_RANGE.format(row='NEW', product='NEW.id')} END"
    )


def downgrade() -> None:
    if on_postgresql():
        run("DROP TRIGGER IF EXISTS price_range_made ON variants")
        run("DROP TRIGGER IF EXISTS price_range_changed ON variants")
        run("DROP TRIGGER IF EXISTS price_range_restored ON products")
        run("DROP FUNCTION IF EXISTS app.keep_price_range()")
        run("DROP FUNCTION IF EXISTS app.renew_price_range()")
        return
    for event in ("INSERT", "DELETE", "UPDATE", "restored"):
        run(f"DROP TRIGGER IF EXISTS price_range_{event}")
