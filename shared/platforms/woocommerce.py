"""WooCommerce's REST API, version 3."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from authlib.integrations.requests_client import OAuth1Auth  # type: ignore[import-untyped]
from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from shared.platforms.errors import RefusedError, ThrottledError
from shared.platforms.http import Answer, Credentials, send

LONGEST_WAIT = 3.0
"""Seconds that a call waits at most for a host that counts calls; a longer wait is the queue's."""
_PATIENCE = 3
PAGE = 100
"""The most that it gives or takes at a time."""
_ROOT = "/wp-json/wc/v3/"
_PLAIN_ROOT = "/index.php"
"""Of a site with plain permalinks. Not `/`: over HTTP WooCommerce signs that without its slash, as nobody else does."""
_DATE = len("Thu, 26 Nov 2026 04:50:57 GMT")
_MARK = "wp-json/wc/"
"""WooCommerce up to 11.0 looks for this in the address before it looks at any key."""


def call(
    credentials: Credentials, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
) -> Answer:
    """Call an endpoint, such as `products/17`. GET is repeated when it gets no answer, nothing else is.

    A host that counts calls is waited for, when it asks for no more than a few seconds: what takes many calls would
    never come to an end otherwise. Raises the errors of `shared.platforms.errors`.
    """
    given = {name: _plain(value) for name, value in (params or {}).items()}
    root = credentials.api_url.rstrip("/")
    if credentials.plain_permalinks:
        url, given = root + _PLAIN_ROOT, {"rest_route": f"/wc/v3/{path.lstrip('/')}", "_": _MARK, **given}
    else:
        url = root + _ROOT + path.lstrip("/")
    for waited in range(_PATIENCE + 1):
        try:
            return send(method, url, safe=method == "GET", auth=_Auth(credentials), params=given or None, json=json)
        except ThrottledError as error:
            # It did nothing, so that whatever was asked for may be asked for again.
            if waited == _PATIENCE or error.retry_after is None or error.retry_after > LONGEST_WAIT:
                raise
            time.sleep(error.retry_after)
    raise AssertionError("unreachable")


def total_of(answer: Answer) -> int:
    """How many entities there are on all pages of a list. 0 when the shop does not say."""
    return int(answer.headers.get("X-WP-Total") or 0)


def pages_of(answer: Answer) -> int:
    """How many pages a list has."""
    return int(answer.headers.get("X-WP-TotalPages") or 0)


def begun(answer: Answer) -> datetime | None:
    """When a shop began to answer at the earliest, by its own clock; None when it does not say."""
    try:
        # A proxy may add its own behind it.
        found = parsedate_to_datetime(answer.headers.get("Date", "")[:_DATE])
    except ValueError:
        return None
    return found - timedelta(seconds=answer.seconds) if found.tzinfo else None


def pages(credentials: Credentials, path: str, params: Mapping[str, Any] | None = None) -> Iterator[list[Any]]:
    """A list's entities, page after page. One that grows in between may give one twice.

    A page may hold fewer than were asked for, and is not the last: those that cannot be read are left out.
    """
    page = 1
    while True:
        answer = call(credentials, "GET", path, params={**(params or {}), "per_page": PAGE, "page": page})
        if not isinstance(answer.body, list):
            raise RefusedError("not_a_list", f"{path} answered something that is no list.", status=answer.status)
        if answer.body:
            yield answer.body
        if page >= pages_of(answer) if "X-WP-TotalPages" in answer.headers else len(answer.body) < PAGE:
            return
        page += 1


class _Auth(AuthBase):
    """Basic where the line is encrypted. Over plain HTTP WooCommerce takes a signature alone, which shows no secret.

    It is in the query, since many hosts do not hand `Authorization` on.
    """

    def __init__(self, credentials: Credentials) -> None:
        key, secret = credentials.key, credentials.secret or ""
        is_encrypted = urlsplit(credentials.api_url).scheme == "https"
        self._sign = HTTPBasicAuth(key, secret) if is_encrypted else OAuth1Auth(key, secret, signature_type="QUERY")

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        signed: PreparedRequest = self._sign(request)
        # Escaped it is not found; what is signed is the same.
        signed.url = (signed.url or "").replace(quote(_MARK, safe=""), _MARK)
        return signed


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
