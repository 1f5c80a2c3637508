"""Who a token stands for: one statement that reads the session, the user, the store, the role and the plan."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, and_, select, update
from sqlalchemy.orm import aliased

from shared.auth import Standing
from shared.models import (
    PlatformMember,
    Role,
    Session,
    Store,
    StoreSubscription,
    SubscriptionPlan,
    User,
    UserStore,
)
from shared.models.base import now
from shared.models.enums import StoreStatus, UserStatus
from shared.subscriptions import standing_of
from shared.tenant_session import TenantSession
from shared.tokens import session_end, token_hash

_OPEN_ENDED = 60
"""Requests a minute of a store without a plan: those of the smallest."""
_RENEWED_AFTER = timedelta(minutes=5)
"""A session's end is not moved on with every request."""
_SHUT = {StoreStatus.SUSPENDED, StoreStatus.CLOSED}
_StoreRole, _PlatformRole = aliased(Role), aliased(Role)


def find_principal(session: TenantSession, token: str) -> dict[str, Any] | None:
    """What functions are told of the caller (shared/auth.py reads it), or None for a token that is no good."""
    row = session.execute(_query(token)).one_or_none()
    if row is None:
        return None
    _renew(session, row.Session)
    return {
        "kind": "user",
        "user_id": row.User.id,
        "email": row.User.email,
        "session_id": row.Session.id,
    } | _place(row)


def _query(token: str) -> Select[*tuple[Any, ...]]:
    """The store is left out when the user has no place in it any more; a platform's member may look in all the same."""
    member = and_(UserStore.user_id == User.id, UserStore.store_id == Session.active_store_id, UserStore.is_active)
    return (
        select(Session, User, Store, UserStore, _StoreRole, _PlatformRole, StoreSubscription, SubscriptionPlan)
        .join(User, User.id == Session.user_id)
        .outerjoin(Store, Store.id == Session.active_store_id)
        .outerjoin(UserStore, member)
        .outerjoin(_StoreRole, _StoreRole.id == UserStore.role_id)
        .outerjoin(PlatformMember, PlatformMember.user_id == User.id)
        .outerjoin(_PlatformRole, _PlatformRole.id == PlatformMember.role_id)
        .outerjoin(StoreSubscription, StoreSubscription.store_id == Session.active_store_id)
        .outerjoin(SubscriptionPlan, SubscriptionPlan.id == StoreSubscription.plan_id)
        .where(
            Session.session_token_hash == token_hash(token), Session.expires > now(), User.status == UserStatus.ACTIVE
        )
    )


def _place(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    """Where the caller works, and what they may do there. A member's own permissions replace the role's."""
    _, _, store, member, role, platform_role, subscription, plan = row
    granted: set[str] = set(platform_role.permissions) if platform_role else set()
    is_visitor = store is not None and member is None and platform_role is not None
    is_member = store is not None and member is not None
    if is_member:
        granted |= set(role.permissions if member.permissions is None else member.permissions)
    acting = role if is_member else platform_role
    shut = store is not None and store.status in _SHUT
    return {
        "store_id": store.id if is_member or is_visitor else "",
        "role": acting.slug if acting else "",
        "permissions": " ".join(sorted(granted)),
        "is_visitor": is_visitor,
        "standing": str(Standing.SUSPENDED if shut else standing_of(subscription, now())),
        "requests_a_minute": plan.api_rate_limit if plan else _OPEN_ENDED,
    }


def _renew(session: TenantSession, found: Session) -> None:
    moment = now()
    if found.last_used_at is None or moment - found.last_used_at > _RENEWED_AFTER:
        session.execute(
            update(Session)
            .where(Session.id == found.id)
            .values(last_used_at=moment, expires=session_end(found.created_at, moment))
            .execution_options(synchronize_session=False)
        )
