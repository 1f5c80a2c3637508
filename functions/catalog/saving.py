"""Writing what somebody else may be writing too."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from shared.errors import ConflictError
from shared.tenant_session import TenantSession


def saved(session: TenantSession, change: Callable[[], object]) -> None:
    """Make a change and write it. Raises ConflictError when somebody was quicker to take a slug, a SKU or a name."""
    try:
        with session.begin_nested():
            change()
    except IntegrityError as error:
        raise ConflictError(
            "already_taken", "The slug, SKU or name has just been taken by something else; choose another."
        ) from error


def assign(row: Any, given: Mapping[str, Any]) -> None:
    """Change a row's fields; null empties what may be empty, and leaves the rest."""
    for field, value in given.items():
        if value is not None or row.__table__.c[field].nullable:
            setattr(row, field, value)
