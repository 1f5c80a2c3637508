"""The two database roles, and the function that names the store of a transaction.

Revision: 20261122_1900, the first. PostgreSQL only: SQLite has neither roles nor row-level security.

Functions log in as stormcom_function, which owns nothing and bypasses nothing. Purge, authorizer and audited operations
log in as stormcom_platform, which has policies of its own (BYPASSRLS cannot be granted on RDS). The owner joins the
platform role, so that backfills and the functions below, which run as the owner, see every store under FORCED policies.
Timeouts live on the roles: RDS Proxy pins a session that sets them itself.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261122_1900"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE;
        ALTER ROLE {role} SET search_path = public;
        ALTER ROLE {role} SET statement_timeout = '{statement}';
        ALTER ROLE {role} SET lock_timeout = '5s';
        ALTER ROLE {role} SET idle_in_transaction_session_timeout = '30s';
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_iam') THEN
            GRANT rds_iam TO {role};
        END IF;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this cluster was migrated at the same moment
END
$$
"""

_MEMBERSHIP = """
DO $$
BEGIN
    IF NOT pg_catalog.pg_has_role(current_user, 'stormcom_platform', 'USAGE') THEN
        EXECUTE format('GRANT stormcom_platform TO %I WITH INHERIT TRUE', current_user);
    END IF;
END
$$
"""

_CURRENT_STORE = """
CREATE OR REPLACE FUNCTION app.current_store() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT nullif(pg_catalog.current_setting('app.store_id', true), '') $$
"""


def upgrade() -> None:
    if not on_postgresql():
        return
    run(_ROLE.format(role="stormcom_function", statement="10s"))
    run(_ROLE.format(role="stormcom_platform", statement="60s"))
    run(_MEMBERSHIP)
    run("CREATE SCHEMA IF NOT EXISTS app")
    run(_CURRENT_STORE)
    run("REVOKE ALL ON FUNCTION app.current_store() FROM PUBLIC")
    run("GRANT USAGE ON SCHEMA app TO stormcom_function, stormcom_platform")
    run("GRANT EXECUTE ON FUNCTION app.current_store() TO stormcom_function, stormcom_platform")
    run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def downgrade() -> None:
    # The roles stay: they belong to the cluster, and other databases may use them.
    if on_postgresql():
        run("DROP SCHEMA IF EXISTS app CASCADE")
