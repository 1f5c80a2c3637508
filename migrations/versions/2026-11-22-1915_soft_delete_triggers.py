"""Soft deletes cascade, and a restore brings back exactly what its delete took.

Revision: 20261122_1915, after 20261122_1914. Triggers only, on new tables.

A delete sets `deleted_at` (and `deletion_id`, made here when it is missing); what belongs to the row gets both. A
restore clears `deleted_at`; rows with the same `deletion_id` come back, rows deleted before stay deleted.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261122_1915"
down_revision: str | None = "20261122_1914"
branch_labels: str | None = None
depends_on: str | None = None

# What belongs to a row, by the column that says so. Children stand before their parents: a store takes them first.
CHILDREN = {
    "stores": [
        (table, "store_id")
        for table in [
            "variants",
            "product_reviews",
            "addresses",
            "shipping_rates",
            "products",
            "customers",
            "orders",
            "categories",
            "brands",
            "coupons",
            "flash_sales",
            "tax_rates",
            "shipping_zones",
            "pages",
            "blogs",
        ]
    ],
    "products": [("variants", "product_id"), ("product_reviews", "product_id")],
    "customers": [("addresses", "customer_id")],
    "shipping_zones": [("shipping_rates", "zone_id")],
}
SOFT = sorted({table for children in CHILDREN.values() for table, _ in children} | set(CHILDREN) | {"users"})

_STAMP = """
CREATE OR REPLACE FUNCTION app.stamp_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deleted_at IS NULL THEN
        NEW.deletion_id := NULL;
    ELSIF OLD.deleted_at IS NOT NULL THEN
        NEW.deleted_at := OLD.deleted_at; -- already deleted: the first deletion stands
        NEW.deletion_id := OLD.deletion_id;
    ELSIF NEW.deletion_id IS NULL THEN
        NEW.deletion_id := gen_random_uuid()::text;
    END IF;
    RETURN NEW;
END
$$
"""

_CASCADE = """
CREATE OR REPLACE FUNCTION app.cascade_deletion_of_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.deleted_at IS NOT NULL THEN
        {deletes}
    ELSE
        {restores}
    END IF;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    if on_postgresql():
        _postgresql()
    else:
        _sqlite()


def downgrade() -> None:
    if on_postgresql():
        for table in SOFT:
            run(f"DROP TRIGGER IF EXISTS stamp_deletion ON {table}")
        for table in CHILDREN:
            run(f"DROP TRIGGER IF EXISTS cascade_deletion ON {table}")
            run(f"DROP FUNCTION IF EXISTS app.cascade_deletion_of_{table}()")
        run("DROP FUNCTION IF EXISTS app.stamp_deletion()")
    else:
        for table in SOFT:
            run(f"DROP TRIGGER IF EXISTS {table}_deleted")
            run(f"DROP TRIGGER IF EXISTS {table}_restored")


def _postgresql() -> None:
    run(_STAMP)
    for table in SOFT:
        run(
            f"CREATE OR REPLACE TRIGGER stamp_deletion BEFORE UPDATE OF deleted_at, deletion_id ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION app.stamp_deletion()"
        )
    for table, children in CHILDREN.items():
        deletes = "\n        ".join(
            f"UPDATE {child} SET deleted_at = NEW.deleted_at, deletion_id = NEW.deletion_id "
            f"WHERE {_belongs(column)} AND deleted_at IS NULL;"
            for child, column in children
        )
        restores = "\n        ".join(
            f"UPDATE {child} SET deleted_at = NULL WHERE {_belongs(column)} "
            "AND deleted_at = OLD.deleted_at AND deletion_id = OLD.deletion_id;"
            for child, column in children
        )
        run(_CASCADE.format(table=table, deletes=deletes, restores=restores))
        # Inside a store's deletion a product has nothing left to do: the store has taken its children already.
        run(
            f"CREATE OR REPLACE TRIGGER cascade_deletion AFTER UPDATE OF deleted_at ON {table} FOR EACH ROW "
            "WHEN (OLD.deleted_at IS DISTINCT FROM NEW.deleted_at AND pg_trigger_depth() = 0) "
            f"EXECUTE FUNCTION app.cascade_deletion_of_{table}()"
        )


def _belongs(column: str) -> str:
    return "store_id = NEW.id" if column == "store_id" else f"store_id = NEW.store_id AND {column} = NEW.id"


def _sqlite() -> None:
    for table in SOFT:
        children = CHILDREN.get(table, [])
        deletes = " ".join(
            f"UPDATE {child} SET deleted_at = NEW.deleted_at, "
            f"deletion_id = (SELECT deletion_id FROM {table} WHERE id = NEW.id) "
            f"WHERE {_belongs(column)} AND deleted_at IS NULL;"
            for child, column in children
        )
        restores = " ".join(
            f"UPDATE {child} SET deleted_at = NULL WHERE {_belongs(column)} AND deletion_id = OLD.deletion_id;"
            for child, column in children
        )
        run(
            f"CREATE TRIGGER IF NOT EXISTS {table}_deleted AFTER UPDATE OF deleted_at ON {table} "
            "WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL BEGIN "
            f"UPDATE {table} SET deletion_id = lower(hex(randomblob(12))) WHERE id = NEW.id AND deletion_id IS NULL; "
            f"{deletes} END"
        )
        run(
            f"CREATE TRIGGER IF NOT EXISTS {table}_restored AFTER UPDATE OF deleted_at ON {table} "
            "WHEN OLD.deleted_at IS NOT NULL AND NEW.deleted_at IS NULL BEGIN "
            f"{restores} UPDATE {table} SET deletion_id = NULL WHERE id = NEW.id; END"
        )
