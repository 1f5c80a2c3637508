"""Turns a bearer token into who calls, in which store, with which permissions.

API Gateway remembers the answer for a token (template.yaml says how long), so what changes here takes effect within a
minute. A token that is no good is let through as nobody: the function then answers 401 as a problem, where API Gateway
itself could only say 403 (decision 0012).
"""

from collections.abc import Mapping
from typing import Any

from functions.authorizer.service import find_principal
from shared.tenancy import identity_session

NOBODY = {"kind": "none"}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point: an authorizer of payload 2.0 that answers simply."""
    return {"isAuthorized": True, "context": _context(event)}


def _context(event: Mapping[str, Any]) -> Mapping[str, Any]:
    scheme, _, token = event["headers"].get("authorization", "").partition(" ")
    token = token.strip()
    # No token of ours has other letters, and not all of them can be hashed.
    if scheme.lower() != "bearer" or not token or not token.isascii():
        return NOBODY
    with identity_session() as session:
        return find_principal(session, token) or NOBODY
