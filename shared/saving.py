"""Writing what somebody else may be writing too."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from shared.errors import ConflictError
from shared.tenant_session import TenantSession


def saved(session: TenantSession, change: Callable[[], object], conflict: ConflictError | None = None) -> None:
    """Make a change and write it. Raises the conflict when somebody was quicker to take what is unique."""
    try:
        with session.begin_nested():
            change()
    except IntegrityError as error:
        raise conflict or ConflictError(
            "already_taken", "The slug, SKU or name has just been taken by something else; choose another."
        ) from error


def assign(row: Any, given: Mapping[str, Any]) -> None:
    """Change a row's fields, those that it has; null empties what may be empty, and leaves the rest."""
    columns = row.__table__.c
    for field, value in given.items():
        if field in columns and (value is not None or columns[field].nullable):
            setattr(row, field, value)


def changed(row: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """A row's fields as they would be after `assign`, by name."""
    columns = [column.name for column in row.__table__.c]
    now = {field: getattr(row, field) for field in columns}
    emptied = {field for field, value in given.items() if value is None}
    kept = {field for field in emptied if field in columns and not row.__table__.c[field].nullable}
    return now | {field: value for field, value in given.items() if field not in kept}
