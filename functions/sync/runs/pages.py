"""What a run reads, a page at a time, whatever the platform."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.sync.entities import Entity
from shared.models.enums import SyncRunKind
from shared.platforms.http import Credentials


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body that says nothing of an entity."""

    external_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some entities, and where the next page begins; None when this was the last."""

    entities: Sequence[Entity | Unreadable]
    following: str | None
    total: int | None = None
    """How many there are in all, where the platform says it."""


@dataclass(frozen=True, slots=True)
class Absent:
    """Theirs that is not listed any more; `entity` is what it says itself, from the trash perhaps, None when it is
    gone."""

    entity_type: str
    external_id: str
    entity: Entity | None = None


Read = Callable[[Credentials, str | None, datetime | None], Page]
"""Reads the page at a cursor, of what changed since."""


class Reader(Protocol):
    """How a platform is read."""

    def reads(self, kind: SyncRunKind, /) -> Mapping[str, Read]:
        """What a run goes through, by type of entity, in order."""

    LINKED: Sequence[str]
    """The types of what it tells the absence of."""

    def absent(
        self, credentials: Credentials, entity_type: str, parts: Mapping[str, Sequence[str]], /
    ) -> Sequence[Absent]:
        """Which of these are not listed any more, or which of their parts; their ids with those of their parts."""

    def by_sku(self, credentials: Credentials, skus: Sequence[str], /) -> str | None:
        """The id of the product that has one of these SKUs."""

    def one(self, credentials: Credentials, entity_type: str, external_id: str, /) -> Sequence[Entity | Unreadable]:
        """What something is now, a product with its variations. Raises PlatformError."""
