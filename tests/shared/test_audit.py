"""The log of what was done: a row for each change, in the same transaction, without secrets."""

import json
import re

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from shared.audit import Actor, act_as, record
from shared.models import (
    AuditLog,
    ExternalPlatformIntegration,
    Product,
    User,
)
from shared.models.base import new_id, now
from shared.models.enums import ProductStatus
from shared.soft_delete import restore, soft_delete
from shared.tenancy import identity_session, platform_session, tenant_session
from shared.tenant_session import TenantSession
from tests.conftest import Database
from tests.factories import make_product, make_store, product_of

BOSS = Actor(None, "boss@example.com", "203.0.113.7", "browser/1.0")


def log(store_id: str | None) -> list[AuditLog]:
    """The rows of a store, or of none, oldest first."""
    with platform_session(reason="test", actor="tests") as session:
        query = select(AuditLog).where(AuditLog.store_id == store_id, AuditLog.action != "platform.session")
        return list(session.scalars(query.order_by(AuditLog.created_at, AuditLog.id)))


def acting(session: TenantSession) -> TenantSession:
    act_as(session, BOSS)
    return session


def test_making_changing_deleting_and_restoring_are_noted_with_before_and_after(each: Database) -> None:
    store_id = make_store()
    with tenant_session(store_id) as session:
        acting(session).add(product := product_of(name="Lamp"))
        session.flush()
        product.name, product.status = "Lantern", ProductStatus.DRAFT
        session.flush()
        product_id = product.id
        soft_delete(session, product)
        restore(session, Product, product_id)

    made, changed, deleted, restored = log(store_id)
    actions = [row.action for row in (made, changed, deleted, restored)]
    assert actions == ["product.created", "product.updated", "product.deleted", "product.restored"]
    assert {row.entity_type for row in log(store_id)} == {"product"}
    assert {row.entity_id for row in log(store_id)} == {product_id}
    assert (made.before_snapshot, (made.after_snapshot or {})["name"]) == (None, "Lamp")
    assert changed.before_snapshot == {"name": "Lamp", "status": "ACTIVE"}
    assert changed.after_snapshot == {"name": "Lantern", "status": "DRAFT"}
    assert set(deleted.after_snapshot or {}) == set(restored.before_snapshot or {}) == {"deleted_at"}


def test_a_row_says_who_from_where_and_with_what(each: Database) -> None:
    store_id = make_store()
    user_id = new_id()
    with platform_session(reason="test", actor="tests") as session:
        session.add(User(id=user_id, email=f"{user_id}@example.com"))
    with tenant_session(store_id) as session:
        act_as(session, Actor(user_id, "a@example.com", "2001:db8::1", "x" * 600))
        session.add(product_of())

    (row,) = log(store_id)
    assert (row.user_id, row.actor_email, row.ip_address) == (user_id, "a@example.com", "2001:db8::1")
    assert row.user_agent == "x" * 500


def test_a_session_that_acts_for_nobody_notes_nothing(each: Database) -> None:
    store_id = make_store()
    make_product(store_id)

    assert log(store_id) == []


def test_a_flush_that_changes_nothing_notes_nothing(each: Database) -> None:
    store_id = make_store()
    product_id = make_product(store_id, name="Lamp")
    with tenant_session(store_id) as session:
        product = acting(session).get_one(Product, product_id)
        product.name = "Lantern"
        product.name = "Lamp"
        session.flush()
        product.updated_at = now()

    assert log(store_id) == []


def _fail(store_id: str) -> None:
    with tenant_session(store_id) as session:
        acting(session).add(product_of())
        session.flush()
        record(session, "store.looked_at", "store", store_id)
        raise RuntimeError


def test_what_is_rolled_back_leaves_nothing(each: Database) -> None:
    store_id = make_store()
    with pytest.raises(RuntimeError):
        _fail(store_id)
    assert log(store_id) == []

    with tenant_session(store_id) as session:
        with acting(session).begin_nested() as part:
            session.add(product_of(name="undone"))
            session.flush()
            part.rollback()
        session.add(product_of(name="done"))
    assert [(row.after_snapshot or {})["name"] for row in log(store_id)] == ["done"]


def test_what_is_no_rows_change_is_noted_by_its_name(each: Database) -> None:
    store_id, other = make_store(), make_store()
    with tenant_session(store_id) as session:
        record(acting(session), "store.exported", "store", store_id, after={"rows": 3})
    with platform_session(reason="test", actor="tests") as session:
        record(session, "store.viewed", "store", other, store_id=other, actor=Actor(None, "ops@example.com"))

    assert [(row.action, row.actor_email, row.after_snapshot) for row in log(store_id)] == [
        ("store.exported", BOSS.email, {"rows": 3})
    ]
    assert [(row.action, row.actor_email) for row in log(other)] == [("store.viewed", "ops@example.com")]


def test_a_note_without_an_actor_is_a_mistake(each: Database) -> None:
    with tenant_session(make_store()) as session, pytest.raises(KeyError):
        record(session, "store.exported", "store", None)


def test_a_note_without_a_store_must_be_the_platforms(each: Database) -> None:
    with pytest.raises(SQLAlchemyError, match="store_or_platform"), identity_session() as session:
        record(session, "user.signed_in", "user", None, actor=BOSS)


def test_a_secret_that_is_changed_or_deleted_is_not_shown(each: Database) -> None:
    store_id = make_store()
    with tenant_session(store_id) as session:
        row = ExternalPlatformIntegration(
            platform="WOOCOMMERCE", api_url="https://x.example", api_key="ck_1", api_secret="cs_1"
        )
        acting(session).add(row)
        session.flush()
        row.api_key = "ck_2"
        session.flush()
        session.delete(row)

    made, changed, deleted = log(store_id)
    assert (changed.before_snapshot, changed.after_snapshot) == ({"api_key": "***"}, {"api_key": "***"})
    for snapshot in (made.after_snapshot, deleted.before_snapshot):
        assert not re.search(r"c[ks]_\d", json.dumps(snapshot))


def test_what_belongs_to_no_store_is_noted_as_the_platforms(each: Database) -> None:
    user = User(id=new_id(), email=f"{new_id()}@example.com", password_hash="argon")
    with identity_session() as session:
        acting(session).add(user)

    with platform_session(reason="test", actor="tests") as session:
        row = session.scalars(select(AuditLog).where(AuditLog.entity_id == user.id)).one()
    assert (row.store_id, row.action) == (None, "platform.user.created")
    assert (row.after_snapshot or {})["password_hash"] == "***"
