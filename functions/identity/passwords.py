"""Passwords of users: shared/passwords.py's, and which ones may not come again (CHK009)."""

from datetime import timedelta

from sqlalchemy import delete, select

from shared.models import PasswordHistory, User
from shared.models.base import now
from shared.passwords import check_strength, hash_password, is_outdated, matches, refused_password
from shared.tenant_session import TenantSession

__all__ = ["check_strength", "hash_password", "matches", "remember", "renew_hash", "set_password"]

_REMEMBERED = 5
_FORGOTTEN_AFTER = timedelta(days=730)


def renew_hash(user: User, password: str) -> None:
    """Hash a password that has just been right anew, when its hash is of a lower cost than today's."""
    if user.password_hash and is_outdated(user.password_hash):
        user.password_hash = hash_password(password)


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
        message = f"This was one of your last {_REMEMBERED} passwords; choose another."
        raise refused_password(field, message, "password_reused")
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
