"""Everything that a store has about a customer, as one JSON object, for them to take away."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import select

from shared.audit import SECRET
from shared.models import AuditLog, Customer
from shared.models.base import now
from shared.privacy.finding import ALL, Found, find, parts
from shared.privacy.holdings import HOLDINGS
from shared.statement_rules import MODELS
from shared.tenant_session import TenantSession

_OURS = {"store_id", "deletion_id", "purged_at", "version", "storage_key", "result_url", "resume_at", "attempts"}


def collect(session: TenantSession, customer: Customer) -> dict[str, Any]:
    """What the store has about a customer: by table, and what belongs to an order, cart or list inside of it.

    Times are UTC in RFC 3339, amounts text in the store's currency. Secrets, such as hashes of passwords, are left out.
    """
    found = find(session, customer)
    rows = {name: _rows(session, name, found) for name, holding in HOLDINGS.items() if holding.is_shown}
    for name in reversed(list(rows)):
        _put_inside(name, rows)
    shown = {name: list(those.values()) for name, those in rows.items() if HOLDINGS[name].through == "customers"}
    profile = shown.pop("customers")[0]
    return {"exported_at": now().isoformat(), "customer": profile, **shown, "activity": _activity(session, found)}


def _rows(session: TenantSession, name: str, found: Found) -> dict[str, dict[str, Any]]:
    model = MODELS[name]
    those: dict[str, dict[str, Any]] = {}
    for some in parts(found.rows[name]):
        query = select(model).where(model.id.in_(some)).order_by(model.created_at, model.id)
        those |= {row.id: _shown(row) for row in session.scalars(query.execution_options(**ALL))}
    return those


def _put_inside(name: str, rows: dict[str, dict[str, dict[str, Any]]]) -> None:
    holding = HOLDINGS[name]
    if holding.through == "customers" or holding.through not in rows:
        return
    for row in rows[name].values():
        parent = rows[holding.through].get(row[str(holding.by)])
        if parent is not None:
            parent.setdefault(name, []).append(row)


def _activity(session: TenantSession, found: Found) -> list[dict[str, Any]]:
    """What they did that the audit log tells of."""
    query = select(AuditLog).where(AuditLog.actor_email.in_(found.mails)).order_by(AuditLog.created_at, AuditLog.id)
    names = ("action", "created_at", "ip_address", "user_agent")
    return [{name: _plain(getattr(row, name)) for name in names} for row in session.scalars(query)]


def _shown(row: Any) -> dict[str, Any]:
    names = [column.key for column in row.__mapper__.column_attrs]
    return {name: _plain(getattr(row, name)) for name in names if name not in _OURS and not SECRET.search(name)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value
