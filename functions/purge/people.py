"""Users who were deleted: they are no store's, and go with their sessions and all else that proves who they are."""

from datetime import timedelta

from sqlalchemy import select

from functions.purge.kinds import table_of
from functions.purge.removing import Batch, clear
from functions.purge.retention import USUAL
from shared.job_runs import Run
from shared.models import User
from shared.tenancy import scheduled_session

_AT_ONCE, _ROWS = 50, 2000


def purge_users(run: Run) -> None:
    """Purge users who were deleted long enough ago. What they did in stores stays, without their name beside it."""
    users = table_of(User)
    old = users.c.deleted_at < run.moment - timedelta(days=USUAL)
    query = select(users.c.id).where(old).order_by(users.c.deleted_at, users.c.id).limit(_AT_ONCE)
    while run.has_time():
        with scheduled_session() as session:
            ids = list(session.connection().scalars(query.with_for_update(skip_locked=True)))
            if not ids:
                return
            batch = Batch(session.connection(), "", run.moment, _ROWS)
            clear(batch, users, dict.fromkeys(ids, False))
        run.counts.update(batch.counts)
