"""What a job did last in a store, so that it does it once, however often it runs."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from shared.models import JobMark
from shared.models.base import new_id
from shared.tenant_session import TenantSession


def first_time(session: TenantSession, name: str, mark: str) -> bool:
    """Whether a mark is new for the session's store; it is kept in its transaction. Of two at once, one is told so."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(JobMark).values(id=new_id(), name=name, mark=mark)
    kept = new.on_conflict_do_update(
        index_elements=[JobMark.store_id, JobMark.name],
        set_={"mark": new.excluded.mark},
        where=JobMark.mark != new.excluded.mark,
    )
    return session.scalar(kept.returning(JobMark.id)) is not None
