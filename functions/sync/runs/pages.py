"""What a run reads, a page at a time, whatever the platform."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

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
class Missing:
    """Theirs that is not there any more; `found` is what has its SKU now, under another id."""

    external_id: str
    found: str | None


Read = Callable[[Credentials, str | None, datetime | None], Page]
"""Reads the page at a cursor, of what changed since."""


class Reader(Protocol):
    """How a platform is read. `KEPT` are types beside products whose ends a comparison looks for."""

    KEPT: Sequence[str]

    def reads(self, kind: SyncRunKind, /) -> Mapping[str, Read]:
        """What a run goes through, by type of entity, in order."""

    def missing(self, credentials: Credentials, skus: Mapping[str, Sequence[str]], /) -> list[Missing]:
        """Which of these products are gone; their ids with our SKUs of them."""

    def gone(self, credentials: Credentials, entity_type: str, ids: Sequence[str], /) -> list[str]:
        """Which of these are not there any more, of a type that is kept."""

    def one(self, credentials: Credentials, external_id: str, /) -> Any:
        """A product as it is now."""
