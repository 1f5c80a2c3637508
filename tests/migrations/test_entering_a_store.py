"""The functions that name the store of a transaction, and what the function role may not do to get round them."""

import pytest
from sqlalchemy import Connection, select, text

from shared.models import Store
from shared.soft_delete import soft_delete
from shared.tenancy import tenant_session
from tests.conftest import Database
from tests.factories import make_store
from tests.migrations.filling import enter, inside, refusal

FORBIDDEN = "42501"
WITHIN = "SELECT app.current_store()"
STORES = "SELECT count(*) FROM stores"
REFUSED = [
    "TRUNCATE products CASCADE",
    "TRUNCATE audit_logs",
    "ALTER TABLE products DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE products NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE products DISABLE TRIGGER ALL",
    "ALTER TABLE audit_logs DISABLE TRIGGER append_only",
    "DROP POLICY tenant ON products",
    "CREATE POLICY mine ON products USING (true)",
    "DROP TABLE products CASCADE",
    "CREATE TABLE mine (id text)",
    "CREATE TABLE app.mine (id text)",
    "CREATE VIEW mine AS SELECT * FROM products",
    "CREATE SCHEMA mine",
    "CREATE OR REPLACE FUNCTION app.current_store() RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$",
    "CREATE ROLE mine",
    "ALTER ROLE stormcom_function BYPASSRLS",
    "GRANT stormcom_platform TO stormcom_function",
    "SET ROLE stormcom_platform",
    "SET ROLE stormcom_owner",
    "SET SESSION AUTHORIZATION stormcom_platform",
    "SET LOCAL session_replication_role = replica",
]


def _deleted(database: Database, **given: str) -> str:
    store_id = make_store(**given)
    with tenant_session(store_id) as session:
        soft_delete(session, session.scalars(select(Store)).one())
    return store_id


def _enter_storefront(connection: Connection, slug: str | None, host: str | None) -> str | None:
    query = text("SELECT id FROM app.enter_storefront(:slug, :host)")
    found = connection.scalar(query, {"slug": slug, "host": host})
    assert connection.scalar(text(WITHIN)) == found
    return None if found is None else str(found)


def test_entering_answers_with_the_store(database: Database) -> None:
    store_id = make_store(slug="corner", currency="EUR")
    with inside(database, None) as connection:
        row = connection.execute(text("SELECT * FROM app.enter_store(:id)"), {"id": store_id}).one()

        assert row._asdict() == {"id": store_id, "slug": "corner", "status": "ACTIVE", "currency": "EUR"}
        assert connection.scalar(text(WITHIN)) == store_id


def test_a_transaction_that_has_entered_a_store_enters_no_other(database: Database) -> None:
    ours, theirs = make_store(slug="ours"), make_store(slug="theirs", domain="theirs.example")
    with inside(database, ours) as connection:
        assert refusal(connection, "SELECT * FROM app.enter_store(:id)", id=theirs) == FORBIDDEN
        assert refusal(connection, "SELECT * FROM app.enter_storefront('theirs', NULL)") == FORBIDDEN
        assert refusal(connection, "SELECT * FROM app.enter_storefront(NULL, 'theirs.example')") == FORBIDDEN
        assert connection.scalar(text(WITHIN)) == ours
        assert enter(connection, ours) == ours


@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
def test_a_store_is_forgotten_at_the_end_of_its_transaction(database: Database, ending: str) -> None:
    ours, theirs = make_store(), make_store()
    with inside(database, ours) as connection:
        assert connection.scalar(text(STORES)) == 1
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.execute(text(ending))

        assert connection.scalar(text("SELECT pg_backend_pid()")) == backend
        assert connection.scalar(text(WITHIN)) is None
        assert connection.scalar(text(STORES)) == 0
        connection.execute(text(ending))
        assert enter(connection, theirs) == theirs


def test_an_unknown_store_is_not_entered(database: Database) -> None:
    make_store()
    for given in (None, "", "unknown", "' OR true --"):
        with inside(database, None) as connection:
            assert connection.execute(text("SELECT * FROM app.enter_store(:id)"), {"id": given}).all() == []
            assert _enter_storefront(connection, given, given) is None
            assert connection.scalar(text(STORES)) == 0


def test_a_deleted_store_is_not_entered(database: Database) -> None:
    store_id = _deleted(database, slug="gone", domain="gone.example")
    with inside(database, None) as connection:
        assert enter(connection, store_id) is None
        assert _enter_storefront(connection, "gone", "gone.example") is None
        assert connection.scalar(text(STORES)) == 0


def test_a_slug_that_a_deleted_store_had_enters_the_live_one(database: Database) -> None:
    _deleted(database, slug="corner")
    live = make_store(slug="corner")
    with inside(database, None) as connection:
        assert _enter_storefront(connection, "corner", None) == live


def test_a_storefront_is_entered_by_slug_or_domain(database: Database) -> None:
    store_id = make_store(slug="corner", domain="corner.example")
    make_store(slug="other", domain="other.example")
    for slug, host in (("corner", None), (None, "corner.example"), ("corner", "x.example"), ("x", "corner.example")):
        with inside(database, None) as connection:
            assert _enter_storefront(connection, slug, host) == store_id


def test_the_domain_wins_over_the_slug(database: Database) -> None:
    first = make_store(slug="first", domain="first.example")
    second = make_store(slug="second", domain="second.example")
    for slug, host, expected in (("first", "second.example", second), ("second", "first.example", first)):
        with inside(database, None) as connection:
            assert _enter_storefront(connection, slug, host) == expected


def test_the_function_role_changes_neither_schema_nor_roles(database: Database) -> None:
    with inside(database, make_store()) as connection:
        found = {statement: refusal(connection, statement) for statement in REFUSED}

    assert found == dict.fromkeys(REFUSED, FORBIDDEN)


def test_the_function_role_cannot_switch_row_level_security_off(database: Database) -> None:
    with inside(database, make_store()) as connection:
        connection.execute(text("SET LOCAL row_security = off"))

        assert refusal(connection, STORES) == FORBIDDEN
