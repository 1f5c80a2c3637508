"""What came of applying something from a connected shop."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """What happened here."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    IGNORED = "IGNORED"
    """It is older than what is known, or of nothing of ours, or ours goes before it."""
    CONFLICT = "CONFLICT"
    """Somebody should look at it: `reason` is a stable code, `message` a sentence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`entity_id` is ours. A conflict may have been applied in part: an order is kept though its stock is not there."""

    result: Result
    entity_id: str | None = None
    reason: str | None = None
    message: str | None = None
    waits_for: tuple[str, ...] = ()
    """What it is to be tried again for: `order:<id>`, `stock:<id of a variant>`, `taken`."""


class SetAsideError(Exception):
    """The two sides disagree, so that nothing of it is applied. `reason` is a stable code, the text a sentence."""

    def __init__(self, reason: str, message: str, waits_for: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reason, self.message, self.waits_for = reason, message, tuple(waits_for)

    def outcome(self) -> Outcome:
        """The same as an outcome."""
        return Outcome(Result.CONFLICT, None, self.reason, self.message, self.waits_for)


TAKEN = "taken"
"""Waited for by what could not have a SKU, a code or an e-mail address: any change may have freed it."""
