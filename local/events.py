"""HTTP to API Gateway's payload format 2.0 and back, as an HTTP API does it; the context beside the event."""

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

MAX_HEADER_BYTES = 10_240
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024
ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
API_ID = "local"

# Measured on AWS by others: even form bodies arrive in base64 on an HTTP API.
_TEXT = re.compile(r"text/.*|application/(json|xml|javascript)")
_ABSENT_WHEN_EMPTY = ("cookies", "queryStringParameters", "pathParameters", "body")
# API Gateway ends the client's connection and opens its own, so these never travel on.
_CONNECTION_HEADERS = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class MalformedResponseError(Exception):
    """A function's result is not a response that API Gateway would pass on."""


@dataclass(frozen=True)
class LambdaContext:
    """What the Lambda runtime hands a function beside the event; `deadline` is in seconds on the monotonic clock."""

    function_name: str
    memory_limit_in_mb: int
    aws_request_id: str
    deadline: float
    function_version: str = "$LATEST"
    log_stream_name: str = "local"

    @property
    def invoked_function_arn(self) -> str:
        """The ARN that the function would have."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """The log group that the function would write to."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout, never below zero."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def request_path(request: Request) -> str:
    """The decoded path with every slash kept, which neither `Request.path` nor PATH_INFO promises."""
    target = str(request.environ.get("REQUEST_URI", "")).partition("?")[0]
    return unquote(target) if target.startswith("/") else request.path


def header_bytes(request: Request) -> int:
    """How many bytes the request line and the headers took on the wire."""
    target = str(request.environ.get("REQUEST_URI") or request.full_path)
    line = len(f"{request.method} {target} HTTP/1.1\r\n")
    return line + sum(len(f"{name}: {value}\r\n") for name, value in request.headers.items())


def build_event(
    request: Request, route_key: str, path_parameters: Mapping[str, str], *, now: datetime, request_id: str
) -> dict[str, Any]:
    """The payload 2.0 event for a request; `now` carries its time zone. Reads the whole body."""
    body, is_base64 = _body(request)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request_path(request),
        "rawQueryString": request.query_string.decode("latin-1"),
        "cookies": [cookie.strip() for cookie in request.headers.get("Cookie", "").split(";") if cookie.strip()],
        "headers": _headers(request, now, request_id),
        "queryStringParameters": {name: ",".join(values) for name, values in request.args.lists()},
        "pathParameters": dict(path_parameters),
        "requestContext": _context(request, route_key, now, request_id),
        "body": body,
        "isBase64Encoded": is_base64,
    }
    return {key: value for key, value in event.items() if value or key not in _ABSENT_WHEN_EMPTY}


def _body(request: Request) -> tuple[str, bool]:
    data = request.get_data()
    if not data or _TEXT.fullmatch(request.mimetype):
        try:
            return data.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(data).decode(), True


def _headers(request: Request, now: datetime, request_id: str) -> dict[str, str]:
    sent = {name.lower(): value for name, value in request.headers.items()}
    kept = {name: value for name, value in sent.items() if name != "cookie" and name not in _CONNECTION_HEADERS}
    hops = [sent["x-forwarded-for"]] if "x-forwarded-for" in sent else []
    trace_id = f"Root=1-{int(now.timestamp()):08x}-{request_id.replace('-', '')[:24]}"
    return {
        "x-amzn-trace-id": trace_id,
        **kept,
        "content-length": str(len(request.get_data())),
        "x-forwarded-for": ", ".join([*hops, _source_ip(request)]),
        "x-forwarded-port": str(request.environ.get("SERVER_PORT", "80")),
        "x-forwarded-proto": request.scheme,
    }


def _context(request: Request, route_key: str, now: datetime, request_id: str) -> dict[str, Any]:
    domain = re.sub(r":\d+$", "", request.headers.get("Host", "")).lower()
    return {
        "accountId": ACCOUNT_ID,
        "apiId": API_ID,
        "domainName": domain,
        "domainPrefix": domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": request_path(request),
            "protocol": str(request.environ.get("SERVER_PROTOCOL", "HTTP/1.1")),
            "sourceIp": _source_ip(request),
            "userAgent": request.headers.get("User-Agent", ""),
        },
        "requestId": request_id,
        "routeKey": route_key,
        "stage": "$default",
        "time": now.strftime("%d/%b/%Y:%H:%M:%S %z"),
        "timeEpoch": int(now.timestamp() * 1000),
    }


def _source_ip(request: Request) -> str:
    return request.remote_addr or "127.0.0.1"


def build_response(result: Any) -> Response:
    """What API Gateway makes of a function's result.

    Raises MalformedResponseError, and TypeError when the result is not JSON.
    """
    payload = json.dumps(result)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MalformedResponseError(f"the result has {len(payload)} bytes, Lambda allows {MAX_PAYLOAD_BYTES}")
    plain = json.loads(payload)
    if isinstance(plain, dict) and "statusCode" in plain:
        return _proxied(plain)
    return Response(plain if isinstance(plain, str) else payload, 200, content_type="application/json")


def message_response(status: int, message: str) -> Response:
    """An error as API Gateway itself words it."""
    return Response(json.dumps({"message": message}, separators=(",", ":")), status, content_type="application/json")


def _proxied(result: dict[str, Any]) -> Response:
    status = result["statusCode"]
    if type(status) is not int or not 200 <= status <= 599:
        raise MalformedResponseError(f"statusCode must be a number from 200 to 599, found {status!r}")
    headers = _response_headers(result.get("headers") or {})
    cookies = result.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise MalformedResponseError("cookies must be a list of strings")
    for cookie in cookies:
        headers.add("set-cookie", cookie)
    headers.setdefault("content-type", "text/plain;charset=UTF-8")
    return Response(_response_body(result), status, headers)


def _response_headers(declared: Any) -> Headers:
    headers = Headers()
    if not isinstance(declared, dict):
        raise MalformedResponseError("headers must be an object")
    for name, value in declared.items():
        if not isinstance(value, str | int | float):
            raise MalformedResponseError(f"header {name} must be a string, a number or a boolean")
        if name.lower() not in _CONNECTION_HEADERS:
            headers.add(name, json.dumps(value) if isinstance(value, bool) else str(value))
    return headers


def _response_body(result: dict[str, Any]) -> bytes:
    body = result.get("body") or ""
    if not isinstance(body, str):
        raise MalformedResponseError(f"body must be a string, found {type(body).__name__}")
    # binascii.Error is a ValueError: whatever is wrong with the text ends as API Gateway's 500.
    return base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
