"""Legal holds: what is under one is neither purged nor erased, whoever asks for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from shared.models import Customer, LegalHold
from shared.tenant_session import TenantSession


@dataclass(frozen=True, slots=True)
class Held:
    """The customers of a store who are under a hold of their own, and their addresses in lower case."""

    ids: list[str]
    mails: list[str]


def in_force(moment: datetime, columns: Any = LegalHold) -> list[ColumnElement[bool]]:
    """The conditions for a hold to hold at a moment."""
    return [columns.released_at.is_(None), or_(columns.until.is_(None), columns.until > moment)]


def held_customers(session: TenantSession, store_id: str, moment: datetime) -> Held:
    """Who is under a hold in a store at a moment, in a session of the platform."""
    holds, customers = LegalHold.__table__.c, Customer.__table__.c
    theirs = (holds.store_id == store_id, holds.customer_id.is_not(None), customers.id == holds.customer_id)
    query = select(customers.id, customers.email).where(*theirs, *in_force(moment, holds)).distinct()
    rows = session.connection().execute(query).all()
    return Held([row.id for row in rows], [row.email for row in rows])


def hold_on(session: TenantSession, customer_id: str | None, moment: datetime) -> LegalHold | None:
    """The hold that a customer, or the store as a whole, is under at a moment, in a session of the store."""
    whose = or_(LegalHold.customer_id.is_(None), LegalHold.customer_id == customer_id)
    return session.scalars(select(LegalHold).where(whose, *in_force(moment)).limit(1)).first()


def stores_under_hold(session: TenantSession, moment: datetime) -> set[str]:
    """The stores that are held as a whole, in a session of the platform."""
    columns = LegalHold.__table__.c
    query = select(columns.store_id).where(columns.customer_id.is_(None), *in_force(moment, columns))
    return set(session.connection().scalars(query))
