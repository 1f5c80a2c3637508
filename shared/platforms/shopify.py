"""Shopify's GraphQL Admin API.

Calls are paid from a bucket of points for each shop, which fills by so many a second. What the bucket held after the
last call is remembered, so that a call which it cannot pay waits instead of being refused.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.platforms.errors import DeniedError, PlatformError, RefusedError, ThrottledError, UnreachableError
from shared.platforms.http import Credentials, send

API_VERSION = "2026-04"
"""Quarterly, supported for a year. From this one on stock is changed with `@idempotent` and `changeFromQuantity`."""
LONGEST_WAIT = 10.0
"""Seconds that a call waits for the bucket at most; a longer wait is the queue's."""
_GUESS = 50.0
"""Points of a call whose cost nobody has seen yet."""


@dataclass(slots=True)
class _Bucket:
    """A shop's points as they were at a moment of the monotonic clock."""

    available: float
    restore_rate: float
    at: float

    def lacks(self, points: float) -> float:
        """Seconds until it holds so many."""
        held = self.available + (time.monotonic() - self.at) * self.restore_rate
        return max(0.0, (points - held) / self.restore_rate)


_buckets: dict[str, _Bucket] = {}
_costs: dict[str, float] = {}


def query(credentials: Credentials, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Run a query or mutation. Returns `data`.

    Raises RefusedError with the code of the first of the `userErrors` (in lower case; `data` has them all) or of
    `errors`, and otherwise the errors of `shared.platforms.errors`.
    """
    for attempt in (1, 2, 3):
        _wait(credentials.api_url, _costs.get(document, _GUESS))
        try:
            return _ask(credentials, document, variables or {})
        except ThrottledError as error:
            # Refused before it did anything, so that even a mutation goes again.
            if attempt == 3 or error.retry_after is None or error.retry_after > LONGEST_WAIT:
                raise
            time.sleep(error.retry_after)
    raise AssertionError("unreachable")


def _wait(shop: str, points: float) -> None:
    bucket = _buckets.get(shop)
    seconds = bucket.lacks(points) if bucket else 0.0
    if seconds > LONGEST_WAIT:
        raise ThrottledError("throttled", "The shop's limit of calls is used up.", retry_after=seconds)
    if seconds:
        time.sleep(seconds)


def _ask(credentials: Credentials, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    answer = send(
        "POST",
        f"{credentials.api_url.rstrip('/')}/admin/api/{API_VERSION}/graphql.json",
        safe=not document.lstrip().startswith("mutation"),
        headers={"X-Shopify-Access-Token": credentials.key},
        json={"query": document, "variables": dict(variables)},
    )
    body = answer.body if isinstance(answer.body, dict) else {}
    _note_cost(credentials.api_url, document, body)
    if errors := body.get("errors"):
        raise _failure(errors, credentials.api_url, document)
    data = body.get("data")
    if not isinstance(data, dict):
        raise UnreachableError("no_data", "Shopify answered without data.", status=answer.status)
    _refuse_user_errors(data)
    return data


def _note_cost(shop: str, document: str, body: Mapping[str, Any]) -> None:
    cost = (body.get("extensions") or {}).get("cost") or {}
    if cost.get("requestedQueryCost"):
        _costs[document] = float(cost["requestedQueryCost"])
    status = cost.get("throttleStatus")
    if status and status.get("restoreRate"):
        available, rate = float(status["currentlyAvailable"]), float(status["restoreRate"])
        _buckets[shop] = _Bucket(available, rate, time.monotonic())


def _failure(errors: Any, shop: str, document: str) -> PlatformError:
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {"message": errors}
    code = str((first.get("extensions") or {}).get("code") or "graphql_error")
    message = str(first.get("message"))
    if code == "THROTTLED":
        bucket = _buckets.get(shop)
        seconds = bucket.lacks(_costs.get(document, _GUESS)) if bucket else 1.0
        return ThrottledError("throttled", message, retry_after=max(seconds, 0.05))
    if code == "ACCESS_DENIED":
        return DeniedError("access_denied", message)
    if code in ("INTERNAL_SERVER_ERROR", "TIMEOUT", "SHOP_INACTIVE"):
        return UnreachableError(code.lower(), message)
    return RefusedError(code.lower(), message, data=errors)


def _refuse_user_errors(data: Mapping[str, Any]) -> None:
    for root in data.values():
        found = root.get("userErrors") if isinstance(root, dict) else None
        if not found:
            continue
        first = found[0]
        where = ".".join(map(str, first.get("field") or []))
        code = str(first.get("code") or "user_error").lower()
        raise RefusedError(code, f"{where}: {first.get('message')}" if where else str(first.get("message")), data=found)


def gid(kind: str, number: str) -> str:
    """Shopify's global id: `gid://shopify/Product/1`. What is one already stays."""
    return number if number.startswith("gid://") else f"gid://shopify/{kind}/{number}"


def number_of(identifier: str) -> str:
    """The number in a global id, as webhooks have it."""
    return re.sub(r"^gid://shopify/\w+/", "", identifier).split("?", maxsplit=1)[0]
