"""A session that has entered no store, and the platform's, which sees them all."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, exists, func, insert, select, update

from shared.errors import TenancyError
from shared.models import AuditLog, Product, Store, SubscriptionPlan, User
from shared.models.base import Base, TenantScoped
from shared.tenancy import platform_session
from shared.tenant_session import TenantSession
from tests.shared.two_stores import TwoStores, raw

Act = Callable[[TenantSession], Any]
MODELS: list[Any] = sorted((m.class_ for m in Base.registry.mappers), key=lambda cls: str(cls.__name__))
SCOPED = [cls for cls in MODELS if issubclass(cls, TenantScoped | Store)]
GLOBAL = [cls for cls in MODELS if cls not in SCOPED]


def _add(session: TenantSession, row: Any) -> None:
    session.add(row)
    session.flush()


@pytest.mark.parametrize("model", SCOPED)
def test_without_a_store_no_model_of_a_store_can_be_used(stores: TwoStores, model: Any) -> None:
    acts: list[Act] = [
        lambda s: s.execute(select(model)),
        lambda s: s.get(model, "x"),
        lambda s: s.query(model.id).all(),
        lambda s: s.scalar(select(func.count()).select_from(model)),
        lambda s: s.scalars(select(User).where(exists().where(model.id == User.id))),
        lambda s: s.execute(update(model).values(created_at=func.now())),
        lambda s: s.execute(delete(model)),
        lambda s: s.execute(insert(model), [{"id": "x"}]),
        lambda s: s.execute(insert(User).from_select(["id"], select(model.id))),
        lambda s: _add(s, model(id="x")),
        lambda s: s.execute(select(model.__table__)),
    ]
    for act in acts:
        with stores.session(None) as session, pytest.raises(TenancyError):
            act(session)


@pytest.mark.parametrize("model", GLOBAL)
def test_without_a_store_global_models_work(stores: TwoStores, model: Any) -> None:
    with stores.session(None) as session:
        session.scalars(select(model)).all()
        assert session.get(model, "x") is None


def test_without_a_store_global_rows_are_written(stores: TwoStores) -> None:
    with stores.session(None) as session:
        session.add(User(id="new", email="new@example.com"))
        session.flush()
        session.execute(update(User).values(name="Changed"))
        session.execute(insert(User), [{"id": "newer", "email": "newer@example.com"}])
        assert set(raw(session, "SELECT id FROM users WHERE name = 'Changed'")) == {"new", "user"}


def test_there_are_models_of_both_kinds() -> None:
    assert len(SCOPED) >= 44
    assert {User, SubscriptionPlan} <= set(GLOBAL)


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_platform_session_needs_a_reason(stores: TwoStores, reason: str) -> None:
    with pytest.raises(TenancyError), platform_session(reason=reason, actor="tests"):
        pass


def test_a_platform_session_sees_every_store_and_is_audited(stores: TwoStores) -> None:
    with platform_session(reason="a test of it", actor="tests") as session:
        assert set(session.scalars(select(Product.name))) == {"Lamp A", "Lamp B"}
    with stores.session(None) as plain:
        told = raw(plain, "SELECT actor_email FROM audit_logs WHERE entity_id = 'a test of it'")
        assert told == ["tests"]


def test_the_audit_log_shows_a_store_its_own_records_only(stores: TwoStores) -> None:
    with stores.session() as session:
        session.add(AuditLog(actor_email="a", action="store.changed", entity_type="store"))
        session.flush()
        assert session.scalars(select(AuditLog.action)).all() == ["store.changed"]
