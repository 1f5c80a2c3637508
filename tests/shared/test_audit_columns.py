"""Every column of every model can be written to the log, and none that sounds like a secret shows its value."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Boolean, select
from sqlalchemy.exc import DBAPIError

from shared.audit import Actor, act_as
from shared.column_types import EnumText
from shared.models import AccountMail, AuditLog, Base, EmailMessage, FileDeletion, IdempotencyKey, OutboxEvent
from shared.models.base import new_id
from shared.tenancy import platform_session
from shared.tenant_session import TenantSession
from tests.conftest import Database
from tests.factories import make_store
from tests.migrations.filling import fill

MACHINERY = {AuditLog, AccountMail, EmailMessage, FileDeletion, IdempotencyKey, OutboxEvent}
MODELS = sorted({mapper.class_ for mapper in Base.registry.mappers}, key=lambda model: model.__name__)
NEVER = {"id", "store_id", "created_at", "updated_at", "version", "deletion_id", "deleted_at"}
SECRET = re.compile(r"secret|password|token|hash|key|credential|backup_codes")
# Who adds a column with such a name decides here that it may be shown.
OPEN = {"Page.meta_keywords", "Product.meta_keywords", "PaymentGatewayConfig.public_key"}
OPEN |= {
    "Media.storage_key",
    "MediaUpload.storage_key",
    "OrderExport.storage_key",
    "PrivacyRequest.storage_key",
    "ProductTransfer.storage_key",
    "CustomerAttempts.key",
}
# A rule of the table is against the sample.
RULED = {
    "Address.country",
    "Coupon.valid_to",
    "FlashSale.start_at",
    "Payment.currency",
    "Product.status",
    "ProductReview.rating",
    "Store.currency",
    "TaxRate.country",
}
SAMPLES: dict[str, Any] = {
    "Money": Decimal("1.500"),
    "Rate": Decimal("0.075"),
    "Measure": Decimal("1.250"),
    "UtcDateTime": datetime(2031, 1, 1, tzinfo=UTC),
    "Integer": 7,
    "BigInteger": 7,
    "JSON": {"a": [1, None, "text"]},
    "LargeBinary": b"\x00\xff",
}


@pytest.fixture(scope="module")
def filled(one: Database) -> dict[str, str]:
    """The ids of a row in every table."""
    return fill(one, make_store())


def others(row: Any) -> Iterator[tuple[str, Any]]:
    """What may be changed of a row, with another value for it."""
    for attribute in type(row).__mapper__.column_attrs:
        column, now = attribute.columns[0], getattr(row, attribute.key)
        if attribute.key in NEVER or column.foreign_keys:
            continue
        if isinstance(column.type, EnumText):
            yield attribute.key, next(value for value in column.type.enum if value is not now)
        elif isinstance(column.type, Boolean):
            yield attribute.key, not now
        else:
            yield attribute.key, SAMPLES.get(type(column.type).__name__, f"clear{new_id()}")


def noted(session: TenantSession, row: Any, key: str, value: Any) -> dict[str, Any] | None:
    """What the log has of a change; None when a rule of the table is against it, or nothing was noted."""
    try:
        with session.begin_nested():
            setattr(row, key, value)
    except DBAPIError:
        return None
    query = select(AuditLog.after_snapshot).where(AuditLog.entity_id == row.id, AuditLog.action.like("%.updated"))
    return session.scalar(query.order_by(AuditLog.created_at.desc()).limit(1))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_change_of_any_column_is_noted_without_secrets(filled: dict[str, str], model: type[Any]) -> None:
    with platform_session(reason="test", actor="tests") as session:
        act_as(session, Actor(None, "boss@example.com"))
        row = session.get_one(model, filled[model.__tablename__])
        for key, value in list(others(row)):
            name, after = f"{model.__name__}.{key}", noted(session, row, key, value)
            if model in MACHINERY or name in RULED:
                assert after is None or key not in after, name
                continue
            assert after is not None, name
            if SECRET.search(key) and name not in OPEN:
                assert after == {key: "***"}, name
            else:
                assert after[key] not in (None, "***"), name
                assert set(after) == {key}
        session.rollback()


def test_what_sounds_like_a_secret_is_in_the_walk() -> None:
    keys = [(model.__name__, attribute.key) for model in MODELS for attribute in model.__mapper__.column_attrs]
    named = {f"{model}.{key}" for model, key in keys if SECRET.search(key)}

    assert named > OPEN
    assert len(named - OPEN) > 15
