"""Deleting so that it can be undone for 90 days, and undoing it.

The database cascades: what belongs to a row goes and comes back with it (see the soft-delete migration).
"""

from typing import Any, TypeVar

from sqlalchemy import Index, and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from shared.errors import ConflictError, FieldError, NotFoundError
from shared.models import Base, SoftDeletes, Store, TenantScoped
from shared.models.base import new_id, now
from shared.tenant_session import INCLUDE_DELETED, TenantSession

S = TypeVar("S", bound=Base)


def soft_delete(session: TenantSession, row: SoftDeletes) -> str:
    """Hide a row and all that belongs to it at once. Returns the id of the deletion; a first one stands."""
    if row.deletion_id is not None:
        return row.deletion_id
    row.deleted_at, row.deletion_id = now(), new_id()
    session.flush()
    deletion_id = row.deletion_id
    # The trigger has changed rows that this session may hold.
    session.expire_all()
    return deletion_id


def restore(session: TenantSession, model: type[S], row_id: str) -> S:
    """Bring back a deleted row with exactly what its deletion took.

    Raises NotFoundError when there is no such deleted row or the purge has begun with it, ConflictError naming each
    slug, SKU or e-mail that a live row has taken in the meantime.
    """
    # Locked: the purge and a restore of the same row wait for each other, and who comes second sees what was done.
    query = select(model).where(model.id == row_id).with_for_update()
    row = session.scalar(query.execution_options(**{INCLUDE_DELETED: True}, populate_existing=True))
    if not isinstance(row, SoftDeletes) or row.deleted_at is None or row.deletion_id is None:
        raise NotFoundError("not_deleted", "There is no such deleted item.")
    if row.purged_at is not None:
        raise NotFoundError("purged", "It was deleted too long ago, and is gone for good.")
    if errors := _taken(session, row.deletion_id):
        taken = ", ".join(f"{error['loc'][-1]} {error['message']}" for error in errors)
        raise ConflictError("already_taken", f"In use by something else now: {taken}. Change one of the two.", errors)
    try:
        with session.begin_nested():
            row.deleted_at = row.deletion_id = None
    except IntegrityError as error:
        # A rule that is not a live unique of its own, such as one default variant a product.
        raise ConflictError("already_taken", "Something else has taken its place; change that one first.") from error
    session.expire_all()
    return row


def _taken(session: TenantSession, deletion_id: str) -> list[FieldError]:
    # Users are no store's: none goes with a deletion.
    kinds = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, TenantScoped | Store)]
    models: list[Any] = [model for model in kinds if issubclass(model, SoftDeletes)]
    return [
        error
        for model in models
        for index in model.__table__.indexes
        if index.unique and str(index.dialect_options["postgresql"]["where"]) == "deleted_at IS NULL"
        for error in _clashes(session, model, index, deletion_id)
    ]


def _clashes(session: TenantSession, model: Any, index: Index, deletion_id: str) -> list[FieldError]:
    """Values of a live unique that rows of a deletion share with live rows."""
    gone, live = aliased(model), aliased(model)
    names = [column.name for column in index.columns]
    same = and_(*(getattr(gone, name) == getattr(live, name) for name in names))
    query = (
        select(getattr(gone, names[-1]))
        .join(live, same)
        .where(gone.deletion_id == deletion_id, live.deleted_at.is_(None))
        .execution_options(**{INCLUDE_DELETED: True})
    )
    return [FieldError(loc=[model.__tablename__, names[-1]], message=str(value)) for value in session.scalars(query)]
