"""Shops and the people in them, written by the platform; each with a token of their own."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from shared.models import (
    PlatformMember,
    Role,
    Session,
    StaffInvitation,
    StoreSubscription,
    SubscriptionPlan,
    User,
    UserStore,
)
from shared.models.base import new_id, now
from shared.models.enums import SubscriptionStatus
from shared.tenancy import platform_session
from shared.tenant_session import TenantSession
from shared.tokens import new_token, session_end, token_hash
from tests.factories import make_store

_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, in a store or in none."""

    user_id: str
    email: str
    token: str
    member_id: str = ""


@dataclass(frozen=True)
class Shop:
    """A store with a subscription, and its admin."""

    id: str
    slug: str
    admin: Person


def make_shop(plan: str | None = "enterprise", subscription: dict[str, Any] | None = None, **store: Any) -> Shop:
    """A store with an active subscription, unless it shall have none, and an admin."""
    number = next(_numbers)
    slug = store.setdefault("slug", f"shop-{number}")
    store_id = make_store(**({"name": f"Shop {number}"} | store))
    if plan is not None:
        subscribe(store_id, plan, **(subscription or {}))
    return Shop(store_id, slug, join(store_id, "STORE_ADMIN"))


def signed_in_again(shop: Shop) -> Shop:
    """The shop with a fresh token of its admin, for a session ends in the course of time."""
    return replace(shop, admin=replace(shop.admin, token=token_of(shop.admin.user_id, shop.id)))


def subscribe(store_id: str, plan: str, **given: Any) -> None:
    """Give a store its subscription."""
    with platform_session(reason="test", actor="tests") as session:
        plan_id = session.scalars(select(SubscriptionPlan.id).where(SubscriptionPlan.slug == plan)).one()
        values = {"status": SubscriptionStatus.ACTIVE, "plan_id": plan_id} | given
        session.add(StoreSubscription(store_id=store_id, **values))


def join(
    store_id: str,
    role: str = "STAFF",
    permissions: list[str] | None = None,
    *,
    user: Person | None = None,
    is_active: bool = True,
) -> Person:
    """Let a user, new if none is given, work in a store, past its plan's limit."""
    found = user or make_user()
    with platform_session(reason="test", actor="tests") as session:
        member = UserStore(
            id=new_id(),
            store_id=store_id,
            user_id=found.user_id,
            role=_role(session, role),
            permissions=permissions,
            is_active=is_active,
        )
        session.add(member)
    return Person(found.user_id, found.email, token_of(found.user_id, store_id), member.id)


def make_user(store_id: str | None = None, **given: Any) -> Person:
    """A user with a proved address and no store, signed in."""
    number = next(_numbers)
    values = {"id": new_id(), "email": f"user-{number}@example.com", "name": f"User {number}", "email_verified": now()}
    with platform_session(reason="test", actor="tests") as session:
        user = User(**(values | given))
        session.add(user)
    return Person(user.id, user.email, token_of(user.id, store_id))


def make_super_admin(visiting: str | None = None) -> Person:
    """Somebody who runs the platform, perhaps looking into a store."""
    found = make_user()
    with platform_session(reason="test", actor="tests") as session:
        session.add(PlatformMember(user_id=found.user_id, role=_role(session, "SUPER_ADMIN")))
    return Person(found.user_id, found.email, token_of(found.user_id, visiting))


def token_of(user_id: str, store_id: str | None = None) -> str:
    """Sign a user in, in a store."""
    token, moment = new_token(), now()
    with platform_session(reason="test", actor="tests") as session:
        session.add(
            Session(
                user_id=user_id,
                session_token_hash=token_hash(token),
                active_store_id=store_id,
                last_used_at=moment,
                expires=session_end(moment, moment),
            )
        )
    return token


def make_invitation(store_id: str, email: str, role: str = "STAFF", **given: Any) -> str:
    """An invitation, past the plan's limit. Returns its id."""
    with platform_session(reason="test", actor="tests") as session:
        values = {"expires": now() + timedelta(days=7), "invited_by": "boss@example.com", "id": new_id()} | given
        row = StaffInvitation(store_id=store_id, email=email, role=_role(session, role), **values)
        session.add(row)
    return str(row.id)


def _role(session: TenantSession, slug: str) -> Role:
    return session.scalars(select(Role).where(Role.slug == slug)).one()
