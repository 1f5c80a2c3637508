"""One HTTP call to a connected shop: bounded in time and size, without redirects, cookies or proxies.

The address is one that a store's staff has typed, so that nothing of ours follows where its answers point.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from json import JSONDecodeError, loads
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from shared.models.base import now
from shared.models.enums import ExternalPlatform
from shared.platforms.errors import DeniedError, RefusedError, ThrottledError, UnreachableError
from shared.public_hosts import public_url_error

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 30
"""Seconds."""
MOST_BYTES = 20_000_000
"""Of an answer; a page of a hundred products is under one million."""
_AGENT = "StormCom/1.0"
_BUSY = frozenset({502, 503, 504})
_TRIES, _PAUSE = 3, 0.2
"""How often what is safe is asked, and seconds before the second time."""


class Credentials(Protocol):
    """What a shop is called with.

    WooCommerce: consumer key and secret. Shopify: `key` is the Admin API access token. `api_url` is the shop's address
    (`https://shop.example/path` of a WordPress site, `https://name.myshopify.com`).
    """

    @property
    def platform(self) -> ExternalPlatform:
        """Whose API it is."""

    @property
    def api_url(self) -> str:
        """Where."""

    @property
    def key(self) -> str:
        """Who we are."""

    @property
    def secret(self) -> str | None:
        """The proof of it."""

    @property
    def plain_permalinks(self) -> bool:
        """Whether a WordPress site has its API under `index.php` alone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a shop answered, below 300; `body` is JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any
    seconds: float = 0.0
    """How long it took."""


def send(  # noqa: PLR0913 - what a request is made of
    method: str,
    url: str,
    *,
    safe: bool,
    auth: AuthBase | tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
) -> Answer:
    """Call a shop. What is `safe` is asked up to three times, what may have an effect once.

    Raises UnreachableError, ThrottledError for 429, DeniedError for 401 and 403, RefusedError for what else is no
    success or an address inside our own network; `code` and `message` are the body's own where it has them.
    """
    # Asked at every call: a name that led to a shop yesterday may lead into our own network today.
    if wrong := public_url_error(url):
        raise RefusedError("address_refused", wrong)
    given = {"headers": {"Accept": "application/json", "User-Agent": _AGENT, **(headers or {})}, "params": params}
    for attempt in range(1, _TRIES + 1):
        try:
            # Prepared anew each time: a signature is good once.
            return _tried(method, url, auth=auth, json=json, **given)
        except UnreachableError as error:
            passing = error.code in ("timeout", "unreachable") or error.status in _BUSY
            if not safe or not passing or attempt == _TRIES:
                raise
        time.sleep(_PAUSE * 2 ** (attempt - 1))
    raise AssertionError("unreachable")


def _tried(method: str, url: str, **given: Any) -> Answer:
    begun = time.monotonic()
    try:
        response = _session().request(
            method, url, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), allow_redirects=False, stream=True, **given
        )
        with response:
            raw = _read(response)
    except (requests.Timeout, TimeoutError) as error:
        raise UnreachableError("timeout", "The shop did not answer in time.") from error
    except requests.RequestException as error:
        # Its text may hold the address with a signature in it.
        raise UnreachableError("unreachable", f"The shop cannot be reached ({type(error).__name__}).") from error
    return _judged(response, raw, time.monotonic() - begun)


@cache
def _session() -> requests.Session:
    session = requests.Session()
    # Neither proxies nor a .netrc of the environment, nor one shop's cookies at another's call.
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_connections=20))
    return session


def _read(response: requests.Response) -> bytes:
    """The body, unless it is too much or drips for ever."""
    begun, parts, size = time.monotonic(), list[bytes](), 0
    for part in response.iter_content(65_536):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise UnreachableError("answer_too_long", "The shop's answer is too long.", status=response.status_code)
        if time.monotonic() - begun > READ_TIMEOUT:
            raise TimeoutError
    return b"".join(parts)


def _judged(response: requests.Response, raw: bytes, seconds: float) -> Answer:
    status = response.status_code
    try:
        body = loads(raw) if raw else None
    except (JSONDecodeError, UnicodeDecodeError):
        body = None
    code, message = _told(body, status)
    if 300 <= status < 400:
        raise RefusedError("moved", "The address redirects to another; connect the shop under that one.", status=status)
    if status in (401, 403):
        raise DeniedError(code, message, status=status)
    if status == 429:
        raise ThrottledError(code, message, status=status, retry_after=_retry_after(response))
    if status in (408, 423, 425) or (status >= 500 and not _explained(code)):
        raise UnreachableError(code, message, status=status, retry_after=_retry_after(response))
    if status >= 400:
        raise RefusedError(code, message, status=status, data=body.get("data") if isinstance(body, dict) else None)
    if body is None:
        raise UnreachableError("not_json", "The shop's answer is not JSON.", status=status)
    return Answer(status, response.headers, body, seconds)


def _told(body: Any, status: int) -> tuple[str, str]:
    found = body if isinstance(body, dict) else {}
    return str(found.get("code") or f"http_{status}"), str(found.get("message") or f"The shop answered {status}.")


def _explained(code: str) -> bool:
    """WooCommerce answers 500 to some requests that it understood and will not do, such as refunding too much."""
    return code.startswith("woocommerce_rest_")


def _retry_after(response: requests.Response) -> float | None:
    """Seconds; the header holds them or a date."""
    value = response.headers.get("Retry-After", "")
    try:
        return float(value)
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - now()).total_seconds())
    except (ValueError, TypeError):
        return None
