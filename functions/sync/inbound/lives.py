"""Whether something of theirs is gone.

Shopify says when it deleted something, and gives an id once. WooCommerce says no time, and may restore: so words of
deletions and of restorals are counted, each once, by webhook; it is gone when there are more of the first. In
whatever order they come, the end is the same.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from functions.sync.inbound.links import arrived, detail, is_stub, row_of
from functions.sync.inbound.outcomes import TAKEN, Outcome, Result
from functions.sync.inbound.policies import agreed
from functions.sync.inbound.versions import Age, age
from shared.models import ExternalLink
from shared.models.base import now
from shared.plan_limits import Resource, give_back, take_place
from shared.soft_delete import restore, soft_delete
from shared.tenant_session import TenantSession

_MOST = 20
Mark = str
"""`<webhook>:<delivery>` of a word; a delivery that comes by two webhooks counts once."""


def bury(link: ExternalLink, mark: Mark, at: datetime | None) -> None:
    """Take note of word that it is gone."""
    if at is not None:
        link.external_deleted_at = max(at, link.external_deleted_at or at)
        detail(link, timed=True)
        return
    _add(link, "gone", mark)
    _judge(link)


def revive(link: ExternalLink, mark: Mark) -> None:
    """Take note of word that it was restored."""
    _add(link, "back", mark)
    _judge(link)


def heed(link: ExternalLink, entity: Any, *, force: bool) -> None:
    """Take note of what a body says of its being there."""
    if force and not entity.deleted:
        forget(link)
    if entity.restored_by:
        revive(link, entity.restored_by)
    if force or age(link, entity) is not Age.OLDER:
        detail(link, trashed=entity.deleted or None)


def forget(link: ExternalLink) -> None:
    """It was seen alive just now, whatever was heard."""
    detail(link, gone=None, back=None, timed=None)
    link.external_deleted_at = None


def is_gone(link: ExternalLink) -> bool:
    """Whether it is gone, as far as was heard."""
    if link.details.get("timed") and link.external_deleted_at is not None:
        return link.external_updated_at is None or link.external_updated_at <= link.external_deleted_at
    heard = link.details.get("gone", ()), link.details.get("back", ())
    return bool(link.details.get("trashed")) or _count(heard[0]) > _count(heard[1])


def settle(session: TenantSession, link: ExternalLink, model: Any, counted: Resource | None = None) -> bool:
    """Let our row be there or not as theirs is. Returns whether that changed anything.

    What we have deleted ourselves stays deleted until theirs is restored. Raises ConflictError when something else has
    taken its place, PlanError when the plan has none.
    """
    row = row_of(session, model, link.entity_id)
    if row is None:
        return False
    gone, was = is_gone(link) or is_stub(link), link.details.get("live")
    detail(link, live=not gone)
    if gone and row.deleted_at is None:
        soft_delete(session, row)
        # What it was called or numbered is free.
        arrived(session, TAKEN)
        if counted is not None:
            give_back(session, counted)
        return True
    if not gone and row.deleted_at is not None and was is not True:
        restore(session, model, link.entity_id)
        if counted is not None:
            take_place(session, counted)
        return True
    return False


def settled(session: TenantSession, link: ExternalLink, model: Any, outcome: Outcome) -> Outcome:
    """As `settle`, for what has no parts: the outcome, or that it was changed after all."""
    session.flush()
    changed = settle(session, link, model)
    row = row_of(session, model, link.entity_id)
    if changed and row is not None:
        agreed(link, row)
    idle = outcome.result in (Result.IGNORED, Result.UNCHANGED)
    return Outcome(Result.UPDATED, link.entity_id) if changed and idle else outcome


def _add(link: ExternalLink, heard: str, mark: Mark) -> None:
    marks = list(link.details.get(heard, ()))
    if mark not in marks:
        detail(link, **{heard: [*marks, mark]})


def _judge(link: ExternalLink) -> None:
    gone, back = list(link.details.get("gone", ())), list(link.details.get("back", ()))
    if len(gone) > _MOST and len(back) > _MOST:
        detail(link, gone=gone[1:], back=back[1:])
    link.external_deleted_at = (link.external_deleted_at or now()) if _count(gone) > _count(back) else None


def _count(marks: Sequence[Mark]) -> int:
    by_webhook = Counter(mark.partition(":")[0] for mark in marks)
    return max(by_webhook.values(), default=0)
