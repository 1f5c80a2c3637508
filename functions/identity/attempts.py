"""How often somebody may try: from one address, and at one account.

An attempt is counted before the password is looked at, in a transaction of its own: a hundred guesses at once are a
hundred attempts, and a refused request cannot take its own back. So count before the request's own session begins: a
function that holds two connections at once may wait for itself.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from shared.errors import TooManyError
from shared.models import SignInAttempts
from shared.models.base import now
from shared.tenancy import identity_session
from shared.tenant_session import TenantSession


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `most` attempts within a window; with `lock`, that long a pause after the last of too many."""

    name: str
    most: int
    window: timedelta
    lock: timedelta | None = None

    def blocked_until(self, times: list[float]) -> float:
        """Until when (seconds since 1970) nothing more is allowed after attempts at these times, oldest first."""
        if len(times) < self.most or times[-1] - times[-self.most] > self.window.total_seconds():
            return 0.0
        return times[-1] + self.lock.total_seconds() if self.lock else times[-self.most] + self.window.total_seconds()


# business-rules.md, Identity.
AT_ACCOUNT = Rule("account", most=5, window=timedelta(minutes=15), lock=timedelta(minutes=15))
SIGN_IN = Rule("sign-in", most=20, window=timedelta(minutes=5))
# Ours: as many as of sign-ins, and mails that nobody asked for are worse than none.
BY_MAIL = Rule("by-mail", most=20, window=timedelta(minutes=5))
MAILS = Rule("mails", most=3, window=timedelta(hours=1))


def note(rule: Rule, subject: str) -> int:
    """Count an attempt. Returns how many there are in the window now; raises TooManyError for one too many."""
    with identity_session() as session:
        row, moment = _locked_row(session, rule, subject), now().timestamp()
        until = rule.blocked_until(row.times)
        if until > moment:
            raise TooManyError(
                "too_many_attempts",
                f"Too many attempts; try again in {_spoken(until - moment)}.",
                retry_after=int(until - moment) + 1,
            )
        # A lock that has passed is a fresh start; without one the window slides.
        begun = until if until and rule.lock else moment - rule.window.total_seconds()
        recent = [at for at in row.times if at > begun]
        row.times = [*recent, moment]
        return len(row.times)


def may(rule: Rule, subject: str) -> bool:
    """Count an attempt. Returns whether it is allowed."""
    try:
        note(rule, subject)
    except TooManyError:
        return False
    return True


def forget(session: TenantSession, rule: Rule, subject: str) -> None:
    """Begin to count anew."""
    session.execute(delete(SignInAttempts).where(SignInAttempts.id == _key(rule, subject)))


def excuse(session: TenantSession, rule: Rule, subject: str) -> None:
    """Begin to count anew although the request is refused, and rolled back: for something else than a guess."""
    session.rollback()
    with identity_session() as own:
        forget(own, rule, subject)


def _locked_row(session: TenantSession, rule: Rule, subject: str) -> SignInAttempts:
    key = _key(rule, subject)
    row = session.get(SignInAttempts, key, with_for_update=True)
    if row is None:
        try:
            with session.begin_nested():
                session.add(SignInAttempts(id=key, times=[]))
        except IntegrityError:
            pass  # somebody else has made it just now
        row = session.get_one(SignInAttempts, key, with_for_update=True, populate_existing=True)
    return row


def _key(rule: Rule, subject: str) -> str:
    return hashlib.sha256(f"{rule.name}:{subject}".encode()).hexdigest()


def _spoken(seconds: float) -> str:
    return f"{int(seconds) + 1} seconds" if seconds < 90 else f"{int(seconds / 60) + 1} minutes"
