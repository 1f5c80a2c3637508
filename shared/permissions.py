"""What a member of a store may be allowed: permissions such as `products:write`, and how they are granted.

A role's row lists them. `*` grants all of a store's, `*:read` all that only look; what concerns the whole platform
(`platform:...`) is granted by its name alone.
"""

from collections.abc import Collection, Iterable

_RESOURCES = (
    "products",
    "inventory",
    "orders",
    "customers",
    "payments",
    "pricing",
    "content",
    "reviews",
    "pos",
    "integrations",
    "store",
    "staff",
    "subscription",
)
STORE_PERMISSIONS = frozenset(
    [f"{resource}:{action}" for resource in _RESOURCES for action in ("read", "write")]
    + ["reports:read", "audit:read", "store:delete"]
)
PLATFORM_PERMISSIONS = frozenset({"platform:stores", "platform:plans"})
PERMISSIONS = STORE_PERMISSIONS | PLATFORM_PERMISSIONS


def grants(granted: Collection[str], permission: str) -> bool:
    """Whether a set of granted permissions, wildcards among them, includes one."""
    if permission in granted:
        return True
    if permission not in STORE_PERMISSIONS:
        return False
    return "*" in granted or ("*:read" in granted and permission.endswith(":read"))


def missing(granted: Collection[str], wanted: Iterable[str]) -> list[str]:
    """Those of the wanted permissions that are not granted, sorted."""
    return sorted(permission for permission in wanted if not grants(granted, permission))
