"""Order numbers: `ORD-1001` and on, per store and without gaps, wherever an order comes from."""

from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite

from shared.models import OrderCounter
from shared.models.base import new_id
from shared.tenant_session import TenantSession

_PREFIX = "ORD-"


def next_number(session: TenantSession) -> str:
    """The store's next order number. Its counter is held until the commit: numbers have no gaps."""
    counted = (
        update(OrderCounter)
        .values(last_number=OrderCounter.last_number + 1)
        .returning(OrderCounter.last_number)
        .execution_options(synchronize_session=False)
    )
    number = session.scalar(counted)
    if number is None:
        dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        first = {"id": new_id(), "store_id": session.store_id}
        session.execute(dialect.insert(OrderCounter).values(first).on_conflict_do_nothing())
        number = session.scalar(counted)
    return f"{_PREFIX}{number}"
