"""Signing in with a provider.

A provider's account signs in to the user that it is linked to. One that nobody knows makes a user, whose address the
provider has verified, unless the address has a user already: then `linking` asks for that user's password first.

Providers are asked before the request's session begins: no connection is held while somebody else takes their time.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from functions.identity import attempts, mfa, pending, sign_in
from functions.identity.linking import account_of, linked_user
from functions.identity.pending import Pending
from functions.identity.schemas import OAuthCallback, OAuthContinuation, OAuthStart, SignedInRead
from functions.identity.sessions import Client
from shared.audit import record
from shared.errors import ConflictError, NotAllowedError, NotSignedInError, ProblemError
from shared.models import User
from shared.models.base import new_id, now
from shared.tenant_session import TenantSession

if TYPE_CHECKING:
    from functions.identity.oidc import Identity

STARTS = attempts.Rule("oauth-start", most=20, window=timedelta(minutes=5))
"""Ours: as many as of sign-ins."""


def start(name: str, client: Client) -> OAuthStart:
    """Where to send the browser. Raises TooManyError, NotFoundError for an unknown provider, UnavailableError."""
    from functions.identity import oidc, providers  # noqa: PLC0415 - half a second, which other routes need not wait

    attempts.note(STARTS, client.ip_address)
    flow = oidc.new_flow()
    return OAuthStart(authorization_url=oidc.authorization_url(providers.find_provider(name), flow), flow=flow)


def callback(session: TenantSession, name: str, body: OAuthCallback, client: Client) -> SignedInRead:
    """Sign in who comes back from a provider.

    Raises TooManyError, NotSignedInError when the provider does not vouch for them (or `mfa_required`, with a
    `continue_token`), NotAllowedError for an unverified address or a disabled account, ConflictError `link_required`
    with a `link_token`, UnavailableError.
    """
    from functions.identity import oidc, providers  # noqa: PLC0415 - as above

    attempts.note(attempts.SIGN_IN, client.ip_address)
    identity = oidc.identify(providers.find_provider(name), body.flow, body.state, body.code)
    user = _user_of(session, identity, client)
    _refuse_first_step(session, user, identity, client)
    return sign_in.complete(session, user, client, f"oauth:{name}")


def go_on(session: TenantSession, name: str, body: OAuthContinuation, client: Client) -> SignedInRead:
    """Sign in who has come back from a provider and now gives a code of their second factor.

    Raises TooManyError (a wrong code counts as a wrong password does), NotFoundError for a token that is no good any
    more, NotSignedInError for a wrong code, NotAllowedError for an account that was disabled meanwhile.
    """
    attempts.note(attempts.SIGN_IN, client.ip_address)
    waiting, owner = pending.find(body.continue_token, "oauth-mfa", name)
    tries = attempts.note(attempts.AT_ACCOUNT, owner.email)
    try:
        pending.use_up(session, body.continue_token)
        user = linked_user(session, name, waiting.subject)
        if user is None or user.id != owner.id:
            raise pending.over()
        sign_in.refuse_inactive(user)
        mfa.check_if_enabled(session, user, body.mfa_code)
    except ProblemError as refusal:
        session.rollback()
        sign_in.note_failure(refusal, client.actor(owner.email, owner.id), tries)
        raise
    attempts.forget(session, attempts.AT_ACCOUNT, user.email)
    return sign_in.complete(session, user, client, f"oauth:{name}")


def _user_of(session: TenantSession, identity: "Identity", client: Client) -> User:
    """The user that somebody signs in to, made now if need be."""
    known = linked_user(session, identity.provider, identity.subject)
    if known is not None:
        return known
    if identity.email is None:
        raise NotAllowedError(
            "provider_email_not_verified", "The provider has not verified your e-mail address; do that there first."
        )
    return _made(session, identity, client) or _found_after_all(session, identity)


def _made(session: TenantSession, identity: "Identity", client: Client) -> User | None:
    """A new user, or None when there is one with this address, or somebody else was quicker."""
    user = User(id=new_id(), email=identity.email, name=identity.name, email_verified=now())
    try:
        with session.begin_nested():
            session.add(user)
            session.flush()
            session.add(account_of(user, identity.provider, identity.subject))
    except IntegrityError:
        return None
    way = {"way": f"oauth:{identity.provider}"}
    record(session, "platform.registered", "user", user.id, after=way, actor=client.actor(user.email, user.id))
    return user


def _found_after_all(session: TenantSession, identity: "Identity") -> User:
    """The user that was made at this moment by the same person's other request; else the address is taken."""
    user = linked_user(session, identity.provider, identity.subject)
    if user is not None:
        return user
    owner = session.scalars(select(User).where(User.email == identity.email)).one()
    waiting = Pending("oauth-link", identity.provider, owner.id, identity.subject)
    session.rollback()
    raise ConflictError(
        "link_required",
        "There is an account with this e-mail address: send link_token and its password once to "
        f"POST /v1/auth/oauth/{identity.provider}/link. POST /v1/auth/forgot sets a password where there is none.",
        link_token=pending.keep(waiting),
    )


def _refuse_first_step(session: TenantSession, user: User, identity: "Identity", client: Client) -> None:
    """Stop those who may not sign in, and those who have a second factor: its code comes in a step of its own."""
    actor, waiting = (
        client.actor(user.email, user.id),
        Pending("oauth-mfa", identity.provider, user.id, identity.subject),
    )
    try:
        sign_in.refuse_inactive(user)
        if user.mfa_enabled:
            raise NotSignedInError(
                "mfa_required", f"Send continue_token and a code to POST /v1/auth/oauth/{identity.provider}/continue."
            )
    except ProblemError as refusal:
        session.rollback()
        sign_in.note_failure(refusal, actor, tries=0)
        if isinstance(refusal, NotSignedInError):
            refusal.members["continue_token"] = pending.keep(waiting)
        raise
