"""What a delivery tells, whatever the platform: the ids that it is known by, and the change that it speaks of.

Bodies are read for these alone. Whether they make sense is for whoever applies them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from shared.errors import MalformedError
from shared.models.enums import SyncOperation

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Change:
    """What is queued. `entity_id` is theirs, empty when the body does not say it.

    With a `conflict`, the code of a reason, it is set aside from the start.
    """

    entity_type: str
    entity_id: str
    operation: SyncOperation
    data: dict[str, Any] = field(default_factory=dict)
    conflict: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery whose signature was good."""

    topic: str
    webhook_id: str
    delivery_id: str
    event_id: str | None
    headers: dict[str, str]
    body: bytes
    change: Change


def header(headers: Mapping[str, str], name: str) -> str:
    """A header that a delivery must have. Raises MalformedError."""
    found = clean(headers.get(name, ""))
    if not found:
        raise MalformedError("header_missing", f"A delivery has the header {name}.")
    return found


def kept_headers(headers: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The headers of a delivery that are worth keeping, by their names in lower case."""
    kept = ("content-type", "user-agent")
    return {name: clean(value) for name, value in headers.items() if name.startswith(prefix) or name in kept}


def clean(value: str) -> str:
    """A header's value as a database can keep it."""
    return value.strip().replace("\x00", "").encode("utf-8", "replace").decode()[:_LONGEST]


def parsed(body: bytes) -> Mapping[str, Any]:
    """The object that a body holds; empty for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def id_in(content: Mapping[str, Any], *path: str) -> str:
    """An id of theirs as text, wherever it is in a body; empty when there is none."""
    found: Any = content
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    known = isinstance(found, int | str) and not isinstance(found, bool)
    return clean(str(found))[:100] if known else ""


def host_of(address: str) -> str:
    """The host of a shop's address, which may be the host alone; empty when it has none."""
    try:
        found = urlsplit(address if "//" in address else f"//{address}").hostname
    except ValueError:
        found = None
    return (found or "").lower()
