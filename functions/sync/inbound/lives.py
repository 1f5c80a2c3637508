"""Whether something of theirs is gone.

Shopify says when it deleted something, and gives an id once. WooCommerce says no time, and may restore: so words of
deletions and of restorals are counted, each once, by webhook; it is gone when there are more of the first. In
whatever order they come, the end is the same.

A word may be lost, for WooCommerce says nothing twice. So when the shop was asked, what it answered counts, and of the
words those that were heard since; where they contradict each other or the count of all, it should be asked again.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from functions.sync.entities import ExternalDeletion
from functions.sync.inbound.links import arrived, detail, doubt, is_stub, row_of
from functions.sync.inbound.outcomes import TAKEN, Outcome, Result
from functions.sync.inbound.policies import agreed
from functions.sync.inbound.versions import Age, age, is_tied
from shared.models import ExternalLink
from shared.models.base import now
from shared.plan_limits import Resource, give_back, take_place
from shared.soft_delete import restore, soft_delete
from shared.tenant_session import TenantSession

_MOST = 20
Mark = str
"""`<webhook>:<delivery>` of a word; a delivery that comes by two webhooks counts once."""


def bury(session: TenantSession, link: ExternalLink, word: ExternalDeletion) -> None:
    """Take note of word that it is gone."""
    if word.at is not None:
        link.external_deleted_at = max(word.at, link.external_deleted_at or word.at)
        detail(link, timed=True)
    elif word.certain:
        _asked(link, gone=True)
    elif _add(link, "gone", word.mark) and (_judge(link) != _is_outnumbered(link) or not _judge(link)):
        doubt(session, link)


def revive(session: TenantSession, link: ExternalLink, mark: Mark) -> None:
    """Take note of word that it was restored."""
    if _add(link, "back", mark) and (_judge(link) != _is_outnumbered(link) or _judge(link)):
        doubt(session, link)


def heed(session: TenantSession, link: ExternalLink, entity: Any, *, force: bool) -> None:
    """Take note of what a body says of its being there, and of what cannot be told without asking the shop."""
    if force and not entity.deleted:
        forget(link)
    if entity.restored_by:
        revive(session, link, entity.restored_by)
    found = age(link, entity)
    if entity.read_at is not None:
        if not entity.deleted and link.details.get("heard_at", "") < entity.read_at.isoformat():
            _asked(link, gone=False)
    elif not force and (is_tied(link, entity) or (found is Age.NEWER and not entity.deleted and is_gone(link))):
        doubt(session, link)
    if force or found is not Age.OLDER:
        detail(link, trashed=entity.deleted or None)


def forget(link: ExternalLink) -> None:
    """It was seen alive just now, whatever was heard."""
    detail(link, gone=None, back=None, timed=None, asked=None)
    link.external_deleted_at = None


def is_gone(link: ExternalLink) -> bool:
    """Whether it is gone, as far as was heard."""
    if link.details.get("timed") and link.external_deleted_at is not None:
        return link.external_updated_at is None or link.external_updated_at <= link.external_deleted_at
    return bool(link.details.get("trashed")) or _is_said_gone(link)


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


def _asked(link: ExternalLink, *, gone: bool) -> None:
    """Note what the shop said when it was asked, and how much of what is heard was heard by then."""
    if gone or _is_said_gone(link) or "gone" in link.details or "back" in link.details:
        detail(link, asked=[*_heard(link), int(gone)])
    _judge(link)


def _add(link: ExternalLink, heard: str, mark: Mark) -> bool:
    marks = list(link.details.get(heard, ()))
    if mark in marks:
        return False
    detail(link, **{heard: [*marks, mark]}, heard_at=now().isoformat())
    return True


def _judge(link: ExternalLink) -> bool:
    gone, back = list(link.details.get("gone", ())), list(link.details.get("back", ()))
    if len(gone) > _MOST and len(back) > _MOST:
        detail(link, gone=gone[1:], back=back[1:])
    is_gone_now = _is_said_gone(link)
    link.external_deleted_at = (link.external_deleted_at or now()) if is_gone_now else None
    return is_gone_now


def _is_said_gone(link: ExternalLink) -> bool:
    gone, back = _heard(link)
    then = link.details.get("asked", (0, 0, 0))
    return bool(gone - then[0] + then[2] > back - then[1])


def _is_outnumbered(link: ExternalLink) -> bool:
    gone, back = _heard(link)
    return gone > back


def _heard(link: ExternalLink) -> tuple[int, int]:
    return _count(link.details.get("gone", ())), _count(link.details.get("back", ()))


def _count(marks: Sequence[Mark]) -> int:
    by_webhook = Counter(mark.partition(":")[0] for mark in marks)
    return max(by_webhook.values(), default=0)
