"""Nobody changes what the audit log says, and only the retention job thins it."""

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from shared.database import platform_engine
from shared.models import AuditLog, User
from shared.tenancy import platform_session, tenant_session
from tests.conftest import Database
from tests.factories import PUBLISHED, make_store
from tests.migrations.deleting import add
from tests.migrations.filling import enter, inside, refusal

FORBIDDEN = "42501"
ALLOW = "SELECT app.begin_audit_retention()"
OURS = "SELECT id, store_id, user_id, actor_email, action FROM audit_logs WHERE id = 'entry'"
CHANGES = [
    "UPDATE audit_logs SET action = 'nothing'",
    "UPDATE audit_logs SET actor_email = 'other@example.com', user_id = NULL",
    "UPDATE audit_logs SET after_snapshot = '{}'",
    "UPDATE audit_logs SET created_at = '2020-01-01'",
    "UPDATE audit_logs SET user_id = 'another'",
    "DELETE FROM audit_logs",
]


def _store() -> str:
    """A store with one entry, made by a user."""
    store_id = make_store()
    with platform_session(reason="test", actor="tests") as session:
        session.add_all(User(id=name, email=f"{name}@example.com") for name in ("someone", "another"))
    entry = AuditLog(id="entry", user_id="someone", actor_email="someone@example.com", action="made", entity_type="x")
    add(store_id, entry)
    return store_id


def _entry(database: Database) -> tuple[object, ...] | None:
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        row = connection.execute(text(OURS)).one_or_none()
    return None if row is None else tuple(row)


@pytest.mark.parametrize("role", ["DATABASE_URL", "PLATFORM_DATABASE_URL", "MIGRATION_DATABASE_URL"])
def test_no_role_changes_or_removes_an_entry(either: Database, role: str) -> None:
    store = _store()
    before = _entry(either)
    with either.engine(role).connect() as connection:
        if either.is_postgresql:
            enter(connection, store)
        assert connection.execute(text(OURS)).one_or_none() is not None
        found = {change: refusal(connection, f"{change} WHERE id = 'entry'") for change in CHANGES}

    assert found == dict.fromkeys(CHANGES, FORBIDDEN if either.is_postgresql else "the audit log is append-only")
    assert _entry(either) == before is not None


def test_retention_lets_the_platform_remove_entries_within_one_transaction(database: Database) -> None:
    _store()
    with database.engine("PLATFORM_DATABASE_URL").connect() as connection:
        connection.execute(text(ALLOW))
        connection.commit()
        assert refusal(connection, "DELETE FROM audit_logs") == FORBIDDEN

        connection.execute(text(ALLOW))
        assert refusal(connection, "UPDATE audit_logs SET action = 'nothing'") == FORBIDDEN
        connection.execute(text("DELETE FROM audit_logs WHERE id = 'entry'"))
        connection.commit()

    assert _entry(database) is None


def test_functions_cannot_begin_retention(database: Database) -> None:
    store = _store()
    with inside(database, store) as connection:
        assert refusal(connection, ALLOW) == FORBIDDEN
        connection.execute(text("SELECT set_config('app.audit_retention', 'on', true)"))

        assert refusal(connection, "DELETE FROM audit_logs WHERE id = 'entry'") == FORBIDDEN


def test_erasing_a_user_keeps_their_entries_without_them(either: Database) -> None:
    store = _store()
    with platform_engine().begin() as connection:
        assert connection.execute(text("DELETE FROM users WHERE id = 'someone'")).rowcount == 1

    assert _entry(either) == ("entry", store, None, "someone@example.com", "made")


def test_a_platform_session_is_on_record_with_its_reason_and_actor(either: Database) -> None:
    query = select(AuditLog.store_id, AuditLog.actor_email, AuditLog.action, AuditLog.entity_type, AuditLog.entity_id)
    with platform_session(reason="count the shops", actor="ops@example.com") as session:
        assert len(session.execute(query).all()) == 1

    with either.engine("PLATFORM_DATABASE_URL").connect() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    assert found == [(None, "ops@example.com", "platform.session", "reason", "count the shops")]


def test_a_store_does_not_see_the_platforms_entries(either: Database) -> None:
    store = _store()
    with platform_engine().connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM audit_logs WHERE store_id IS NULL")) == 2

    with tenant_session(store) as session:
        assert session.scalars(select(AuditLog.id)).all() == ["entry"]


def test_only_the_platforms_entries_are_without_a_store(either: Database) -> None:
    entry = insert(AuditLog).values(actor_email="a@example.com", entity_type="x")
    with platform_engine().connect() as connection:
        assert refusal(connection, entry.values(id="ok", action="platform.purge")) is None
        refused = refusal(connection, entry.values(id="stray", action="product.deleted"))

    assert refused == "23514" if either.is_postgresql else "CHECK constraint failed" in str(refused)


def test_sqlite_tells_retention_by_the_age_of_an_entry(sqlite: Database) -> None:
    long_ago = PUBLISHED.replace(year=2020)
    old = AuditLog(id="old", actor_email="a@example.com", action="made", entity_type="x", created_at=long_ago)
    add(_store(), old)
    with sqlite.engine().connect() as connection:
        refused = [
            refusal(connection, statement)
            for statement in (
                "UPDATE audit_logs SET action = 'nothing' WHERE id = 'old'",
                "DELETE FROM audit_logs WHERE id = 'entry'",
                "DELETE FROM audit_logs",
            )
        ]
        assert refused == ["the audit log is append-only"] * 3
        assert connection.execute(text("DELETE FROM audit_logs WHERE id = 'old'")).rowcount == 1


def test_not_even_the_owner_empties_the_log(database: Database) -> None:
    make_store()  # writes an entry
    owner = database.engine("MIGRATION_DATABASE_URL")
    with pytest.raises(DBAPIError, match="append-only"), owner.begin() as connection:
        connection.execute(text("TRUNCATE audit_logs"))
