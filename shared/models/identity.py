"""Users of the platform, what they may do where, and how they prove who they are."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.column_types import Json
from shared.models.base import Base, SoftDeletes, TenantScoped, Versioned, not_negative
from shared.models.columns import flag, json_list, json_object, number, one_of, words
from shared.models.enums import UserStatus

_LIVE = text("deleted_at IS NULL")
_UNSENT = text("sent_at IS NULL")


class User(SoftDeletes, Versioned, Base):
    """A person who works with stores: admin or staff. Customers of a store are Customer rows, never users."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("uq_users_live_email", "email", unique=True, postgresql_where=_LIVE, sqlite_where=_LIVE),
        Index(None, "status"),
    )

    name: Mapped[str | None]
    email: Mapped[str]
    email_verified: Mapped[datetime | None]
    image: Mapped[str | None]
    password_hash: Mapped[str | None]
    """Argon2id; none for those who only sign in through a provider."""
    mfa_enabled: Mapped[bool] = flag(False)
    mfa_secret: Mapped[str | None]
    """KMS ciphertext, bound to the user's id."""
    mfa_backup_codes: Mapped[str | None]
    """Argon2id hashes, one a line; a line is emptied when its code is used."""
    mfa_last_step: Mapped[int | None]
    """The TOTP step (of 30 seconds since 1970) whose code was used last; no older one is taken again."""
    language: Mapped[str] = words("en")
    timezone: Mapped[str] = words("UTC")
    status: Mapped[UserStatus] = one_of(UserStatus.ACTIVE)
    last_login_at: Mapped[datetime | None]
    last_login_ip: Mapped[str | None]


class Role(Versioned, Base):
    """A named set of permissions such as `products:write`."""

    __tablename__ = "roles"

    name: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    permissions: Mapped[list[str]] = json_list()
    is_system: Mapped[bool] = flag(False)


class UserStore(TenantScoped, Versioned, Base):
    """A user's place in a store, with the role it gives."""

    __tablename__ = "user_stores"
    __table_args__ = (UniqueConstraint("user_id", "store_id"), Index(None, "store_id", "is_active"))

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="RESTRICT"))
    permissions: Mapped[list[str] | None] = mapped_column(Json)
    """This member's own, in place of the role's."""
    is_active: Mapped[bool] = flag(True)

    user: Mapped[User] = relationship()
    role: Mapped[Role] = relationship()


class PlatformMember(Base):
    """A user's role over the whole platform, such as SUPER_ADMIN."""

    __tablename__ = "platform_members"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    role_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="RESTRICT"))

    role: Mapped[Role] = relationship()


class StaffInvitation(TenantScoped, Base):
    """An e-mail address that was asked to join a store. It holds a place of the plan meanwhile."""

    __tablename__ = "staff_invitations"
    __table_args__ = (
        UniqueConstraint("store_id", "email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    email: Mapped[str]
    role_id: Mapped[str] = mapped_column(ForeignKey("roles.id", ondelete="RESTRICT"))
    permissions: Mapped[list[str] | None] = mapped_column(Json)
    expires: Mapped[datetime]
    invited_by: Mapped[str]
    """The inviter's e-mail address."""

    role: Mapped[Role] = relationship()


class Account(Base):
    """A user's account at an OAuth or OIDC provider. Its tokens are of no use after the sign-in and are not kept."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("provider", "provider_account_id"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    type: Mapped[str]
    provider: Mapped[str]
    provider_account_id: Mapped[str]
    refresh_token: Mapped[str | None]
    access_token: Mapped[str | None]
    expires_at: Mapped[int | None]
    """Seconds since 1970, as the provider gave it."""
    token_type: Mapped[str | None]
    scope: Mapped[str | None]
    id_token: Mapped[str | None]
    session_state: Mapped[str | None]


class Session(Base):
    """A sign-in, from `created_at` for 30 days at most. Only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "expires"),)

    session_token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires: Mapped[datetime]
    """Moves on while the session is used."""
    active_store_id: Mapped[str | None]
    """The store it works in. No foreign key: the authorizer looks for the membership each time."""
    last_used_at: Mapped[datetime | None]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]


class VerificationToken(Base):
    """A single-use link sent by e-mail. Only the SHA-256 of its token is kept.

    `identifier` says what it is good for and for whom: `reset:<user id>`.
    """

    __tablename__ = "verification_tokens"
    __table_args__ = (UniqueConstraint("identifier", "token_hash"), Index(None, "expires"))

    identifier: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires: Mapped[datetime]


class PasswordHistory(Base):
    """A password's hash that its user may not choose again (CHK009)."""

    __tablename__ = "password_histories"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    password_hash: Mapped[str]


class SignInAttempts(Base):
    """When somebody lately tried to sign in: from an address, or to an account. The id is a hash of which."""

    __tablename__ = "sign_in_attempts"

    times: Mapped[list[float]] = json_list()
    """Seconds since 1970."""


class AccountMail(Base):
    """A mail about an account, which is no store's: written with what it tells of, sent after the commit.

    `details` fills the template and holds no secret: a link's token is made when the mail is.
    """

    __tablename__ = "account_mails"
    __table_args__ = (
        Index("ix_account_mails_unsent", "available_at", postgresql_where=_UNSENT, sqlite_where=_UNSENT),
        *not_negative("attempts"),
    )

    template: Mapped[str]
    recipient: Mapped[str]
    details: Mapped[dict[str, Any]] = json_object()
    available_at: Mapped[datetime]
    attempts: Mapped[int] = number()
    sent_at: Mapped[datetime | None]
    provider_id: Mapped[str | None]
