"""Taking a customer out of the audit log, which nothing else may change.

First what tells of them anywhere: by their words, in rows of the kinds that may hold them. Then, by an index, all that
the log tells of what is theirs, of what was purged before among it: what the first step has found is about that.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text, update

from shared.models import AuditLog
from shared.models.base import now
from shared.privacy.finding import Found, parts
from shared.privacy.holdings import HOLDINGS
from shared.statement_rules import MODELS
from shared.tenant_session import TenantSession

_AT_ONCE = timedelta(days=31)
"""How much of the log a statement reads. A store has a year of it, and then the archive has it."""
_GOODS = frozenset(
    {
        "attributes",
        "brands",
        "categories",
        "coupon_categories",
        "coupon_products",
        "flash_sale_items",
        "flash_sales",
        "media",
        "media_uploads",
        "product_attributes",
        "product_categories",
        "product_labels",
        "product_transfer_issues",
        "product_transfers",
        "products",
        "shipping_rates",
        "shipping_zones",
        "slug_redirects",
        "stock_reservations",
        "tax_rates",
        "variants",
    }
)
"""Tables of goods and prices, which are most of the log and tell of nobody."""
PERSONAL = sorted(
    {key for holding in HOLDINGS.values() for key in holding.blanks}
    | {"email", "recipient", "shipping_address", "billing_address", "state", "country"}
)
"""Keys of snapshots that tell of a person, in rows about what belongs to one."""
_NOTHING = {"redacted": True}


def redact_log(session: TenantSession, found: Found, words: Sequence[str]) -> None:
    """Leave nothing of a customer in a store's log, given the words (in lower case) that would tell of them."""
    forms = list(dict.fromkeys(form for word in words for form in (word, json.dumps(word, ensure_ascii=False)[1:-1])))
    theirs = {one for rows in found.rows.values() for one in rows}
    for begin, end in _windows(session):
        theirs.update(_redact_mentions(session, found, forms, begin, end))
    for some in parts(sorted(theirs)):
        _redact_rows(session, found, some)


def _entity(table: str) -> str:
    """What the log calls a row of a table (shared/audit.py)."""
    name: str = MODELS[table].__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _searched() -> list[str]:
    return sorted(_entity(table) for table in MODELS if table not in _GOODS)


def _held() -> list[str]:
    return sorted(_entity(table) for table in HOLDINGS)


def _windows(session: TenantSession) -> Iterator[tuple[datetime, datetime]]:
    begin = session.scalar(select(func.min(AuditLog.created_at)))
    end = now() + timedelta(days=1)
    while begin is not None and begin < end:
        yield begin, begin + _AT_ONCE
        begin += _AT_ONCE


_MENTIONS = text(
    "SELECT * FROM app.redact_audit_mentions(:store, :customer, CAST(:types AS text[]), CAST(:words AS text[]), "
    "CAST(:mails AS text[]), CAST(:keys AS text[]), :begin, :end)"
)
_ROWS = text(
    "SELECT app.redact_audit_rows(:store, :customer, "
    "CAST(:types AS text[]), CAST(:ids AS text[]), CAST(:keys AS text[]))"
)


def _redact_mentions(
    session: TenantSession, found: Found, forms: list[str], begin: datetime, end: datetime
) -> Iterable[str]:
    """Redact what has one of the words, of a time. Returns the ids of what belongs to the customer there."""
    if session.get_bind().dialect.name != "postgresql":
        rows = _mentioning(session, found, forms, begin, end)
    else:
        given: dict[str, Any] = {"store": session.store_id, "customer": found.customer_id, "keys": PERSONAL}
        given |= {"types": _searched(), "words": forms, "mails": found.mails, "begin": begin, "end": end}
        rows = [(row.entity_type, row.entity_id) for row in session.connection().execute(_MENTIONS, given)]
    held = set(_held())
    return {entity_id for kind, entity_id in rows if entity_id is not None and kind in held}


def _redact_rows(session: TenantSession, found: Found, ids: Sequence[str]) -> None:
    if session.get_bind().dialect.name == "postgresql":
        given = {"store": session.store_id, "customer": found.customer_id, "keys": PERSONAL, "types": _held()}
        session.connection().execute(_ROWS, given | {"ids": list(ids)})
        return
    for row in session.scalars(select(AuditLog).where(AuditLog.entity_id.in_(ids))).all():
        _redact(session, row, _of_keys(row))


def _mentioning(
    session: TenantSession, found: Found, forms: list[str], begin: datetime, end: datetime
) -> list[tuple[str, str | None]]:
    """As `app.redact_audit_mentions`, for SQLite."""
    during = (AuditLog.created_at >= begin, AuditLog.created_at < end, AuditLog.entity_type.in_(_searched()))
    told: list[tuple[str, str | None]] = []
    for row in session.scalars(select(AuditLog).where(*during)).all():
        facts = {name: _NOTHING for name, shot in _snapshots(row).items() if _has(shot, forms)}
        is_actor = row.actor_email.lower() in found.mails
        if facts or is_actor:
            told.append((row.entity_type, row.entity_id))
            gone = {"actor_email": "erased", "ip_address": None, "user_agent": None} if is_actor else {}
            _redact(session, row, facts | _of_keys(row) | gone)
    return told


def _has(snapshot: Any, forms: list[str]) -> bool:
    written = json.dumps(snapshot, ensure_ascii=False).lower()
    return any(form in written for form in forms)


def _of_keys(row: AuditLog) -> dict[str, Any]:
    return {name: _NOTHING for name, shot in _snapshots(row).items() if not set(shot).isdisjoint(PERSONAL)}


def _snapshots(row: AuditLog) -> dict[str, dict[str, Any]]:
    return {name: shot for name in ("before_snapshot", "after_snapshot") if (shot := getattr(row, name))}


def _redact(session: TenantSession, row: AuditLog, facts: dict[str, Any]) -> None:
    log: Any = AuditLog.__table__
    if facts:
        changed = update(log).where(log.c.id == row.id)
        session.connection().execute(changed.values(updated_at=log.c.updated_at, **facts))
        session.expire(row)
