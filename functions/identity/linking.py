"""The providers' accounts that sign in to a user: linking one, listing them, taking one off.

Who signs in with a provider under an address that has a user proves to be that user with its password. The provider's
word for the address is not enough: whoever gets hold of a mailbox would get every account that hangs on it. Nor does
the password that a stranger chose for somebody's address help the stranger: linking needs both.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from functions.identity import attempts, mfa, pending, sessions, sign_in
from functions.identity.pending import Pending
from functions.identity.schemas import LinkedAccountRead, LinkedAccountsRead, LoginCreate, OAuthLink, SignedInRead
from functions.identity.sessions import Client
from shared.audit import record
from shared.auth import Principal
from shared.errors import ConflictError, NotAllowedError, NotFoundError
from shared.models import Account, User
from shared.models.base import new_id
from shared.tenant_session import TenantSession


def linked_user(session: TenantSession, provider: str, subject: str) -> User | None:
    """The user that a provider's account signs in to, locked. Raises NotAllowedError when that user was deleted."""
    user_id = _owner_of(session, provider, subject)
    if user_id is None:
        return None
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise NotAllowedError("account_disabled", "This account is disabled; ask the platform's support.")
    # Whoever held the lock may have taken the account off, to keep this sign-in out.
    return user if _owner_of(session, provider, subject) == user_id else None


def account_of(user: User, provider: str, subject: str) -> Account:
    """A new link between a user and a provider's account. The provider's tokens are no part of it."""
    return Account(id=new_id(), user_id=user.id, type="oidc", provider=provider, provider_account_id=subject)


def link(session: TenantSession, name: str, body: OAuthLink, client: Client) -> SignedInRead:
    """Let a provider's account sign in to the user with its address from now on, and sign them in.

    Raises NotFoundError for a token that is no good any more, else as `sign_in.login`: the token outlives a wrong
    password.
    """
    attempts.note(attempts.SIGN_IN, client.ip_address)
    waiting, owner = pending.find(body.link_token, "oauth-link", name)
    # As it is stored; it need not pass again what new addresses must.
    login = LoginCreate.model_construct(email=owner.email, password=body.password, code=body.mfa_code)
    user = sign_in.authenticate(session, login, client)
    pending.use_up(session, body.link_token)
    _add(session, user, waiting, client)
    return sign_in.complete(session, user, client, f"oauth:{name}")


def list_accounts(session: TenantSession, principal: Principal) -> LinkedAccountsRead:
    """The providers' accounts that sign in to the caller, oldest first."""
    sessions.own_session(session, principal)
    items = [LinkedAccountRead.model_validate(row, from_attributes=True) for row in _accounts(session, principal)]
    return LinkedAccountsRead(items=items)


def unlink(session: TenantSession, principal: Principal, account_id: str, client: Client) -> None:
    """Take a provider's account off.

    Raises NotFoundError for one that is not the caller's, ConflictError when there would be no way in left.
    """
    sessions.own_session(session, principal)
    user = mfa.user_of(session, principal)  # locked: of two last ones, one stays
    accounts = _accounts(session, principal)
    account = next((row for row in accounts if row.id == account_id), None)
    if account is None:
        raise NotFoundError("linked_account_not_found", "There is no such account; GET /v1/auth/accounts lists yours.")
    if user.password_hash is None and len(accounts) == 1:
        raise ConflictError("last_way_in", "Set a password first, with POST /v1/auth/forgot, or link another provider.")
    session.delete(account)
    actor, before = client.actor(user.email, user.id), {"provider": account.provider}
    record(session, "platform.account_unlinked", "user", user.id, before=before, actor=actor)


def _owner_of(session: TenantSession, provider: str, subject: str) -> str | None:
    return session.scalar(
        select(Account.user_id).where(Account.provider == provider, Account.provider_account_id == subject)
    )


def _accounts(session: TenantSession, principal: Principal) -> list[Account]:
    of_user = select(Account).where(Account.user_id == principal.user_id)
    return list(session.scalars(of_user.order_by(Account.created_at, Account.id)))


def _add(session: TenantSession, user: User, waiting: Pending, client: Client) -> None:
    """Add the link. Raises ConflictError when the provider's account has been linked to somebody else meanwhile."""
    try:
        with session.begin_nested():
            session.add(account_of(user, waiting.provider, waiting.subject))
    except IntegrityError:
        if linked_user(session, waiting.provider, waiting.subject) is user:
            return
        raise ConflictError("already_linked", "This provider's account signs in to somebody else by now.") from None
    actor, after = client.actor(user.email, user.id), {"provider": waiting.provider}
    record(session, "platform.account_linked", "user", user.id, after=after, actor=actor)
