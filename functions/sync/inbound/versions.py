"""Which of two bodies is the newer one, so that any order of arrival ends in the same state.

The platform's own time decides, then the rank that its reader saw (an order that has come further), then the content
hash, which says nothing but is the same for everybody. What was asked for when that second was over goes before all
that was told of it.
"""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from functions.sync.entities import COUPON, Rank
from functions.sync.hashing import content_hash
from functions.sync.inbound.links import detail
from shared.models import ExternalLink

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
READ = 10**15
"""What the rank begins with of a body that was asked for; no reader of deliveries of WooCommerce gives as much."""


class Age(Enum):
    """What a body is to what is known."""

    NEWER = 1
    SAME = 2
    OLDER = 3


def age(link: ExternalLink, entity: Any) -> Age:
    """Whether it says something new. One that says what is known, later, is the same: an echo of our own, often."""
    digest = content_hash(entity)
    if link.content_hash is None:
        return Age.NEWER
    if digest == link.content_hash:
        return Age.SAME
    known = (link.external_updated_at or NEVER, rank_of(link), link.content_hash)
    return Age.NEWER if (entity.updated_at or NEVER, entity.rank, digest) > known else Age.OLDER


def is_known(link: ExternalLink, entity: Any) -> bool:
    """Whether this, or the same of later, was seen already; that it was asked for once more says nothing new."""
    moment, known = entity.updated_at or NEVER, link.external_updated_at or NEVER
    was_read = entity.rank[:1] == (READ,) and moment <= known
    return (was_read or (moment, entity.rank) <= (known, rank_of(link))) and content_hash(entity) == link.content_hash


def is_tied(link: ExternalLink, entity: Any) -> bool:
    """Whether nobody but the shop can tell which of two bodies is the newer one.

    The time of a coupon of WooCommerce does not move with what matters of it; of other things an import or a database
    may have changed something without a time.
    """
    if link.content_hash is None or (entity.updated_at or NEVER) != (link.external_updated_at or NEVER):
        return False
    known = rank_of(link)
    untimed = link.entity_type == COUPON or known[:1] == (READ,) or entity.rank == known
    return untimed and content_hash(entity) != link.content_hash


def note(link: ExternalLink, entity: Any) -> None:
    """Keep that this is the newest that was seen of it."""
    if (entity.updated_at or NEVER, entity.rank) < (link.external_updated_at or NEVER, rank_of(link)):
        # The same content once more, from before.
        return
    link.content_hash = content_hash(entity)
    link.external_updated_at = entity.updated_at
    detail(link, rank=list(entity.rank))


def rank_of(link: ExternalLink) -> Rank:
    """The rank of what was seen last."""
    return tuple(int(part) for part in link.details.get("rank", ()))


def dated_as(entity: Any, whole: Any) -> Any:
    """A part as of the body that it came in."""
    return replace(entity, updated_at=whole.updated_at, rank=whole.rank, read_at=whole.read_at)
