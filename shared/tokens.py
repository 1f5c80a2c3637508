"""Tokens that are shown once and kept as a hash: a stolen database opens nothing with them."""

import hashlib
import secrets
from datetime import datetime, timedelta

IDLE, LONGEST = timedelta(days=7), timedelta(days=30)


def new_token() -> str:
    """256 random bits, safe in a URL; the prefix lets scanners find one that leaked."""
    return f"stc_{secrets.token_urlsafe(32)}"


def token_hash(token: str) -> str:
    """The SHA-256 by which a token is found. It needs no salt: a token cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_end(began: datetime, used: datetime) -> datetime:
    """When a session ends that is not used again: after 7 days, and 30 days from the sign-in at the latest."""
    return min(used + IDLE, began + LONGEST)
