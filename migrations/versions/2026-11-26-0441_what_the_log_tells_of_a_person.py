"""An erasure reads of the audit log what may tell of the person, a month at a time, and not all of it in one statement.

Revision: 20261126_0441, after 20261126_0440. PostgreSQL only: two functions that run as the owner, beside the one that the code
before this calls.

`app.redact_audit_rows` takes rows of what belongs to the person, by an index; `app.redact_audit_mentions` looks for words in
rows of the kinds that may hold them, and gives the ids of what those are about: what else the log tells of that is redacted, too.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261126_0441"
down_revision: str | None = "20261126_0440"
branch_labels: str | None = None
depends_on: str | None = None

_GUARD = """
    IF p_store_id IS DISTINCT FROM app.current_store()
       AND NOT (app.current_store() IS NULL AND pg_has_role(session_user, 'stormcom_platform', 'MEMBER')) THEN
        RAISE EXCEPTION 'this transaction belongs to another store' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('app.audit_redaction', 'on', true);
"""
_TELL = """
    PERFORM set_config('app.audit_redaction', '', true);
    IF redacted > 0 THEN
        INSERT INTO public.audit_logs (id, store_id, actor_email, action, entity_type, entity_id, after_snapshot)
        VALUES ('r' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 23), p_store_id, session_user,
                'audit_log.redacted', 'customer', p_customer_id, jsonb_build_object('rows', redacted));
    END IF;
"""
_HEAD = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
_NOTHING = """nothing constant jsonb := '{"redacted": true}'"""

_ROWS_NAME = "app.redact_audit_rows(text, text, text[], text[], text[])"
_ROWS = f"""
CREATE OR REPLACE FUNCTION app.redact_audit_rows(
    p_store_id text, p_customer_id text, p_types text[], p_entities text[], p_keys text[]
)
RETURNS integer {_HEAD} AS $$
DECLARE {_NOTHING}; redacted integer;
BEGIN {_GUARD}
    UPDATE public.audit_logs a SET
        before_snapshot = CASE WHEN a.before_snapshot ?| p_keys THEN nothing ELSE a.before_snapshot END,
        after_snapshot = CASE WHEN a.after_snapshot ?| p_keys THEN nothing ELSE a.after_snapshot END
    WHERE a.store_id = p_store_id AND a.entity_type = ANY (p_types) AND a.entity_id = ANY (p_entities)
      AND (a.before_snapshot ?| p_keys OR a.after_snapshot ?| p_keys);
    GET DIAGNOSTICS redacted = ROW_COUNT;
    {_TELL}
    RETURN redacted;
END
$$
"""

_MENTIONS_NAME = "app.redact_audit_mentions(text, text, text[], text[], text[], text[], timestamptz, timestamptz)"
_HAS = "EXISTS (SELECT FROM unnest(p_words) w WHERE strpos(lower(a.{0}::text), w) > 0)"
_TELLS = "CASE WHEN a.{0} ?| p_keys OR " + _HAS + " THEN nothing ELSE a.{0} END"
_IS_ACTOR = "lower(a.actor_email) = ANY (p_mails)"
_MENTIONS = f"""
CREATE OR REPLACE FUNCTION app.redact_audit_mentions(
    p_store_id text, p_customer_id text, p_types text[], p_words text[], p_mails text[], p_keys text[],
    p_from timestamptz, p_to timestamptz
)
RETURNS TABLE (entity_type text, entity_id text) {_HEAD} AS $$
#variable_conflict use_column
DECLARE {_NOTHING}; redacted integer := 0; found_row record;
BEGIN {_GUARD}
    FOR found_row IN
        UPDATE public.audit_logs a SET
            before_snapshot = {_TELLS.format("before_snapshot")},
            after_snapshot = {_TELLS.format("after_snapshot")},
            ip_address = CASE WHEN {_IS_ACTOR} THEN NULL ELSE a.ip_address END,
            user_agent = CASE WHEN {_IS_ACTOR} THEN NULL ELSE a.user_agent END,
            actor_email = CASE WHEN {_IS_ACTOR} THEN 'erased' ELSE a.actor_email END
        WHERE a.store_id = p_store_id AND a.created_at >= p_from AND a.created_at < p_to AND a.entity_type = ANY (p_types)
          AND ({_IS_ACTOR} OR {_HAS.format("before_snapshot")} OR {_HAS.format("after_snapshot")})
        RETURNING a.entity_type, a.entity_id
    LOOP
        redacted := redacted + 1;
        entity_type := found_row.entity_type;
        entity_id := found_row.entity_id;
        RETURN NEXT;
    END LOOP;
    {_TELL}
END
$$
"""


def upgrade() -> None:
    if not on_postgresql():
        return
    for function, name in ((_ROWS, _ROWS_NAME), (_MENTIONS, _MENTIONS_NAME)):
        run(function)
        run(f"REVOKE ALL ON FUNCTION {name} FROM public")
        run(f"GRANT EXECUTE ON FUNCTION {name} TO stormcom_function, stormcom_platform")


def downgrade() -> None:
    if on_postgresql():
        run(f"DROP FUNCTION IF EXISTS {_MENTIONS_NAME}")
        run(f"DROP FUNCTION IF EXISTS {_ROWS_NAME}")
