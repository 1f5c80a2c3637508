"""The audit log can be added to, and by the retention job thinned from the old end; nothing else.

Revision: 20261122_1916, after 20261122_1915. Triggers on new tables.

Also what SQLite lacks of the keys: ON DELETE SET NULL for one column of a composite key.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261122_1916"
down_revision: str | None = "20261122_1915"
branch_labels: str | None = None
depends_on: str | None = None

SET_NULL = {
    "brands": [("products", "brand_id")],
    "tax_rates": [("products", "tax_rate_id")],
    "categories": [("categories", "parent_id")],
    "customers": [
        ("carts", "customer_id"),
        ("orders", "customer_id"),
        ("coupon_redemptions", "customer_id"),
        ("privacy_requests", "customer_id"),
    ],
    "orders": [("carts", "converted_order_id"), ("inventory_adjustments", "order_id")],
}

KEPT = [
    "id",
    "store_id",
    "actor_email",
    "action",
    "entity_type",
    "entity_id",
    "before_snapshot",
    "after_snapshot",
    "ip_address",
    "user_agent",
    "created_at",
    "updated_at",
]

# A user who is erased leaves the row without its user_id: the one change that is let through.
_GUARD = """
CREATE OR REPLACE FUNCTION app.keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.user_id IS NULL AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id' THEN
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF pg_has_role(session_user, 'stormcom_platform', 'MEMBER')
           AND current_setting('app.audit_retention', true) = 'on' THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$
"""

_RETENTION = """
CREATE OR REPLACE FUNCTION app.begin_audit_retention() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('app.audit_retention', 'on', true);
END
$$
"""


def upgrade() -> None:
    if on_postgresql():
        run(_GUARD)
        run(_RETENTION)
        run("REVOKE ALL ON FUNCTION app.begin_audit_retention() FROM PUBLIC")
        run("GRANT EXECUTE ON FUNCTION app.begin_audit_retention() TO stormcom_platform")
        run(
            "CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_logs "
            "FOR EACH ROW EXECUTE FUNCTION app.keep_audit_log()"
        )
        run(
            "CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON audit_logs "
            "FOR EACH STATEMENT EXECUTE FUNCTION app.keep_audit_log()"
        )
        return
    _sqlite()


def downgrade() -> None:
    if on_postgresql():
        run("DROP TRIGGER IF EXISTS append_only ON audit_logs")
        run("DROP TRIGGER IF EXISTS never_emptied ON audit_logs")
        run("DROP FUNCTION IF EXISTS app.keep_audit_log()")
        run("DROP FUNCTION IF EXISTS app.begin_audit_retention()")
        return
    run("DROP TRIGGER IF EXISTS audit_logs_no_update")
    run("DROP TRIGGER IF EXISTS audit_logs_no_delete")
    for parent, children in SET_NULL.items():
        for child, column in children:
            run(f"DROP TRIGGER IF EXISTS {parent}_leaves_{child}_{column}")


def _sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in KEPT)
    run(
        "CREATE TRIGGER IF NOT EXISTS audit_logs_no_update BEFORE UPDATE ON audit_logs "
        f"WHEN NEW.user_id IS NOT NULL OR {changed} {refuse}"
    )
    # Without roles, age is what tells retention from tampering.
    run(
        "CREATE TRIGGER IF NOT EXISTS audit_logs_no_delete BEFORE DELETE ON audit_logs "
        f"WHEN OLD.created_at > datetime('now', '-365 days') {refuse}"
    )
    for parent, children in SET_NULL.items():
        for child, column in children:
            run(
                f"CREATE TRIGGER IF NOT EXISTS {parent}_leaves_{child}_{column} BEFORE DELETE ON {parent} BEGIN "
                f"UPDATE {child} SET {column} = NULL WHERE store_id = OLD.store_id AND {column} = OLD.id; END"
            )
