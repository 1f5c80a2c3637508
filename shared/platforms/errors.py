"""What can go wrong with a connected shop. None of these is a caller's mistake: contexts say what each means to them.

PlatformError
 +-- RefusedError       it will not have this, and never will: 4xx, GraphQL's userErrors
 +-- DeniedError        it does not accept our keys, or they may not do this
 +-- UnreachableError   it did not answer, or not sensibly; nobody knows whether it did what was asked
      +-- ThrottledError   too often; it did nothing
"""

from typing import Any


class PlatformError(Exception):
    """`code` is the platform's own word for it, or ours; `status` is the HTTP status, 0 without an answer."""

    def __init__(self, code: str, message: str, *, status: int = 0, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.data = code, message[:500], status, data


class RefusedError(PlatformError):
    """Asking again would be answered in the same way. `data` is what the platform adds to it."""


class DeniedError(PlatformError):
    """The keys are wrong, revoked, or lack a permission."""


class UnreachableError(PlatformError):
    """Try again; `retry_after` is in seconds, when the platform said it."""

    def __init__(self, code: str, message: str, *, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(code, message, status=status)
        self.retry_after = retry_after


class ThrottledError(UnreachableError):
    """The shop's own limit of calls: nothing was done, and nothing is wrong with the shop."""
