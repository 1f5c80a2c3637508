"""The fifth wall: who a user is lives behind a role of its own, and the functions of shops cannot read it.

Revision: 20261122_2201, after 20261122_2200. PostgreSQL only. Grants and policies, which wait for no row.

identity, authorizer and the mails about accounts log in as stormcom_identity: it has the users, their sessions and
tokens, reads which stores a user belongs to, and sees nothing else of a store. stormcom_function keeps the few columns
of a colleague that a list of staff shows. The code before this never used what it loses.
"""

from migrations.dialects import on_postgresql, run

revision: str = "20261122_2201"
down_revision: str | None = "20261122_2200"
branch_labels: str | None = None
depends_on: str | None = None

ROLE = "stormcom_identity"
OWN = {
    "users": "SELECT, INSERT, UPDATE",
    "accounts": "SELECT, INSERT, UPDATE, DELETE",
    "sessions": "SELECT, INSERT, UPDATE, DELETE",
    "verification_tokens": "SELECT, INSERT, UPDATE, DELETE",
    "password_histories": "SELECT, INSERT, UPDATE, DELETE",
    "sign_in_attempts": "SELECT, INSERT, UPDATE, DELETE",
    "account_mails": "SELECT, INSERT, UPDATE",
    "platform_members": "SELECT",
    "roles": "SELECT",
    "subscription_plans": "SELECT",
}
# Rights and policy. What is not granted needs no policy, so a wide one says no more than the grant.
SEE, SEE_AND_ADD = "FOR SELECT TO {role} USING (true)", "TO {role} USING (true) WITH CHECK (true)"
OF_STORES = {
    "stores": ("SELECT", SEE),
    "store_subscriptions": ("SELECT", SEE),
    "user_stores": ("SELECT, INSERT", SEE_AND_ADD),
    "staff_invitations": ("SELECT, DELETE", SEE_AND_ADD),
    "audit_logs": ("INSERT", "FOR INSERT TO {role} WITH CHECK (true)"),
}
# Not its business any more.
OF_FUNCTIONS_BEFORE = {
    "users": "SELECT, INSERT, UPDATE",
    "accounts": "SELECT, INSERT, UPDATE, DELETE",
    "sessions": "SELECT, INSERT, UPDATE, DELETE",
    "verification_tokens": "SELECT, INSERT, UPDATE, DELETE",
    "password_histories": "SELECT, INSERT, UPDATE, DELETE",
}
OF_A_COLLEAGUE = "id, name, email, image, status, mfa_enabled, last_login_at, deleted_at"
OF_PLATFORM = [
    "users",
    "accounts",
    "sessions",
    "verification_tokens",
    "password_histories",
    "sign_in_attempts",
    "account_mails",
    "platform_members",
    "request_counts",
    "staff_invitations",
]

_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'stormcom_identity') THEN
        CREATE ROLE stormcom_identity LOGIN NOINHERIT NOCREATEDB NOCREATEROLE;
        ALTER ROLE stormcom_identity SET search_path = public;
        ALTER ROLE stormcom_identity SET statement_timeout = '10s';
        ALTER ROLE stormcom_identity SET lock_timeout = '5s';
        ALTER ROLE stormcom_identity SET idle_in_transaction_session_timeout = '30s';
        IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_iam') THEN
            GRANT rds_iam TO stormcom_identity;
        END IF;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this cluster was migrated at the same moment
END
$$
"""


def upgrade() -> None:
    if not on_postgresql():
        return
    run(_ROLE)
    run(f"GRANT USAGE ON SCHEMA public, app TO {ROLE}")
    run(f"GRANT EXECUTE ON FUNCTION app.current_store() TO {ROLE}")
    for table, rights in OWN.items():
        run(f"GRANT {rights} ON {table} TO {ROLE}")
    for table, (rights, policy) in OF_STORES.items():
        run(f"GRANT {rights} ON {table} TO {ROLE}")
        run(f"DROP POLICY IF EXISTS identity ON {table}")
        run(f"CREATE POLICY identity ON {table} {policy.format(role=ROLE)}")
    for table in OF_PLATFORM:
        run(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO stormcom_platform")
    _functions()


def downgrade() -> None:
    if not on_postgresql():
        return
    for table in OF_STORES:
        run(f"DROP POLICY IF EXISTS identity ON {table}")
    for table in [*OWN, *OF_STORES]:
        run(f"REVOKE ALL ON {table} FROM {ROLE}")
    run(f"REVOKE ALL ON SCHEMA public, app FROM {ROLE}")
    run(f"REVOKE ALL ON FUNCTION app.current_store() FROM {ROLE}")
    run("DROP POLICY IF EXISTS tenant ON staff_invitations")
    run("DROP POLICY IF EXISTS platform ON staff_invitations")
    run("REVOKE ALL ON users, staff_invitations, request_counts, account_mails FROM stormcom_function")
    for table, rights in OF_FUNCTIONS_BEFORE.items():
        run(f"GRANT {rights} ON {table} TO stormcom_function")


def _functions() -> None:
    for table in OF_FUNCTIONS_BEFORE:
        run(f"REVOKE ALL ON {table} FROM stormcom_function")
    run(f"GRANT SELECT ({OF_A_COLLEAGUE}) ON users TO stormcom_function")
    run("GRANT INSERT ON account_mails TO stormcom_function")
    run("GRANT SELECT, INSERT, UPDATE ON request_counts TO stormcom_function")
    run("GRANT SELECT, INSERT, UPDATE, DELETE ON staff_invitations TO stormcom_function")
    own = "store_id = (SELECT app.current_store())"
    run("ALTER TABLE staff_invitations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    run("DROP POLICY IF EXISTS tenant ON staff_invitations")
    run(f"CREATE POLICY tenant ON staff_invitations TO stormcom_function USING ({own}) WITH CHECK ({own})")
    run("DROP POLICY IF EXISTS platform ON staff_invitations")
    run("CREATE POLICY platform ON staff_invitations TO stormcom_platform USING (true) WITH CHECK (true)")
    # Counts of the running minute: a crash may lose them, and no write of theirs needs to reach the disk.
    run("ALTER TABLE request_counts SET UNLOGGED")
