"""Accounts: registering, proving the address, forgetting and changing the password, joining a store.

What begins with an address alone (register, forgot, resend) does and answers the same for every address. Whether there
is an account is for the mailer to see, and the mail to say.
"""

from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from functions.identity import attempts, mfa, passwords, sessions
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
from shared.audit import record
from shared.auth import Principal
from shared.errors import ConflictError, FieldError, InvalidError, NotFoundError, NotSignedInError
from shared.models import StaffInvitation, Store, User, UserStore, VerificationToken
from shared.models.base import new_id, now
from shared.tenant_session import TenantSession
from shared.tokens import token_hash


class Purpose(NamedTuple):
    """What a link was sent for, and the id of whom or what it is about."""

    name: str
    subject: str


def register(session: TenantSession, body: RegistrationCreate, client: Client) -> None:
    """Make an account that can be used once its address is proved; an address that has one gets a mail saying so."""
    attempts.note(attempts.BY_MAIL, client.ip_address)
    passwords.check_strength(body.password)
    is_sent = attempts.may(attempts.MAILS, f"register:{body.email}")
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(User)
    session.execute(
        insert.values(
            id=new_id(), email=body.email, name=body.name, password_hash=passwords.hash_password(body.password)
        ).on_conflict_do_nothing(index_elements=[User.email], index_where=User.deleted_at.is_(None))
    )
    if is_sent:
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
    user = session.get_one(User, use_token(session, token, "verify").subject)
    if user.email_verified is None:
        user.email_verified = now()
        passwords.remember(session, user)
    record(session, "platform.email_verified", "user", user.id, actor=client.actor(user.email, user.id))


def unlock(session: TenantSession, token: str, client: Client) -> None:
    """Let a locked account be tried again. Raises NotFoundError for a link that was used or is older than an hour."""
    user = session.get_one(User, use_token(session, token, "unlock").subject)
    attempts.forget(session, attempts.AT_ACCOUNT, user.email)
    record(session, "platform.unlocked", "user", user.id, actor=client.actor(user.email, user.id))


def reset_password(session: TenantSession, body: PasswordReset, client: Client) -> None:
    """Set a new password and end all sessions. Raises as `verify`, and InvalidError for a weak or reused password."""
    user = session.get_one(User, use_token(session, body.token, "reset").subject)
    passwords.set_password(session, user, body.password)
    user.email_verified = user.email_verified or now()
    sessions.end_other_sessions(session, user.id, kept=None)
    session.execute(delete(VerificationToken).where(VerificationToken.identifier == f"reset:{user.id}"))
    attempts.forget(session, attempts.AT_ACCOUNT, user.email)
    _tell_of_change(session, user, "platform.password_reset", client)


def change_password(session: TenantSession, principal: Principal, body: PasswordChange, client: Client) -> None:
    """Change the password and end all other sessions. Raises NotSignedInError when the current one is wrong."""
    user = known_user(session, principal, body.current_password)
    passwords.set_password(session, user, body.new_password, "new_password")
    sessions.end_other_sessions(session, user.id, kept=principal.session_id)
    _tell_of_change(session, user, "platform.password_changed", client)


def known_user(session: TenantSession, principal: Principal, password: str, code: str | None = None) -> User:
    """The caller, who says the password again, and a code where one is asked for.

    Raises NotSignedInError for a wrong one, TooManyError after five.
    """
    attempts.note(attempts.AT_ACCOUNT, principal.email)
    sessions.own_session(session, principal)
    user = session.scalars(select(User).where(User.id == principal.user_id).with_for_update()).one()
    if not passwords.matches(user.password_hash, password):
        raise NotSignedInError("invalid_credentials", "The password is wrong.")
    if code is not None:
        mfa.check_if_enabled(session, user, code)
    attempts.forget(session, attempts.AT_ACCOUNT, principal.email)
    return user


def update_me(session: TenantSession, principal: Principal, body: MeUpdate) -> User:
    """Change what a user may change of themselves."""
    sessions.own_session(session, principal)
    user = session.get_one(User, principal.user_id)
    for field, value in body.model_dump(exclude_unset=True, exclude_none=True).items():
        setattr(user, field, value)
    return user


def accept_invitation(session: TenantSession, body: InvitationAcceptance, client: Client) -> InvitationAccepted:
    """Join a store. The link proves the address; who has no account gets one, with a password of their choice.

    Raises NotFoundError for a link that is no longer good, InvalidError when a new account lacks name or password.
    """
    purpose = use_token(session, body.token, "invitation")
    invitation = session.scalar(
        select(StaffInvitation).where(StaffInvitation.id == purpose.subject, StaffInvitation.expires > now())
    )
    store = session.scalar(select(Store).where(Store.id == invitation.store_id)) if invitation else None
    if invitation is None or store is None:
        raise _no_such_link()
    user = session.scalar(select(User).where(User.email == invitation.email)) or _invited(session, invitation, body)
    user.email_verified = user.email_verified or now()
    place = select(UserStore.id).where(UserStore.user_id == user.id, UserStore.store_id == store.id)
    if session.scalar(place) is not None:
        raise ConflictError("already_a_member", "You are a member of this store already; just sign in.")
    role, permissions = invitation.role, invitation.permissions
    session.add(UserStore(store_id=store.id, user_id=user.id, role_id=role.id, permissions=permissions))
    session.delete(invitation)
    actor = client.actor(user.email, user.id)
    record(session, "staff.joined", "user_store", user.id, after={"role": role.slug}, store_id=store.id, actor=actor)
    joined = MembershipRead(store_id=store.id, slug=store.slug, name=store.name, role=role.slug)
    return InvitationAccepted(email=user.email, store=joined)


def use_token(session: TenantSession, token: str, purpose: str) -> Purpose:
    """Use up a link. Raises NotFoundError when it was used, has expired, or is for something else."""
    found = session.scalar(
        delete(VerificationToken)
        .where(
            VerificationToken.token_hash == token_hash(token),
            VerificationToken.identifier.startswith(f"{purpose}:"),
            VerificationToken.expires > now(),
        )
        .returning(VerificationToken.identifier)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        raise _no_such_link()
    return Purpose(*found.split(":", 1))


def _no_such_link() -> NotFoundError:
    return NotFoundError("link_not_found", "This link was used or has expired; ask for another.")


def _invited(session: TenantSession, invitation: StaffInvitation, body: InvitationAcceptance) -> User:
    lacking = [field for field in ("name", "password") if getattr(body, field) is None]
    if lacking:
        errors = [FieldError(loc=["body", field], message="Needed for a new account.") for field in lacking]
        raise InvalidError("account_needed", f"There is no account yet; send {' and '.join(lacking)} too.", errors)
    user = User(id=new_id(), email=invitation.email, name=body.name)
    session.add(user)
    session.flush()
    passwords.set_password(session, user, body.password or "")
    return user


def _tell_of_change(session: TenantSession, user: User, action: str, client: Client) -> None:
    record(session, action, "user", user.id, actor=client.actor(user.email, user.id))
    send_later(session, "password_changed", user.email)
