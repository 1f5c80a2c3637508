"""The errors that services raise and the edge answers as RFC 9457 problem details.

ProblemError
 +-- MalformedError      400
 +-- NotAllowedError     403
 +-- NotFoundError       404   absent, or another store's: the caller cannot tell
 +-- ConflictError       409
 +-- InvalidError        422
 +-- UnavailableError    503
TenancyError                   a mistake in our own code that a wall has caught; answered as 500
"""

from collections.abc import Sequence
from typing import ClassVar, TypedDict


class FieldError(TypedDict):
    """One thing wrong with a request: where it is and what to do about it."""

    loc: list[str | int]
    message: str


class ProblemError(Exception):
    """Something the caller should be told. `code` is stable; `detail` is for people and says what to do next."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, code: str, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.code, self.detail, self.errors = code, detail, list(errors)


class MalformedError(ProblemError):
    """The request cannot be read."""

    status = 400
    title = "Malformed request"


class NotAllowedError(ProblemError):
    """The caller is known but may not do this."""

    status = 403
    title = "Not allowed"


class NotFoundError(ProblemError):
    """There is nothing here for this caller."""

    status = 404
    title = "Not found"


class ConflictError(ProblemError):
    """The request contradicts what is stored."""

    status = 409
    title = "Conflict"


class InvalidError(ProblemError):
    """The request can be read, but its values are not acceptable."""

    status = 422
    title = "Invalid request"


class UnavailableError(ProblemError):
    """Try again later."""

    status = 503
    title = "Temporarily unavailable"


class NoSuchStoreError(LookupError):
    """No live store has this id, slug or domain."""


class TenancyError(RuntimeError):
    """A wall between tenants stopped our own code. Never shown to a caller."""
