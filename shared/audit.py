"""The audit log: who did what, before and after, from where. One mechanism for every change that an admin makes.

A session that acts for somebody (`act_as`) writes a row for each model it creates, changes or deletes, in the same
transaction. What is no row's change, such as a sign-in, is written with `record`. Secrets are masked by name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import event, insert, inspect
from sqlalchemy.orm import InstanceState

from shared.models import (
    AccountMail,
    AuditLog,
    Base,
    EmailMessage,
    FileDeletion,
    IdempotencyKey,
    OutboxEvent,
    SoftDeletes,
    Store,
)
from shared.models.base import new_id
from shared.tenant_session import TenantSession

SECRET = re.compile(r"(secret|password|token|hash|api_key|secret_key|backup_codes)(_|$)")
"""Columns whose values the log shows as `***`."""

_MACHINERY = (AuditLog, OutboxEvent, AccountMail, EmailMessage, IdempotencyKey, FileDeletion)
_DULL = {"created_at", "updated_at", "version", "deletion_id"}
Snapshot = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from which address, with which program."""

    user_id: str | None
    email: str
    ip_address: str | None = None
    user_agent: str | None = None


def act_as(session: TenantSession, actor: Actor) -> None:
    """Say for whom a session acts: from now on what it changes is written to the audit log."""
    session.info["actor"] = actor


def record(  # noqa: PLR0913 - a parameter for each of the log's columns
    session: TenantSession,
    action: str,
    entity_type: str,
    entity_id: str | None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    store_id: str | None = None,
    actor: Actor | None = None,
) -> None:
    """Write a row that tells of something other than a change of a model.

    `action` is `<what>.<past participle>`; without a store it begins with `platform.`. The actor is whom the session
    acts for, if nobody else is named.
    """
    row = _row(actor or session.info["actor"], action, entity_type, entity_id, before, after)
    _write(session, [row | {"store_id": store_id or session.store_id}])


@event.listens_for(TenantSession, "after_flush")
def _note_changes(session: TenantSession, _context: Any) -> None:
    if "actor" not in session.info:
        return
    changes = [("created", row) for row in session.new] + [("deleted", row) for row in session.deleted]
    changes += [(_verb(row), row) for row in session.dirty]
    rows = [_change(session, verb, row) for verb, row in changes if not isinstance(row, _MACHINERY)]
    _write(session, [row for row in rows if row])


def _verb(row: Any) -> str:
    history = inspect(row).attrs.deleted_at.history if isinstance(row, SoftDeletes) else None
    if history is None or not history.has_changes():
        return "updated"
    return "deleted" if row.deleted_at else "restored"


def _change(session: TenantSession, verb: str, row: Any) -> Snapshot | None:
    state: InstanceState[Any] = inspect(row)
    before, after = ({}, _whole(state)) if verb == "created" else (_whole(state), {}) if verb == "deleted" else ({}, {})
    if verb in ("updated", "restored") or (verb == "deleted" and row not in session.deleted):
        before, after = _changed(state)
        if not before and not after:
            return None
    entity = re.sub(r"(?<!^)(?=[A-Z])", "_", type(row).__name__).lower()
    store_id = row.id if isinstance(row, Store) else getattr(row, "store_id", None)
    action = f"{entity}.{verb}" if store_id else f"platform.{entity}.{verb}"
    made = _row(session.info["actor"], action, entity, row.id, before or None, after or None)
    return made | {"store_id": store_id}


def _whole(state: InstanceState[Any]) -> Snapshot:
    values = {key: state.dict.get(key) for key in _columns(state) if key not in _DULL}
    return {key: _shown(key, value) for key, value in values.items() if value is not None}


def _changed(state: InstanceState[Any]) -> tuple[Snapshot, Snapshot]:
    before, after = {}, {}
    for key in _columns(state):
        history = state.attrs[key].history
        if key not in _DULL and history.has_changes():
            before[key] = _shown(key, history.deleted[0] if history.deleted else None)
            after[key] = _shown(key, history.added[0] if history.added else None)
    return before, after


def _columns(state: InstanceState[Any]) -> Iterable[str]:
    return [attribute.key for attribute in state.mapper.column_attrs]


def _shown(key: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if SECRET.search(key):
        return "***"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes | Decimal):
        return str(value)
    return _shown_inside(value)


def _shown_inside(value: Any) -> Any:
    """What a JSON column holds, its secrets masked too."""
    if isinstance(value, dict):
        return {name: _shown(str(name), inner) for name, inner in value.items()}
    return [_shown("", inner) for inner in value] if isinstance(value, list) else value


def _row(  # noqa: PLR0913, PLR0917 - a parameter for each of the log's columns
    actor: Actor,
    action: str,
    entity_type: str,
    entity_id: str | None,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> Snapshot:
    return {
        "id": new_id(),
        "user_id": actor.user_id,
        "actor_email": actor.email,
        "action": action,
        "entity_type": entity_type,
        "entity_id": entity_id,
        "before_snapshot": before,
        "after_snapshot": after,
        "ip_address": actor.ip_address,
        "user_agent": (actor.user_agent or "")[:500] or None,
    }


def _write(session: TenantSession, rows: list[Snapshot]) -> None:
    if rows:
        # Past the unit of work, which is busy with the flush that this tells of.
        session.connection().execute(insert(Base.metadata.tables["audit_logs"]), rows)
