"""Accounts: registering, proving the address, forgetting and changing the password, joining a store.

What begins with an address alone (register, forgot, resend) does and answers the same for every address. Whether there
is an account is for the mailer to see, and the mail to say.
"""

from sqlalchemy import delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from functions.identity import attempts, mfa, passwords, sessions, sign_in
from functions.identity.schemas import (
    InvitationAcceptance,
    InvitationAccepted,
    MembershipRead,
    MeUpdate,
    PasswordChange,
    PasswordReset,
    RegistrationCreate,
)
from functions.identity.sessions import Client
from shared.account_mails import Template, send_later
from shared.audit import Actor, record
from shared.auth import Principal
from shared.errors import ConflictError, FieldError, InvalidError, NotFoundError, NotSignedInError, ProblemError
from shared.models import Role, StaffInvitation, Store, User, UserStore, VerificationToken
from shared.models.base import new_id, now
from shared.tenant_session import TenantSession
from shared.tokens import token_hash


def register(session: TenantSession, body: RegistrationCreate, client: Client) -> None:
    """Make an account that can be used once its address is proved; an address that has one gets a mail saying so."""
    attempts.note(attempts.BY_MAIL, client.ip_address)
    passwords.check_strength(body.password)
    if attempts.may(attempts.MAILS, f"register:{body.email}"):
        _claim(session, body.email, body.name, body.password)
        send_later(session, "register", body.email)


def ask_for_mail(session: TenantSession, template: Template, email: str, client: Client) -> None:
    """Have the mailer send a link to an address that has an account.

    Three an hour and address; those beyond are dropped without a word, which would tell who asked before.
    """
    attempts.note(attempts.BY_MAIL, client.ip_address)
    if attempts.may(attempts.MAILS, f"{template}:{email}"):
        send_later(session, template, email)


def verify(session: TenantSession, token: str, client: Client) -> None:
    """Prove an address. Raises NotFoundError for a link that was used or is older than 24 hours."""
    user = _user_of(session, token, "verify")
    _prove_address(session, user)
    record(session, "platform.email_verified", "user", user.id, actor=client.actor(user.email, user.id))


def unlock(session: TenantSession, token: str, client: Client) -> None:
    """Let a locked account be tried again. Raises NotFoundError for a link that was used or is older than an hour."""
    user = _user_of(session, token, "unlock")
    attempts.forget(session, attempts.AT_ACCOUNT, user.email)
    record(session, "platform.unlocked", "user", user.id, actor=client.actor(user.email, user.id))


def reset_password(session: TenantSession, body: PasswordReset, client: Client) -> None:
    """Set a new password and end all sessions. Raises as `verify`, and InvalidError for a weak or reused password."""
    user = _user_of(session, body.token, "reset")
    _prove_address(session, user)
    passwords.set_password(session, user, body.password)
    sessions.end_other_sessions(session, user.id, kept=None)
    attempts.forget(session, attempts.AT_ACCOUNT, user.email)
    _tell_of_change(session, user, "platform.password_reset", client)


def change_password(session: TenantSession, principal: Principal, body: PasswordChange, client: Client) -> None:
    """Change the password and end all other sessions. Raises NotSignedInError when the current one is wrong."""
    user = known_user(session, principal, body.current_password, client=client)
    try:
        passwords.set_password(session, user, body.new_password, "new_password")
    except InvalidError:
        attempts.excuse(session, attempts.AT_ACCOUNT, principal.email)
        raise
    sessions.end_other_sessions(session, user.id, kept=principal.session_id)
    session.execute(delete(VerificationToken).where(VerificationToken.identifier == f"reset:{user.id}"))
    _tell_of_change(session, user, "platform.password_changed", client)


def known_user(
    session: TenantSession, principal: Principal, password: str, code: str | None = None, client: Client | None = None
) -> User:
    """The caller, who says the password again, and a code where one is asked for.

    Raises NotSignedInError for a wrong one, TooManyError after five.
    """
    tries = attempts.note(attempts.AT_ACCOUNT, principal.email)
    sessions.own_session(session, principal)
    user = mfa.user_of(session, principal)
    try:
        if not passwords.matches(user.password_hash, password):
            raise NotSignedInError("invalid_credentials", "The password is wrong.")
        if code is not None:
            mfa.check_if_enabled(session, user, code)
    except ProblemError as refusal:
        known = Actor(principal.user_id, principal.email)
        session.rollback()
        actor = client.actor(principal.email, principal.user_id) if client else known
        sign_in.note_failure(refusal, actor, tries, "platform.password_refused")
        raise
    attempts.forget(session, attempts.AT_ACCOUNT, principal.email)
    return user


def update_me(session: TenantSession, principal: Principal, body: MeUpdate) -> User:
    """Change what a user may change of themselves."""
    sessions.own_session(session, principal)
    user = mfa.user_of(session, principal)
    for field, value in body.model_dump(exclude_unset=True, exclude_none=True).items():
        setattr(user, field, value)
    return user


def accept_invitation(session: TenantSession, body: InvitationAcceptance, client: Client) -> InvitationAccepted:
    """Join a store. The link proves the address; who has no account gets one, with a password of their choice.

    Raises NotFoundError for a link that is no longer good, InvalidError when a new account lacks name or password.
    """
    invitation_id = use_token(session, body.token, "invitation")
    # Deleted at once: of two who accept it, by two links, one gets it.
    invitation = session.execute(
        delete(StaffInvitation)
        .where(StaffInvitation.id == invitation_id, StaffInvitation.expires > now())
        .returning(
            StaffInvitation.email, StaffInvitation.store_id, StaffInvitation.role_id, StaffInvitation.permissions
        )
        .execution_options(synchronize_session=False)
    ).one_or_none()
    store = session.scalar(select(Store).where(Store.id == invitation.store_id)) if invitation else None
    if invitation is None or store is None:
        raise _no_such_link()
    user, role = _invited(session, invitation.email, body), session.get_one(Role, invitation.role_id)
    place = select(UserStore.id).where(UserStore.user_id == user.id, UserStore.store_id == store.id)
    if session.scalar(place) is not None:
        raise ConflictError("already_a_member", "You are a member of this store already; just sign in.")
    member_id = new_id()
    permissions = invitation.permissions
    session.add(UserStore(id=member_id, store_id=store.id, user_id=user.id, role_id=role.id, permissions=permissions))
    actor = client.actor(user.email, user.id)
    record(session, "staff.joined", "user_store", member_id, after={"role": role.slug}, store_id=store.id, actor=actor)
    joined = MembershipRead(store_id=store.id, slug=store.slug, name=store.name, role=role.slug)
    return InvitationAccepted(email=user.email, store=joined)


def use_token(session: TenantSession, token: str, purpose: str) -> str:
    """Use up a link, and with it all others of its kind to the same person. Returns the id of whom it is about.

    Raises NotFoundError when it was used, has expired, or is for something else.
    """
    named = aliased(VerificationToken)
    same = select(named.identifier).where(
        named.token_hash == token_hash(token), named.identifier.startswith(f"{purpose}:"), named.expires > now()
    )
    found = session.scalars(
        delete(VerificationToken)
        .where(VerificationToken.identifier == same.scalar_subquery())
        .returning(VerificationToken.identifier)
        .execution_options(synchronize_session=False)
    ).first()
    if found is None:
        raise _no_such_link()
    return found.split(":", 1)[1]


def _user_of(session: TenantSession, token: str, purpose: str) -> User:
    """The user that a link was sent to, locked. Raises NotFoundError as `use_token`, or when the user is gone."""
    user_id = use_token(session, token, purpose)
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise _no_such_link()
    return user


def _prove_address(session: TenantSession, user: User) -> None:
    if user.email_verified is None:
        user.email_verified = now()
        passwords.remember(session, user)


def _claim(session: TenantSession, email: str, name: str, password: str) -> None:
    """Write down who wants an account with an address, unless it has one that is proved.

    Nobody proves an address for a password that somebody else chose before: the last to ask counts, and links that were
    sent earlier are no longer good.
    """
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(User)
    session.execute(
        insert.values(
            id=new_id(), email=email, name=name, password_hash=passwords.hash_password(password)
        ).on_conflict_do_update(
            index_elements=[User.email],
            index_where=User.deleted_at.is_(None),
            set_={"name": insert.excluded.name, "password_hash": insert.excluded.password_hash},
            where=User.email_verified.is_(None),
        )
    )
    asked = select(literal("verify:") + User.id).where(User.email == email, User.email_verified.is_(None))
    session.execute(
        delete(VerificationToken)
        .where(VerificationToken.identifier == asked.scalar_subquery())
        .execution_options(synchronize_session=False)
    )


def _no_such_link() -> NotFoundError:
    return NotFoundError("link_not_found", "This link was used or has expired; ask for another.")


def _invited(session: TenantSession, email: str, body: InvitationAcceptance) -> User:
    """The user with an address that has just been proved. An account that nobody had proved is made anew."""
    query = select(User).where(User.email == email).with_for_update().execution_options(populate_existing=True)
    user = session.scalar(query)
    if user is not None and user.email_verified is not None:
        return user
    lacking = [field for field in ("name", "password") if getattr(body, field) is None]
    if lacking:
        errors = [FieldError(loc=["body", field], message="Needed for a new account.") for field in lacking]
        raise InvalidError("account_needed", f"There is no account yet; send {' and '.join(lacking)} too.", errors)
    passwords.check_strength(body.password or "")
    _claim(session, email, body.name or "", body.password or "")
    user = session.scalars(query).one()
    _prove_address(session, user)
    return user


def _tell_of_change(session: TenantSession, user: User, action: str, client: Client) -> None:
    record(session, action, "user", user.id, actor=client.actor(user.email, user.id))
    send_later(session, "password_changed", user.email)
