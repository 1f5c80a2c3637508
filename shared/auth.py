"""Who calls, as the authorizer found out, and what a route asks of the caller.

A route says beside itself who may call it: `@requires("products:write")`, `@signed_in` or `@public`. HttpApi refuses to
register one that says nothing, and asks `admit` before it calls one: the only place where permissions are checked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from shared.errors import NotAllowedError, NotSignedInError, PlanError
from shared.permissions import PERMISSIONS, PLATFORM_PERMISSIONS, grants

F = TypeVar("F", bound=Callable[..., Any])

# What stays open to a store whose trial has run out: business-rules.md, Tenancy.
_NO_WRITES_IN_GRACE = {"products:write", "pricing:write", "content:write", "integrations:write"}
_WRITES_WHEN_SUSPENDED = {"subscription:write"}


class Standing(StrEnum):
    """How far a store may work, by the state of its subscription."""

    ACTIVE = "active"
    GRACE = "grace"
    """Read and fulfil, but no new catalogue."""
    SUSPENDED = "suspended"
    """Read, and choose a plan."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in user, in the store that the session works in, if any.

    `is_visitor` is true of one whom the platform's own role lets in, without a place in the store.
    """

    user_id: str
    email: str
    session_id: str
    store_id: str | None
    role: str | None
    permissions: frozenset[str]
    is_visitor: bool
    standing: Standing
    requests_a_minute: int


@dataclass(frozen=True, slots=True)
class Access:
    """What a route asks: a signed-in caller, and perhaps a permission."""

    signed_in: bool
    permission: str | None = None


PUBLIC = Access(signed_in=False)


def public(route: F) -> F:
    """Let everybody call a route."""
    return _declare(route, PUBLIC)


def signed_in(route: F) -> F:
    """Let every user call a route, in whatever store."""
    return _declare(route, Access(signed_in=True))


def requires(permission: str) -> Callable[[F], F]:
    """Let those call a route who have a permission, in the store they work in. Raises ValueError for an unknown one."""
    if permission not in PERMISSIONS:
        raise ValueError(f"there is no permission {permission}; see shared/permissions.py")
    return lambda route: _declare(route, Access(signed_in=True, permission=permission))


def access_of(route: Callable[..., Any]) -> Access | None:
    """What a route has declared, or None."""
    found: Access | None = getattr(route, "access", None)
    return found


def admit(access: Access, principal: Principal | None) -> None:
    """Let a caller pass who may call a route.

    Raises NotSignedInError, NotAllowedError naming the permission, PlanError when the store's subscription has ended.
    """
    if not access.signed_in:
        return
    if principal is None:
        raise not_signed_in()
    if access.permission is None:
        return
    if access.permission not in PLATFORM_PERMISSIONS and principal.store_id is None:
        raise NotAllowedError("no_store", "Say which store to work in: POST /v1/auth/switch-store.")
    if not grants(principal.permissions, access.permission):
        raise NotAllowedError(
            "permission_missing",
            f"This needs the permission {access.permission}; ask an admin of the store for it.",
            permission=access.permission,
        )
    _refuse_when_ended(access.permission, principal.standing)


def principal_of(event: Mapping[str, Any]) -> Principal | None:
    """The caller that the authorizer put into an event's context, or None when it found nobody."""
    found = (event["requestContext"].get("authorizer") or {}).get("lambda") or {}
    if found.get("kind") != "user":
        return None
    return Principal(
        user_id=found["user_id"],
        email=found["email"],
        session_id=found["session_id"],
        store_id=found["store_id"] or None,
        role=found["role"] or None,
        permissions=frozenset(found["permissions"].split()),
        is_visitor=bool(found["is_visitor"]),
        standing=Standing(found["standing"]),
        requests_a_minute=int(found["requests_a_minute"]),
    )


def not_signed_in() -> NotSignedInError:
    """What a caller without a good token is told."""
    return NotSignedInError("not_signed_in", "POST /v1/auth/login, then send `Authorization: Bearer <token>`.")


def _declare(route: F, access: Access) -> F:
    route.access = access  # type: ignore[attr-defined]
    return route


def _refuse_when_ended(permission: str, standing: Standing) -> None:
    writes = not permission.endswith(":read") and permission not in PLATFORM_PERMISSIONS
    if standing is Standing.SUSPENDED and writes and permission not in _WRITES_WHEN_SUSPENDED:
        raise PlanError("subscription_ended", "The trial has ended; choose a plan with PUT /v1/store/subscription.")
    if standing is Standing.GRACE and permission in _NO_WRITES_IN_GRACE:
        raise PlanError("trial_ended", "The trial has ended; choose a plan to change the catalogue again.")
