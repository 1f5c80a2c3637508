"""How a thing without parts is kept: found or made, changed by what is newer, there or gone as theirs is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from functions.sync.inbound import links, lives, policies, versions
from functions.sync.inbound.links import Integration
from functions.sync.inbound.outcomes import Outcome, Result
from functions.sync.inbound.versions import Age
from shared.models import ExternalLink
from shared.models.base import new_id, now
from shared.tenant_session import TenantSession


@dataclass(frozen=True, slots=True)
class Kind:
    """What is particular to a type: `find` gives a row of ours that is the same thing, `make` a new one with the id
    that it is given, `write` changes one."""

    model: Any
    find: Callable[[], Any]
    make: Callable[[str], Any]
    write: Callable[[Any], None]


def keep(  # noqa: PLR0913 - what is kept, of which shop, and how
    session: TenantSession, integration: Integration, link: ExternalLink, entity: Any, kind: Kind, *, force: bool
) -> Outcome:
    """Make or change ours. Raises what `write` does, SetAsideError and ConflictError."""
    lives.heed(session, link, entity, force=force)
    age = versions.age(link, entity)
    if age is Age.OLDER and not force:
        return lives.settled(session, link, kind.model, Outcome(Result.IGNORED, link.entity_id, "older"))
    row, result = _row(session, link, kind)
    newer = force or age is Age.NEWER
    if result is None and age is Age.NEWER and not force and policies.ours_wins(integration, link, row, entity):
        versions.note(link, entity)
        return lives.settled(session, link, kind.model, Outcome(Result.IGNORED, row.id, "ours_is_newer"))
    if newer:
        kind.write(row)
    versions.note(link, entity)
    session.flush()
    policies.agreed(link, row)
    result = result or (Result.UPDATED if newer else Result.UNCHANGED)
    return lives.settled(session, link, kind.model, Outcome(result, link.entity_id))


def _row(session: TenantSession, link: ExternalLink, kind: Kind) -> tuple[Any, Result | None]:
    """Our row, and whether it is made or met just now; None for one that was linked before."""
    row = links.row_of(session, kind.model, link.entity_id)
    if not links.is_stub(link) and row is not None:
        return row, None
    result = Result.UPDATED
    if row is None and not lives.is_gone(link):
        # What is gone is not what has its name or address now.
        row = kind.find()
        links.detail(link, live=True if row is not None else None)
    if row is None:
        row, result = _made(session, link, kind), Result.CREATED
    links.bind(session, link, row.id)
    return row, result


def _made(session: TenantSession, link: ExternalLink, kind: Kind) -> Any:
    row = kind.make(link.entity_id)
    if lives.is_gone(link):
        # Word of its end was quicker.
        row.deleted_at, row.deletion_id = now(), new_id()
    links.detail(link, live=row.deleted_at is None)
    session.add(row)
    session.flush()
    return row
