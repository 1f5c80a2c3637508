"""The session of a signed-in user's request: in the store that the token works in, counted, and audited."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shared.audit import Actor, act_as, record
from shared.auth import Principal, not_signed_in, principal_of
from shared.errors import NoSuchStoreError, NotAllowedError
from shared.request_limit import count_request
from shared.tenancy import storeless_session, tenant_session
from shared.tenant_session import TenantSession


@contextmanager
def open_admin(event: Mapping[str, Any]) -> Iterator[TenantSession]:
    """The session of the caller's store; one that has entered no store for a caller who works in none.

    Raises NotSignedInError, NotAllowedError when the store is gone, TooManyError over the plan's requests a minute.
    """
    principal = principal_of(event)
    if principal is None:
        raise not_signed_in()
    if principal.store_id is None:
        with storeless_session() as session:
            act_as(session, actor_of(principal, event))
            yield session
        return
    # A visitor's looks are not the store's to pay for.
    headers = {} if principal.is_visitor else count_request(principal.store_id, principal.requests_a_minute)
    try:
        if principal.is_visitor:
            _note_visit(principal.store_id, actor_of(principal, event), event)
        with tenant_session(principal.store_id) as session:
            act_as(session, actor_of(principal, event))
            session.info["headers"] = headers
            yield session
    except NoSuchStoreError as error:
        raise NotAllowedError(
            "no_store", "This store is gone; switch to another: POST /v1/auth/switch-store."
        ) from error


def actor_of(principal: Principal, event: Mapping[str, Any]) -> Actor:
    """Who acts, and from where, for the audit log."""
    http = event["requestContext"]["http"]
    return Actor(principal.user_id, principal.email, http.get("sourceIp"), http.get("userAgent"))


def _note_visit(store_id: str, actor: Actor, event: Mapping[str, Any]) -> None:
    """In a transaction of its own: a look that is refused was one all the same."""
    http = event["requestContext"]["http"]
    asked = {"request": f"{http['method']} {http['path']}"}
    with tenant_session(store_id) as session:
        record(session, "store.viewed", "store", store_id, after=asked, actor=actor)
