"""`Idempotency-Key`: a POST that is sent twice takes effect once, and both get the first answer.

The key's row is written in the transaction of the effect, so it commits with it or not at all. Success is kept for 24
hours, and so are refusals that the same request would meet again; faults of ours are not, nor what time may change.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import wraps
from typing import Any

from sqlalchemy import delete, func, select

from shared.auth import principal_of
from shared.errors import ConflictError, InvalidError, MalformedError
from shared.models import IdempotencyKey
from shared.models.base import now
from shared.problems import problem_response
from shared.tenancy import Handler, Response, current_session, tenant_session
from shared.tenant_session import TenantSession

_KEPT = timedelta(hours=24)
_REFUSALS_KEPT = {400, 404, 415, 422}


def idempotent(handler: Handler) -> Handler:
    """Answer a repeated POST of a store with its first answer. For inside of `@tenant_isolated`.

    The key counts for one store and caller. The same key with another request is 422, and while the first still runs
    409.
    """

    @wraps(handler)
    def run(event: dict[str, Any], context: Any) -> Response:
        key, session = _key_of(event), current_session()
        if key is None or session.store_id is None:
            return handler(event, context)
        if not 1 <= len(key) <= 255:
            return problem_response(
                MalformedError("bad_idempotency_key", "Idempotency-Key has 1 to 255 characters."), event
            )
        return _once(handler, event, context, key, session)

    return run


def require_key(event: Mapping[str, Any], what: str) -> None:
    """Raises MalformedError when a request that makes money move comes without an Idempotency-Key."""
    if not event.get("headers", {}).get("idempotency-key"):
        raise MalformedError("idempotency_key_required", f"Send an Idempotency-Key, a new one for each {what}.")


def _once(handler: Handler, event: dict[str, Any], context: Any, key: str, session: TenantSession) -> Response:
    principal, fingerprint = _principal(event), _fingerprint(event)
    if not _locked(session, f"{session.store_id} {principal} {key}"):
        error = ConflictError(
            "still_running", "The first request with this Idempotency-Key still runs; repeat it later."
        )
        return problem_response(error, event)
    found = session.scalar(
        select(IdempotencyKey).where(IdempotencyKey.principal == principal, IdempotencyKey.key == key)
    )
    if found is not None and found.expires_at > now():
        if found.fingerprint != fingerprint:
            reused = InvalidError("idempotency_key_reused", "This Idempotency-Key was used for another request.")
            return problem_response(reused, event)
        return _replayed(found)
    response = handler(event, context)
    row = _row(principal, key, fingerprint, response)
    if response["statusCode"] < 400:
        _keep(session, row)
    elif response["statusCode"] in _REFUSALS_KEPT:
        # The request's own transaction is about to be rolled back.
        session.rollback()
        with tenant_session(str(session.store_id)) as other:
            _keep(other, row)
    return response


def _key_of(event: Mapping[str, Any]) -> str | None:
    if event["requestContext"]["http"]["method"] != "POST":
        return None
    key: str | None = event.get("headers", {}).get("idempotency-key")
    return key


def _principal(event: Mapping[str, Any]) -> str:
    found = principal_of(event)
    if found is not None:
        return found.user_id
    # Shoppers are known by what they hold: who has not got it must not be told the first answer.
    held = [event.get("headers", {}).get(name, "") for name in ("authorization", "x-cart-token", "x-order-token")]
    return hashlib.sha256("\0".join(held).encode()).hexdigest() if any(held) else ""


def _fingerprint(event: Mapping[str, Any]) -> str:
    http = event["requestContext"]["http"]
    parts = (http["method"], event["rawPath"], event.get("rawQueryString", ""), event.get("body") or "")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _locked(session: TenantSession, name: str) -> bool:
    """Whether nobody else is at it. The lock ends with the transaction, and pins no proxy."""
    if session.get_bind().dialect.name != "postgresql":
        return True  # SQLite has one writer at a time
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(number))))


def _row(principal: str, key: str, fingerprint: str, response: Response) -> IdempotencyKey:
    return IdempotencyKey(
        principal=principal,
        key=key,
        fingerprint=fingerprint,
        status_code=response["statusCode"],
        headers=dict(response["headers"]),
        body=response["body"].encode(),
        expires_at=now() + _KEPT,
    )


def _keep(session: TenantSession, row: IdempotencyKey) -> None:
    # One that has expired makes room.
    session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.principal == row.principal, IdempotencyKey.key == row.key)
    )
    session.add(row)
    session.flush()


def _replayed(found: IdempotencyKey) -> Response:
    headers = dict(found.headers or {}) | {"Idempotent-Replayed": "true"}
    body = (found.body or b"").decode()
    return {"statusCode": found.status_code, "headers": headers, "body": body, "isBase64Encoded": False}
