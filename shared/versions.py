"""`If-Match`: no change of what somebody else has changed meanwhile, when the client says which version it knows."""

from collections.abc import Mapping
from typing import Any

from shared.errors import stale_version
from shared.models import Versioned
from shared.tenancy import add_header
from shared.tenant_session import TenantSession


def tag(session: TenantSession, row: Versioned) -> None:
    """Put a row's version on the answer as its ETag. What was changed must have been flushed."""
    add_header(session, "ETag", f'"{row.version}"')


def check_if_match(event: Mapping[str, Any], row: Versioned) -> None:
    """Raises StaleVersionError when the request names another version than the row's."""
    named = event.get("headers", {}).get("if-match")
    if named is None or named.strip() == "*":
        return
    if f'"{row.version}"' not in {tag.strip() for tag in named.split(",")}:
        raise stale_version()
