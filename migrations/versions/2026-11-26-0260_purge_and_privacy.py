"""Purging and erasing: what is being purged, how long deleted things are kept, legal holds, and an audit log that forgets.

Revision: 20261126_0260, after 20261126_0241. Adds columns without a default that would rewrite a table, three tables,
and two functions that run as the owner.

The audit log stays append-only but for `app.redact_audit_log`, which takes personal data of one customer out of it and
says in the log that it did. A table's owner alone gets past the trigger, and nobody logs in as the owner.
"""

import sqlalchemy as sa
from alembic import op

from migrations.dialects import (
    add_column,
    drop_column,
    index,
    json_type,
    now,
    on_postgresql,
    protect,
    run,
    tenant_key,
)

revision: str = "20261126_0260"
down_revision: str | None = "20261126_0241"
branch_labels: str | None = None
depends_on: str | None = None

SOFT = [
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
    "stores",
    "tax_rates",
    "users",
    "variants",
]

_STAMP = """
CREATE OR REPLACE FUNCTION app.stamp_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {refusal}IF NEW.deleted_at IS NULL THEN
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
_REFUSAL = """IF NEW.deleted_at IS NULL AND OLD.purged_at IS NOT NULL THEN
        RAISE EXCEPTION 'this row is being purged' USING ERRCODE = 'check_violation';
    END IF;
    """

_GUARD = """
CREATE OR REPLACE FUNCTION app.keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.user_id IS NULL AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id' THEN
            RETURN NEW;
        END IF;{redaction}
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
_FORGETTABLE = "ARRAY['before_snapshot', 'after_snapshot', 'actor_email', 'ip_address', 'user_agent']"
# Inside a function that runs as the owner, and nowhere else, the current user is the table's owner.
_LETS_REDACT = f"""
        IF current_setting('app.audit_redaction', true) = 'on'
           AND current_user = (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = TG_RELID)
           AND to_jsonb(NEW) - {_FORGETTABLE} = to_jsonb(OLD) - {_FORGETTABLE} THEN
            RETURN NEW;
        END IF;"""

# Of a snapshot that tells of a person nothing is left but that it was there.
_REDACT = """
CREATE OR REPLACE FUNCTION app.redact_audit_log(
    p_store_id text, p_customer_id text, p_email text, p_entities text[], p_keys text[]
)
RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    nothing constant jsonb := '{"redacted": true}';
    redacted integer;
BEGIN
    IF p_store_id IS DISTINCT FROM app.current_store()
       AND NOT (app.current_store() IS NULL AND pg_has_role(session_user, 'stormcom_platform', 'MEMBER')) THEN
        RAISE EXCEPTION 'this transaction belongs to another store' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('app.audit_redaction', 'on', true);
    UPDATE public.audit_logs a SET
        before_snapshot = CASE WHEN a.before_snapshot ?| p_keys OR strpos(lower(a.before_snapshot::text), p_email) > 0
                          THEN nothing ELSE a.before_snapshot END,
        after_snapshot = CASE WHEN a.after_snapshot ?| p_keys OR strpos(lower(a.after_snapshot::text), p_email) > 0
                         THEN nothing ELSE a.after_snapshot END,
        ip_address = CASE WHEN lower(a.actor_email) = p_email THEN NULL ELSE a.ip_address END,
        user_agent = CASE WHEN lower(a.actor_email) = p_email THEN NULL ELSE a.user_agent END,
        actor_email = CASE WHEN lower(a.actor_email) = p_email THEN 'erased' ELSE a.actor_email END
    WHERE a.store_id = p_store_id AND (
        (a.entity_id = ANY (p_entities) AND (a.before_snapshot ?| p_keys OR a.after_snapshot ?| p_keys))
        OR lower(a.actor_email) = p_email
        OR strpos(lower(a.before_snapshot::text), p_email) > 0
        OR strpos(lower(a.after_snapshot::text), p_email) > 0
    );
    GET DIAGNOSTICS redacted = ROW_COUNT;
    PERFORM set_config('app.audit_redaction', '', true);
    IF redacted > 0 THEN
        INSERT INTO public.audit_logs (id, store_id, actor_email, action, entity_type, entity_id, after_snapshot)
        VALUES ('r' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 23), p_store_id, session_user,
                'audit_log.redacted', 'customer', p_customer_id, jsonb_build_object('rows', redacted));
    END IF;
    RETURN redacted;
END
$$
"""
_REDACT_NAME = "app.redact_audit_log(text, text, text, text[], text[])"

# Its own reading is all that it gives away: which store has work that nobody does. Who does it enters that store.
_DUE = """
CREATE OR REPLACE FUNCTION app.due_privacy_requests(p_limit integer)
RETURNS TABLE (store_id text, request_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.store_id, r.id FROM public.privacy_requests r JOIN public.stores s ON s.id = r.store_id
    WHERE r.status IN ('PENDING', 'PROCESSING') AND r.resume_at <= now() AND s.deleted_at IS NULL
    ORDER BY r.resume_at LIMIT p_limit
$$
"""
_DUE_NAME = "app.due_privacy_requests(integer)"

# Without roles, what is left tells a redaction from tampering.
_KEPT_ON_SQLITE = ("id", "store_id", "action", "entity_type", "entity_id", "created_at")
_CHANGEABLE_ON_SQLITE = ("actor_email", "before_snapshot", "after_snapshot", "ip_address", "user_agent")


def upgrade() -> None:
    for table in SOFT:
        add_column(table, sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    for table in ("stores", "subscription_plans"):
        add_column(table, sa.Column("retention_days", json_type(), server_default="{}", nullable=False))
    for column in (
        sa.Column("storage_key", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("resume_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
    ):
        add_column("privacy_requests", column)
    _create_holds()
    _create_tallies()
    _create_file_deletions()
    if on_postgresql():
        run(_STAMP.format(refusal=_REFUSAL))
        run(_GUARD.format(redaction=_LETS_REDACT))
        for function, name in ((_REDACT, _REDACT_NAME), (_DUE, _DUE_NAME)):
            run(function)
            run(f"REVOKE ALL ON FUNCTION {name} FROM public")
            run(f"GRANT EXECUTE ON FUNCTION {name} TO stormcom_function, stormcom_platform")
        run("GRANT SELECT, INSERT, UPDATE, DELETE ON file_deletions TO stormcom_platform")
        run("GRANT INSERT ON file_deletions TO stormcom_function")
    else:
        _guard_on_sqlite(redacts=True)


def downgrade() -> None:
    if on_postgresql():
        run(f"DROP FUNCTION IF EXISTS {_DUE_NAME}")
        run(f"DROP FUNCTION IF EXISTS {_REDACT_NAME}")
        run(_GUARD.format(redaction=""))
        run(_STAMP.format(refusal=""))
    else:
        _guard_on_sqlite(redacts=False)
    for table in ("file_deletions", "purge_tallies", "legal_holds"):
        op.drop_table(table, if_exists=True)
    for column in ("error", "resume_at", "attempts", "expires_at", "storage_key"):
        drop_column("privacy_requests", column)
    for table in ("subscription_plans", "stores"):
        drop_column(table, "retention_days")
    for table in reversed(SOFT):
        drop_column(table, "purged_at")


def _create_holds() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("by_platform", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_legal_holds_reason_given")),
        tenant_key("legal_holds", "customer_id", to="customers"),
        *_of_a_store("legal_holds"),
        if_not_exists=True,
    )
    index("ix_legal_holds_store_id_created_at", "legal_holds", "store_id", "created_at")
    index("ix_legal_holds_store_id_released_at", "legal_holds", "store_id", "released_at")
    index("ix_legal_holds_store_id_customer_id", "legal_holds", "store_id", "customer_id")
    protect("legal_holds")


def _create_tallies() -> None:
    op.create_table(
        "purge_tallies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_purge_tallies_number_not_negative")),
        sa.UniqueConstraint("store_id", "counted", name=op.f("uq_purge_tallies_store_id_counted")),
        *_of_a_store("purge_tallies"),
        if_not_exists=True,
    )
    index("ix_purge_tallies_store_id_created_at", "purge_tallies", "store_id", "created_at")
    protect("purge_tallies")


def _create_file_deletions() -> None:
    op.create_table(
        "file_deletions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Text(), nullable=False),
        sa.Column("storage_key", sa.Text(), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=now(), nullable=False),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_file_deletions_attempts_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_deletions")),
        if_not_exists=True,
    )
    index("ix_file_deletions_available_at", "file_deletions", "available_at")


def _of_a_store(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f(f"fk_{table}_store_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("store_id", "id", name=op.f(f"uq_{table}_store_id_id")),
    ]


def _guard_on_sqlite(*, redacts: bool) -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    kept = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _KEPT_ON_SQLITE)
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in _CHANGEABLE_ON_SQLITE)
    is_redaction = (
        "(NEW.actor_email IN (OLD.actor_email, 'erased') "
        "AND (NEW.before_snapshot IS OLD.before_snapshot OR NEW.before_snapshot = '{\"redacted\": true}') "
        "AND (NEW.after_snapshot IS OLD.after_snapshot OR NEW.after_snapshot = '{\"redacted\": true}') "
        "AND (NEW.ip_address IS OLD.ip_address OR NEW.ip_address IS NULL) "
        "AND (NEW.user_agent IS OLD.user_agent OR NEW.user_agent IS NULL))"
    )
    allowed = f" AND NOT {is_redaction}" if redacts else ""
    run("DROP TRIGGER IF EXISTS audit_logs_no_update")
    run(
        "CREATE TRIGGER audit_logs_no_update BEFORE UPDATE ON audit_logs "
        f"WHEN (NEW.user_id IS NOT NULL AND NEW.user_id IS NOT OLD.user_id) OR {kept} OR NEW.updated_at IS NOT "
        f"OLD.updated_at OR (({changed}){allowed}) OR (NEW.user_id IS NOT NULL AND NOT ({changed})) {refuse}"
    )
