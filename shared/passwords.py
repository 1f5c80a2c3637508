"""Passwords: Argon2id, and what one must hold. The same for those who work in a store and those who buy there."""

from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from shared.errors import FieldError, InvalidError

# OWASP's password storage cheat sheet: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Of nobody's password, with the same cost: a wrong address takes as long as a wrong password.
_NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$l8e2BNsz7Kcj4NFg6fFN5w$D2wrosdWd/t1vrkN1NwSPhGP0wf37s7fra+E+XQufCY"
_KINDS: dict[str, Callable[[str], bool]] = {
    "an upper-case letter": str.isupper,
    "a lower-case letter": str.islower,
    "a digit": str.isdigit,
    "a special character": lambda character: not character.isalnum() and not character.isspace(),
}


def hash_password(password: str) -> str:
    """Argon2id of a password, with its salt and cost."""
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one; takes as long when nothing is stored."""
    try:
        return _HASHER.verify(stored or _NOBODYS, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether a hash is of a lower cost than today's."""
    return _HASHER.check_needs_rehash(stored)


def check_strength(password: str, field: str = "password") -> None:
    """Raises InvalidError naming what a password lacks."""
    lacks = [kind for kind, is_one in _KINDS.items() if not any(map(is_one, password))]
    if len(password) < 8:
        lacks.insert(0, "8 characters")
    if lacks:
        raise refused_password(field, f"A password needs {', '.join(lacks)}.", "password_too_weak")


def refused_password(field: str, message: str, code: str) -> InvalidError:
    """What is said of a password that cannot be taken, beside the field that it was sent in."""
    return InvalidError(code, message, [FieldError(loc=["body", field], message=message)])
