"""RFC 9457 problem details as API Gateway responses."""

import json
from collections.abc import Mapping
from typing import Any

from shared.errors import ProblemError

TYPE = "https://stormcom.dev/problems/"
MEDIA_TYPE = "application/problem+json"


def problem_body(error: ProblemError, event: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a problem; `errors` only when there are any."""
    body: dict[str, Any] = {
        "type": TYPE + error.code.replace("_", "-"),
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id(event),
    }
    return body | ({"errors": error.errors} if error.errors else {}) | error.members


def problem_headers(error: ProblemError) -> dict[str, str]:
    """The headers of a problem; no cache may keep one."""
    return {"Cache-Control": "no-store"} | error.headers


def problem_response(error: ProblemError, event: Mapping[str, Any]) -> dict[str, Any]:
    """A problem as the whole answer."""
    body = problem_body(error, event)
    headers = {"Content-Type": MEDIA_TYPE} | problem_headers(error)
    return {"statusCode": error.status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}


def unexpected() -> ProblemError:
    """What a caller is told of a fault of ours: nothing of its cause, which the log holds under the request id."""
    return ProblemError("internal_error", "The fault is ours and has been logged; quote request_id if you report it.")


def request_id(event: Mapping[str, Any]) -> str:
    """API Gateway's id of the request, or empty."""
    return str(event.get("requestContext", {}).get("requestId", ""))
