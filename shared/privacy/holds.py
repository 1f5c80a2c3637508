"""Legal holds: what is under one is neither purged nor erased, whoever asks for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select

from shared.models import LegalHold
from shared.tenant_session import TenantSession

Held = Callable[[Any, Any], ColumnElement[bool]]


def in_force(moment: datetime, columns: Any = LegalHold) -> list[ColumnElement[bool]]:
    """The conditions for a hold to hold at a moment."""
    return [columns.released_at.is_(None), or_(columns.until.is_(None), columns.until > moment)]


def under_hold(moment: datetime) -> Held:
    """Whether the customer that two columns name (store and id) is under a hold of their own at a moment."""
    table = LegalHold.__table__

    def held(store_id: Any, customer_id: Any) -> ColumnElement[bool]:
        holds = table.alias().c
        theirs = (holds.store_id == store_id, holds.customer_id == customer_id)
        return exists().where(*theirs, *in_force(moment, holds))

    return held


def hold_on(session: TenantSession, customer_id: str | None, moment: datetime) -> LegalHold | None:
    """The hold that a customer, or the store as a whole, is under at a moment, in a session of the store."""
    whose = or_(LegalHold.customer_id.is_(None), LegalHold.customer_id == customer_id)
    return session.scalars(select(LegalHold).where(whose, *in_force(moment)).limit(1)).first()


def stores_under_hold(session: TenantSession, moment: datetime) -> set[str]:
    """The stores that are held as a whole, in a session of the platform."""
    columns = LegalHold.__table__.c
    query = select(columns.store_id).where(columns.customer_id.is_(None), *in_force(moment, columns))
    return set(session.connection().scalars(query))
