"""WooCommerce's REST API, version 3."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.requests_client import OAuth1Auth  # type: ignore[import-untyped]
from requests.auth import AuthBase

from shared.platforms.errors import RefusedError
from shared.platforms.http import Answer, Credentials, send

PAGE = 100
"""The most that it gives or takes at a time."""
_ROOT = "/wp-json/wc/v3/"


def call(
    credentials: Credentials, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
) -> Answer:
    """Call an endpoint, such as `products/17`. GET is repeated when it gets no answer, nothing else is.

    Raises the errors of `shared.platforms.errors`.
    """
    url = credentials.api_url.rstrip("/") + _ROOT + path.lstrip("/")
    given = {name: _plain(value) for name, value in (params or {}).items()}
    return send(method, url, safe=method == "GET", auth=_auth(credentials), params=given or None, json=json)


def total_of(answer: Answer) -> int:
    """How many entities there are on all pages of a list. 0 when the shop does not say."""
    return int(answer.headers.get("X-WP-Total") or 0)


def pages_of(answer: Answer) -> int:
    """How many pages a list has."""
    return int(answer.headers.get("X-WP-TotalPages") or 0)


def pages(credentials: Credentials, path: str, params: Mapping[str, Any] | None = None) -> Iterator[list[Any]]:
    """A list's entities, page after page. One that grows in between may give one twice."""
    page = 1
    while True:
        answer = call(credentials, "GET", path, params={**(params or {}), "per_page": PAGE, "page": page})
        if not isinstance(answer.body, list):
            raise RefusedError("not_a_list", f"{path} answered something that is no list.", status=answer.status)
        if answer.body:
            yield answer.body
        if len(answer.body) < PAGE or page >= pages_of(answer):
            return
        page += 1


def _auth(credentials: Credentials) -> AuthBase | tuple[str, str]:
    """Basic where the line is encrypted. Over plain HTTP WooCommerce takes a signature alone, which shows no secret.

    It is in the query, since many hosts do not hand `Authorization` on.
    """
    if urlsplit(credentials.api_url).scheme == "https":
        return credentials.key, credentials.secret or ""
    signed: AuthBase = OAuth1Auth(credentials.key, credentials.secret or "", signature_type="QUERY")
    return signed


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
