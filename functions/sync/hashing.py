"""What an entity says, as a hash: the same for our own change when it comes back to us."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

_UNHASHED = {
    "push",
    "pool_pushes",
    "updated_at",
    "rank",
    "restored_by",
    "read_at",
    "mark",
    "placed_at",
    "taken_at",
    "created_at",
}


def content_hash(entity: Any) -> str:
    """SHA-256 of what an entity says, without when: the same for our own change when it comes back to us."""
    text = json.dumps(_plain(entity), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dict(_said(value))
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        # 4500 and 4500.00 are one amount.
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _said(entity: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(entity):
        if field.name not in _UNHASHED:
            yield field.name, _plain(getattr(entity, field.name))
