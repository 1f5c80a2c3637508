"""Passwords: Argon2id, what one must hold, and which ones may not come again (CHK009)."""

from collections.abc import Callable
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select

from shared.errors import FieldError, InvalidError
from shared.models import PasswordHistory, User
from shared.models.base import now
from shared.tenant_session import TenantSession

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
_REMEMBERED = 5
_FORGOTTEN_AFTER = timedelta(days=730)


def hash_password(password: str) -> str:
    """Argon2id of a password, with its salt and cost."""
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether a password is the stored one; takes as long when nothing is stored."""
    try:
        return _HASHER.verify(stored or _NOBODYS, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def renew_hash(user: User, password: str) -> None:
    """Hash a password that has just been right anew, when its hash is of a lower cost than today's."""
    if user.password_hash and _HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = hash_password(password)


def check_strength(password: str, field: str = "password") -> None:
    """Raises InvalidError naming what a password lacks."""
    lacks = [kind for kind, is_one in _KINDS.items() if not any(map(is_one, password))]
    if len(password) < 8:
        lacks.insert(0, "8 characters")
    if lacks:
        raise _refused(field, f"A password needs {', '.join(lacks)}.", "password_too_weak")


def set_password(session: TenantSession, user: User, password: str, field: str = "password") -> None:
    """Give a user another password. Raises InvalidError for a weak one and for one of the last five."""
    check_strength(password, field)
    remembered = session.scalars(
        select(PasswordHistory)
        .where(PasswordHistory.user_id == user.id, PasswordHistory.created_at >= now() - _FORGOTTEN_AFTER)
        .order_by(PasswordHistory.created_at.desc(), PasswordHistory.id)
    ).all()
    hashes = {row.password_hash for row in remembered[:_REMEMBERED]} | {user.password_hash or ""}
    if any(matches(stored, password) for stored in hashes if stored):
        raise _refused(field, f"This was one of your last {_REMEMBERED} passwords; choose another.", "password_reused")
    user.password_hash = hash_password(password)
    remember(session, user)
    old = [row.id for row in remembered[_REMEMBERED - 1 :]]
    session.execute(delete(PasswordHistory).where(PasswordHistory.id.in_(old)))


def remember(session: TenantSession, user: User) -> None:
    """Keep a user's password, if they have one, from coming again, and forget those older than two years."""
    if user.password_hash is not None:
        session.add(PasswordHistory(user_id=user.id, password_hash=user.password_hash))
    session.execute(
        delete(PasswordHistory).where(
            PasswordHistory.user_id == user.id, PasswordHistory.created_at < now() - _FORGOTTEN_AFTER
        )
    )


def _refused(field: str, message: str, code: str) -> InvalidError:
    return InvalidError(code, message, [FieldError(loc=["body", field], message=message)])
