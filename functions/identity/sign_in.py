"""Signing in with a password. Every refusal costs the same and says the same, whether the account exists or not."""

from sqlalchemy import select, update

from functions.identity import attempts, mfa, passwords
from functions.identity.schemas import LoginCreate, SignedInRead
from functions.identity.sessions import Client, begin_session
from shared.account_mails import send_later
from shared.audit import Actor, record
from shared.errors import NotAllowedError, NotSignedInError, ProblemError
from shared.models import User
from shared.models.base import now
from shared.models.enums import UserStatus
from shared.tenancy import identity_session
from shared.tenant_session import TenantSession


def login(session: TenantSession, body: LoginCreate, client: Client) -> SignedInRead:
    """Begin a session.

    Raises TooManyError (20 in 5 minutes from an address; 5 failures lock the account), NotSignedInError for a wrong
    address, password or code, and NotAllowedError for an account that may not sign in yet or any more.
    """
    attempts.note(attempts.SIGN_IN, client.ip_address)
    user = authenticate(session, body, client)
    return complete(session, user, client, "password")


def authenticate(session: TenantSession, body: LoginCreate, client: Client) -> User:
    """The user with this address and password, and with a code if they have a second factor. Raises as `login`."""
    tries = attempts.note(attempts.AT_ACCOUNT, body.email)
    user = session.scalar(select(User).where(User.email == body.email))
    try:
        if not passwords.matches(user.password_hash if user else None, body.password) or user is None:
            raise _wrong()
        _hold(session, user)
        refuse_inactive(user)
        passwords.renew_hash(user, body.password)
        mfa.check_if_enabled(session, user, body.code)
    except ProblemError as refusal:
        actor = client.actor(body.email, user.id if user else None)
        session.rollback()
        note_failure(refusal, actor, tries)
        raise
    attempts.forget(session, attempts.AT_ACCOUNT, body.email)
    return user


def complete(session: TenantSession, user: User, client: Client, way: str) -> SignedInRead:
    """Begin the session of a user who has proved who they are."""
    # Not through the row's version: two who sign in at once both do.
    session.execute(
        update(User)
        .where(User.id == user.id)
        .values(last_login_at=now(), last_login_ip=client.ip_address)
        .execution_options(synchronize_session=False)
    )
    actor = client.actor(user.email, user.id)
    record(session, "platform.sign_in", "user", user.id, after={"way": way}, actor=actor)
    return begin_session(session, user, client)


def _wrong() -> NotSignedInError:
    return NotSignedInError("invalid_credentials", "The e-mail address or the password is wrong.")


def _hold(session: TenantSession, user: User) -> None:
    """Lock the row of a user whose password was right, and see that it still is.

    Whoever changes it meanwhile ends all sessions, and this one must not begin after that.
    """
    known = user.password_hash
    query = select(User).where(User.id == user.id).with_for_update().execution_options(populate_existing=True)
    if session.scalar(query) is None or user.password_hash != known:
        raise _wrong()


def refuse_inactive(user: User) -> None:
    """Raises NotAllowedError for an account that may not sign in yet or any more."""
    if user.email_verified is None:
        raise NotAllowedError(
            "email_not_verified", "Open the link in the mail first; POST /v1/auth/verify/resend sends another."
        )
    if user.status is not UserStatus.ACTIVE:
        raise NotAllowedError("account_disabled", "This account is disabled; ask the platform's support.")


def note_failure(refusal: ProblemError, actor: Actor, tries: int, action: str = "platform.sign_in_failed") -> None:
    """Write down a refused sign-in. Committed on its own, since the refused request is rolled back."""
    with identity_session() as session:
        after = {"reason": refusal.code}
        record(session, action, "user", actor.user_id, after=after, actor=actor)
        if isinstance(refusal, NotAllowedError):
            attempts.forget(session, attempts.AT_ACCOUNT, actor.email)  # the password was right
        elif tries >= attempts.AT_ACCOUNT.most:
            send_later(session, "locked", actor.email)
