"""Sessions: beginning, listing and ending them, and the store that one works in.

A session lasts 30 days at most and ends after 7 without use; the authorizer moves its end on.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from functions.identity.schemas import MembershipRead, SessionRead, SessionsRead, SignedInRead, UserRead
from shared.audit import Actor, record
from shared.auth import Principal, not_signed_in
from shared.errors import NotFoundError
from shared.models import PlatformMember, Role, Session, Store, User, UserStore
from shared.models.base import now
from shared.models.enums import UserStatus
from shared.tenant_session import TenantSession
from shared.tokens import new_token, session_end, token_hash


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from."""

    ip_address: str
    user_agent: str

    def actor(self, email: str, user_id: str | None = None) -> Actor:
        """Somebody at this client, for the audit log."""
        return Actor(user_id, email, self.ip_address, self.user_agent)


def begin_session(session: TenantSession, user: User, client: Client, store_id: str | None = None) -> SignedInRead:
    """Sign a user in, in a store of theirs: the given one, else the one of last time, else their first."""
    stores = memberships(session, user.id)
    wanted = store_id or session.scalar(
        select(Session.active_store_id).where(Session.user_id == user.id).order_by(Session.created_at.desc()).limit(1)
    )
    own = next((store for store in stores if store.store_id == wanted), stores[0] if stores else None)
    token, row = new_token(), _new_session(user, client)
    row.session_token_hash, row.active_store_id = token_hash(token), own.store_id if own else None
    session.add(row)
    return SignedInRead(token=token, expires_at=row.expires, user=shown(session, user), store=own, stores=stores)


def switch_store(session: TenantSession, principal: Principal, store_id: str, client: Client) -> SignedInRead:
    """Go on in another store, with another token: API Gateway may still remember where the old one works.

    SUPER_ADMINs may look into every store; others get NotFoundError for one that is not theirs.
    """
    old, user = own_session(session, principal, locked=True), session.get_one(User, principal.user_id)
    stores = memberships(session, user.id)
    target = next((store for store in stores if store.store_id == store_id), None) or _visited(session, user, store_id)
    if target is None:
        raise NotFoundError("store_not_found", "You have no such store; GET /v1/auth/me lists yours.")
    # 30 days from the sign-in, not from the switch.
    token, row = new_token(), _new_session(user, client, began=old.created_at)
    row.session_token_hash, row.active_store_id = token_hash(token), store_id
    session.delete(old)
    session.add(row)
    actor = client.actor(user.email, user.id)
    record(session, "session.switched", "session", row.id, store_id=store_id, actor=actor)
    return SignedInRead(token=token, expires_at=row.expires, user=shown(session, user), store=target, stores=stores)


def list_sessions(session: TenantSession, principal: Principal) -> SessionsRead:
    """The user's sign-ins that have not ended, newest first."""
    own_session(session, principal)
    rows = session.scalars(
        select(Session)
        .where(Session.user_id == principal.user_id, Session.expires > now())
        .order_by(Session.created_at.desc(), Session.id)
        .limit(100)
    )
    return SessionsRead(items=[_read(row, principal) for row in rows])


def end_session(session: TenantSession, principal: Principal, session_id: str, client: Client) -> None:
    """Sign out one of the user's sessions. Raises NotFoundError for one that is not theirs."""
    own_session(session, principal)
    row = session.scalar(
        select(Session).where(Session.id == session_id, Session.user_id == principal.user_id).with_for_update()
    )
    if row is None:
        raise NotFoundError("session_not_found", "There is no such session; GET /v1/auth/sessions lists yours.")
    session.delete(row)
    actor = client.actor(principal.email, principal.user_id)
    record(session, "platform.sign_out", "session", session_id, actor=actor)


def end_other_sessions(session: TenantSession, user_id: str, kept: str | None) -> None:
    """Sign out a user everywhere but in the session `kept`."""
    session.execute(delete(Session).where(Session.user_id == user_id, Session.id != (kept or "")))


def own_session(session: TenantSession, principal: Principal, *, locked: bool = False) -> Session:
    """The caller's session, fresh from the database.

    Raises NotSignedInError when it has ended, or its user was disabled, since API Gateway asked.
    """
    query = (
        select(Session)
        .join(User, User.id == Session.user_id)
        .where(Session.id == principal.session_id, Session.expires > now(), User.status == UserStatus.ACTIVE)
    )
    row = session.scalar(query.with_for_update(of=Session) if locked else query)
    if row is None:
        raise not_signed_in()
    return row


def memberships(session: TenantSession, user_id: str) -> list[MembershipRead]:
    """The live stores that a user works in, oldest membership first."""
    rows = session.execute(
        select(Store.id, Store.slug, Store.name, Role.slug.label("role"))
        .join(UserStore, UserStore.store_id == Store.id)
        .join(Role, Role.id == UserStore.role_id)
        .where(UserStore.user_id == user_id, UserStore.is_active)
        .order_by(UserStore.created_at, UserStore.id)
    )
    return [MembershipRead(store_id=row.id, slug=row.slug, name=row.name, role=row.role) for row in rows]


def shown(session: TenantSession, user: User) -> UserRead:
    """A user as they see themselves."""
    return UserRead(
        id=user.id,
        email=user.email,
        name=user.name,
        language=user.language,
        timezone=user.timezone,
        email_verified=user.email_verified is not None,
        mfa_enabled=user.mfa_enabled,
        has_password=user.password_hash is not None,
        role="SUPER_ADMIN" if _is_super_admin(session, user.id) else None,
    )


def _is_super_admin(session: TenantSession, user_id: str) -> bool:
    return session.scalar(select(PlatformMember.id).where(PlatformMember.user_id == user_id)) is not None


def _visited(session: TenantSession, user: User, store_id: str) -> MembershipRead | None:
    store = session.get(Store, store_id) if _is_super_admin(session, user.id) else None
    if store is None or store.deleted_at is not None:
        return None
    return MembershipRead(store_id=store.id, slug=store.slug, name=store.name, role="SUPER_ADMIN")


def _new_session(user: User, client: Client, began: datetime | None = None) -> Session:
    moment = now()
    return Session(
        user_id=user.id,
        created_at=began or moment,
        last_used_at=moment,
        expires=session_end(began or moment, moment),
        ip_address=client.ip_address,
        user_agent=client.user_agent[:500],
    )


def _read(row: Session, principal: Principal) -> SessionRead:
    return SessionRead(
        id=row.id,
        is_current=row.id == principal.session_id,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires,
        ip_address=row.ip_address,
        user_agent=row.user_agent,
        store_id=row.active_store_id,
    )
