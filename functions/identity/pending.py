"""What waits between two steps: a sign-in with a provider that still lacks a code, or a link that lacks a password.

A code of a provider works once, so the second step cannot begin there again. It shows a token instead, which is kept
hashed for ten minutes, outlives wrong answers, and is used up by the right one.
"""

from datetime import timedelta
from typing import Literal, NamedTuple

from sqlalchemy import delete, select

from shared.errors import NotFoundError
from shared.models import User, VerificationToken
from shared.models.base import now
from shared.tenancy import identity_session
from shared.tenant_session import TenantSession
from shared.tokens import new_token, token_hash

_GOOD_FOR = timedelta(minutes=10)


class Pending(NamedTuple):
    """Which account of a provider is to sign in to, or be linked to, which user."""

    step: Literal["oauth-mfa", "oauth-link"]
    provider: str
    user_id: str
    subject: str


def keep(pending: Pending) -> str:
    """A token for the next step, committed on its own: the answer that tells it is a refusal, and rolled back."""
    identifier, token = ":".join(pending), new_token()
    with identity_session() as session:
        session.execute(
            delete(VerificationToken).where(
                VerificationToken.identifier == identifier, VerificationToken.expires <= now()
            )
        )
        session.add(VerificationToken(identifier=identifier, token_hash=token_hash(token), expires=now() + _GOOD_FOR))
    return token


def find(token: str, step: str, provider: str) -> tuple[Pending, User]:
    """What waits for this step, and its user. Raises NotFoundError when it is done, too old, or something else.

    In a session of its own, which is over before the attempt at the user's account is counted.
    """
    with identity_session() as session:
        identifier = session.scalar(
            select(VerificationToken.identifier).where(
                VerificationToken.token_hash == token_hash(token),
                VerificationToken.identifier.startswith(f"{step}:{provider}:", autoescape=True),
                VerificationToken.expires > now(),
            )
        )
        pending = Pending(*identifier.split(":", 3)) if identifier else None  # type: ignore[arg-type]
        user = session.scalar(select(User).where(User.id == pending.user_id)) if pending else None
    if pending is None or user is None:
        raise over()
    return pending, user


def use_up(session: TenantSession, token: str) -> None:
    """Take a token, unless what follows fails. Raises NotFoundError for whoever comes second."""
    taken = session.scalar(
        delete(VerificationToken)
        .where(VerificationToken.token_hash == token_hash(token))
        .returning(VerificationToken.id)
        .execution_options(synchronize_session=False)
    )
    if taken is None:
        raise over()


def over() -> NotFoundError:
    """What is told of a token that is no good any more."""
    return NotFoundError(
        "sign_in_not_found", "This sign-in is complete or too old; begin again with POST /v1/auth/oauth/{provider}."
    )
