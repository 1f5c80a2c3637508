"""The errors that services raise and the edge answers as RFC 9457 problem details.

ProblemError
 +-- MalformedError      400
 +-- NotSignedInError    401
 +-- PlanError           402   what the store's plan does not include
 +-- NotAllowedError     403
 +-- NotFoundError       404   absent, or another store's: the caller cannot tell
 +-- ConflictError       409
 +-- StaleVersionError   412
 +-- TooLargeError       413
 +-- MediaTypeError      415
 +-- InvalidError        422
 +-- TooManyError        429
 +-- UnavailableError    503
MovedError                     301   found under another path now
TenancyError                   a mistake in our own code that a wall has caught; answered as 500
"""

from collections.abc import Sequence
from typing import Any, ClassVar, TypedDict


class FieldError(TypedDict):
    """One thing wrong with a request: where it is and what to do about it."""

    loc: list[str | int]
    message: str


class ProblemError(Exception):
    """Something the caller should be told. `code` is stable; `detail` is for people and says what to do next.

    `members` are further members of the problem, for programs, as JSON has them; `headers` go on the answer.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, code: str, detail: str, errors: Sequence[FieldError] = (), **members: Any) -> None:
        super().__init__(detail)
        self.code, self.detail, self.errors, self.members = code, detail, list(errors), members
        self.headers: dict[str, str] = {}


class MalformedError(ProblemError):
    """The request cannot be read."""

    status = 400
    title = "Malformed request"


class NotSignedInError(ProblemError):
    """Nobody knows who the caller is."""

    status = 401
    title = "Not signed in"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.headers["WWW-Authenticate"] = "Bearer"


class PlanError(ProblemError):
    """The store's plan does not include this."""

    status = 402
    title = "Not in the plan"


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


class StaleVersionError(ProblemError):
    """The caller's copy is older than what is stored."""

    status = 412
    title = "Changed in the meantime"


def stale_version() -> StaleVersionError:
    """What a client is told whose copy is old, or who was not quick enough."""
    return StaleVersionError("stale_version", "This was changed in the meantime; read it again and repeat the change.")


class TooLargeError(ProblemError):
    """The body is longer than anybody reads here."""

    status = 413
    title = "Too large"


class MediaTypeError(ProblemError):
    """The body is of a kind that nobody reads here."""

    status = 415
    title = "Unsupported media type"


class InvalidError(ProblemError):
    """The request can be read, but its values are not acceptable."""

    status = 422
    title = "Invalid request"


def invalid(errors: Sequence[FieldError]) -> InvalidError:
    """One answer for all that is wrong with a request."""
    fields = ", ".join(".".join(map(str, error["loc"][1:])) or str(error["loc"][0]) for error in errors)
    return InvalidError("invalid_request", f"Not acceptable: {fields}. `errors` says why.", errors)


class TooManyError(ProblemError):
    """Too often; `retry_after` is in seconds."""

    status = 429
    title = "Too many requests"

    def __init__(self, code: str, detail: str, *, retry_after: int) -> None:
        super().__init__(code, detail)
        self.headers["Retry-After"] = str(max(1, retry_after))


class UnavailableError(ProblemError):
    """Try again later; `retry_after` is in seconds."""

    status = 503
    title = "Temporarily unavailable"

    def __init__(self, code: str, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(code, detail)
        self.headers["Retry-After"] = str(retry_after)


class MovedError(Exception):
    """What was asked for is found under another path now; answered as 301."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


class NoSuchStoreError(LookupError):
    """No live store has this id, slug or domain."""


class TenancyError(RuntimeError):
    """A wall between tenants stopped our own code. Never shown to a caller."""
