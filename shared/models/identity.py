"""Users of the platform, what they may do where, and how they prove who they are."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shared.models.base import Base, SoftDeletes, TenantScoped, Versioned
from shared.models.columns import flag, json_list, one_of, words
from shared.models.enums import UserStatus

_LIVE = text("deleted_at IS NULL")


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
    """Argon2id hashes, one a line."""
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
    is_active: Mapped[bool] = flag(True)

    user: Mapped[User] = relationship()
    role: Mapped[Role] = relationship()


class Account(Base):
    """A user's account at an OAuth or OIDC provider. Tokens are KMS ciphertext, bound to the user's id."""

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
    """A sign-in. Only the SHA-256 of its token is kept."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "expires"),)

    session_token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires: Mapped[datetime]


class VerificationToken(Base):
    """A single-use link sent by e-mail. Only the SHA-256 of its token is kept."""

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
