"""How often somebody may try, from one address and at one account: the rules, and what a row of attempts means by them.

Where the rows are, and how an attempt outlives the request that is refused, is for each context to see to.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import TooManyError


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


def with_another(rule: Rule, times: list[float], at: datetime) -> list[float]:
    """The attempts that count, the one of this moment among them. Raises TooManyError for one too many."""
    moment, until = at.timestamp(), rule.blocked_until(times)
    if until > moment:
        raise TooManyError(
            "too_many_attempts",
            f"Too many attempts; try again in {_spoken(until - moment)}.",
            retry_after=int(until - moment) + 1,
        )
    # A lock that has passed is a fresh start; without one the window slides.
    begun = until if until and rule.lock else moment - rule.window.total_seconds()
    return [*(time for time in times if time > begun), moment]


def key_of(rule: Rule, subject: str) -> str:
    """The name of a row of attempts: a hash, which tells of nobody."""
    return hashlib.sha256(f"{rule.name}:{subject}".encode()).hexdigest()


def _spoken(seconds: float) -> str:
    return f"{int(seconds) + 1} seconds" if seconds < 90 else f"{int(seconds / 60) + 1} minutes"
