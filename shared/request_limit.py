"""Requests a minute, by the store's plan: one counter a store, one round trip a request (decision 0011)."""

import math
from datetime import timedelta

from sqlalchemy import Integer, bindparam, text

from shared.column_types import UtcDateTime
from shared.database import execute_alone, function_engine
from shared.errors import TooManyError
from shared.models.base import now

# A function whose clock is a little behind counts into the running minute.
_COUNT = (
    text(
        "INSERT INTO request_counts AS c (id, window_start, count) VALUES (:store_id, :minute, 1) "
        "ON CONFLICT (id) DO UPDATE SET "
        "count = CASE WHEN excluded.window_start > c.window_start THEN 1 ELSE c.count + 1 END, "
        "window_start = CASE WHEN excluded.window_start > c.window_start THEN excluded.window_start "
        "ELSE c.window_start END RETURNING count AS requests"
    )
    .bindparams(bindparam("minute", type_=UtcDateTime()))
    .columns(requests=Integer())
)


def count_request(store_id: str, limit: int) -> dict[str, str]:
    """Count a request of a store, and return the headers that tell of its limit a minute.

    It is committed at once: a refused or failed request counts as well, and none holds the counter while it runs.
    Raises TooManyError over the limit.
    """
    moment = now()
    minute = moment.replace(second=0, microsecond=0)
    count = execute_alone(function_engine(), _COUNT, {"store_id": store_id, "minute": minute}).requests
    left = math.ceil((minute + timedelta(minutes=1) - moment).total_seconds())
    headers = {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(max(0, limit - count)),
        "RateLimit-Reset": str(left),
    }
    if count > limit:
        error = TooManyError(
            "too_many_requests", f"The plan allows {limit} requests a minute; wait {left} s.", retry_after=left
        )
        error.headers |= headers
        raise error
    return headers
