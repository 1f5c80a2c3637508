"""What the function role is, owns and may do: nothing that a wall does not stand before."""

import pytest
from sqlalchemy import Connection, text

from shared.models import SoftDeletes
from tests.migrations.walls import models, rows, tenant_tables

RIGHTS = """
SELECT c.relname AS "table", ARRAY(
    SELECT r FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS r
    WHERE has_table_privilege('{role}', c.oid, r)
       OR r IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege('{role}', c.oid, r)
) AS rights
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
ADD = ["SELECT", "INSERT"]
EDIT = [*ADD, "UPDATE"]
ALL = [*EDIT, "DELETE"]
ROLES = ["stormcom_function", "stormcom_platform", "stormcom_identity"]
COLLEAGUE = ["deleted_at", "email", "id", "image", "last_login_at", "mfa_enabled", "name", "status"]


OF_IDENTITY = [
    "accounts",
    "sessions",
    "verification_tokens",
    "password_histories",
    "sign_in_attempts",
    "platform_members",
]


def _rights(catalogue: Connection, role: str) -> dict[str, list[str]]:
    return {row["table"]: row["rights"] for row in rows(catalogue, RIGHTS.format(role=role))}


@pytest.mark.parametrize("role", ROLES)
def test_no_role_of_the_application_is_privileged(catalogue: Connection, role: str) -> None:
    found = catalogue.execute(
        text(
            "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
            "FROM pg_roles WHERE rolname = :role"
        ),
        {"role": role},
    ).one()

    assert tuple(found) == (True, False, False, False, False, False)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_of_the_application_is_a_member_of_another(catalogue: Connection, role: str) -> None:
    query = "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = CAST(:role AS regrole)"
    assert catalogue.scalars(text(query), {"role": role}).all() == []


@pytest.mark.parametrize("role", ROLES)
def test_no_role_of_the_application_owns_anything(catalogue: Connection, role: str) -> None:
    query = """
        SELECT pg_describe_object(classid, objid, objsubid) FROM pg_shdepend
        WHERE refclassid = 'pg_authid'::regclass AND refobjid = CAST(:role AS regrole) AND deptype = 'o'
          AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    """
    assert catalogue.scalars(text(query), {"role": role}).all() == []


def test_functions_may_do_to_a_table_only_what_its_rows_allow(catalogue: Connection) -> None:
    found = _rights(catalogue, "stormcom_function")

    soft = {table for table, cls in models().items() if issubclass(cls, SoftDeletes)}
    expected = {table: EDIT if table in soft else ALL for table in models()}
    expected |= {"stores": ["SELECT", "UPDATE"], "audit_logs": ADD, "alembic_version": []}
    expected |= {"subscription_plans": ["SELECT"], "roles": ["SELECT"], "users": ["SELECT"]}
    expected |= {"account_mails": ["INSERT"], "request_counts": EDIT, "file_deletions": ["INSERT"], "job_runs": []}
    expected |= {table: [] for table in OF_IDENTITY}
    assert found == expected


def test_functions_read_of_a_user_what_colleagues_may_know(catalogue: Connection) -> None:
    query = text(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 "
        "AND has_column_privilege('stormcom_function', attrelid, attnum, 'SELECT') ORDER BY attname"
    )
    assert catalogue.scalars(query).all() == COLLEAGUE


def test_identity_has_users_and_sees_nothing_of_a_store_but_who_belongs_to_it(catalogue: Connection) -> None:
    found = {table: rights for table, rights in _rights(catalogue, "stormcom_identity").items() if rights}

    expected = {table: ALL for table in OF_IDENTITY if table != "platform_members"}
    expected |= {"users": EDIT, "account_mails": EDIT, "platform_members": ["SELECT"]}
    expected |= {table: ["SELECT"] for table in ("roles", "subscription_plans", "stores", "store_subscriptions")}
    expected |= {"user_stores": ADD, "staff_invitations": ["SELECT", "DELETE"], "audit_logs": ["INSERT"]}
    assert found == expected


def test_no_restorable_row_can_be_deleted_by_functions(catalogue: Connection) -> None:
    found = _rights(catalogue, "stormcom_function")

    soft = {table for table, cls in models().items() if issubclass(cls, SoftDeletes)}
    assert soft & tenant_tables() >= {"stores", "products", "customers", "orders", "categories", "brands", "coupons"}
    assert [table for table in soft if {"DELETE", "TRUNCATE"} & set(found[table])] == []


def test_only_these_functions_run_as_the_owner(catalogue: Connection) -> None:
    """A function with the owner's rights reads past the policies, so there are these few, with a fixed search path."""
    query = """
        SELECT oid::regprocedure::text AS name, proconfig AS settings,
               has_function_privilege('public', oid, 'EXECUTE') AS is_public
        FROM pg_proc WHERE prosecdef AND pronamespace IN ('app'::regnamespace, 'public'::regnamespace) ORDER BY name
    """
    found = [(row["name"], row["settings"], row["is_public"]) for row in rows(catalogue, query)]

    path = ["search_path=pg_catalog, pg_temp"]
    assert found == [
        ("app.due_order_exports(integer)", path, False),
        ("app.due_outbox_events(text,integer)", path, False),
        ("app.due_privacy_requests(integer)", path, False),
        ("app.due_reconciliations(integer)", path, False),
        ("app.due_sync_runs(integer)", path, False),
        ("app.due_syncs(integer)", path, False),
        ("app.due_transfers(integer)", path, False),
        ("app.enter_delivery(text)", path, False),
        ("app.enter_integration(text)", path, False),
        ("app.enter_store(text)", path, False),
        ("app.enter_storefront(text,text)", path, False),
        ("app.open_store(text)", path, False),
        ("app.open_storefront(text,text)", path, False),
        ("app.products_named(text)", path, False),
        ("app.redact_audit_log(text,text,text,text[],text[])", path, False),
        (
            "app.redact_audit_mentions(text,text,text[],text[],text[],text[],timestamp with time zone,"
            "timestamp with time zone)",
            path,
            False,
        ),
        ("app.redact_audit_rows(text,text,text[],text[],text[])", path, False),
        ("app.search_products(text,text,text,text)", [*path, "pg_trgm.word_similarity_threshold=0.4"], False),
    ]
