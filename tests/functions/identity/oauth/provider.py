"""A small OpenID Connect provider, over HTTP on this machine: it checks what it is sent, and lies when told to."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from shared.models.base import now

CLIENT_ID, CLIENT_SECRET = "shop-client", "very-secret-indeed"
REDIRECT_URI = "https://app.example.com/oauth/google"
ACCESS_TOKEN = "access-token-of-nobody-else"
Claims = dict[str, Any]


class OidcProvider:
    """One client, and everybody signs in as whom they say they are."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key = a_key("first")
        self.published = [self.key]
        self.auth_methods: list[str] | None = None
        self.metadata: Claims = {}
        """What the discovery document says otherwise."""
        self.claims: Claims = {}
        """What the ID token says otherwise; None leaves a claim out."""
        self.sign: Callable[[Claims], str] = self.signed
        self.answers: dict[str, Callable[[], Response]] = {}
        """Other answers, by path."""
        self.userinfo: Claims = {}
        self.asked: list[str] = []
        self.when_asked: Callable[[str], None] = lambda path: None
        self.released = Event()
        self._codes: dict[str, tuple[dict[str, str], Claims]] = {}

    def sign_in(self, url: str, person: Claims) -> dict[str, str]:
        """What the browser's address says once somebody has signed in: `state` and `code`."""
        sent = requests.get(url, headers={"X-Person": json.dumps(person)}, allow_redirects=False, timeout=10)
        assert sent.status_code == 302, sent.text
        address = urlsplit(sent.headers["Location"])
        assert f"{address.scheme}://{address.netloc}{address.path}" == REDIRECT_URI
        return dict(parse_qsl(address.query))

    def signed(self, claims: Claims, key: RSAKey | None = None, kid: str | None = None) -> str:
        """An ID token."""
        key = key or self.key
        return jwt.encode({"alg": "RS256", "kid": kid or key.kid}, claims, key)

    def rotate(self) -> None:
        """Sign with another key from now on, and forget the one before."""
        self.key = a_key("second")
        self.published = [self.key]

    def answer(self, request: Request) -> Response:
        """What the server says."""
        self.asked.append(request.path)
        self.when_asked(request.path)
        if request.path in self.answers:
            return self.answers[request.path]()
        pages: dict[str, Callable[[Request], Response]] = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": self._keys,
            "/authorize": self._authorize,
            "/token": self._token,
            "/userinfo": self._userinfo,
        }
        return pages[request.path](request)

    def _discovery(self, _request: Request) -> Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        if self.auth_methods is not None:
            document |= {"token_endpoint_auth_methods_supported": self.auth_methods}
        return _json(document | self.metadata)

    def _keys(self, _request: Request) -> Response:
        return _json({"keys": [key.as_dict(private=False) for key in self.published]})

    def _authorize(self, request: Request) -> Response:
        asked = dict(request.args)
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, REDIRECT_URI)
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked, json.loads(request.headers["X-Person"])
        address = f"{REDIRECT_URI}?{urlencode({'state': asked['state'], 'code': code})}"
        return Response(status=302, headers={"Location": address})

    def _token(self, request: Request) -> Response:
        if not self._is_client(request):
            return _json({"error": "invalid_client"}, 401)
        sent = request.form
        asked, person = self._codes.pop(sent.get("code", ""), ({}, {}))
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        is_good = (
            sent.get("grant_type") == "authorization_code"
            and sent.get("redirect_uri") == asked.get("redirect_uri")
            and asked.get("code_challenge") == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        )
        if not is_good:
            return _json({"error": "invalid_grant", "error_description": "PRIVATE WORDS OF THE PROVIDER"}, 400)
        id_token = self.sign(self._claims(asked, person))
        return _json({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 3600, "id_token": id_token})

    def _claims(self, asked: dict[str, str], person: Claims) -> Claims:
        moment = int(now().timestamp())
        usual = {"iss": self.issuer, "aud": CLIENT_ID, "iat": moment, "exp": moment + 300, "nonce": asked["nonce"]}
        return {name: value for name, value in {**usual, **person, **self.claims}.items() if value is not None}

    def _is_client(self, request: Request) -> bool:
        if "client_secret_basic" in (self.auth_methods or ["client_secret_basic"]):
            given = request.authorization
            return given is not None and (given.username, given.password) == (CLIENT_ID, CLIENT_SECRET)
        sent = request.form
        return (sent.get("client_id"), sent.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)

    def _userinfo(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {ACCESS_TOKEN}":
            return _json({"error": "invalid_token"}, 401)
        return _json(self.userinfo)


def unsigned(claims: Claims) -> str:
    """An ID token of algorithm none."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def signed_with_public_key(claims: Claims) -> str:
    """An ID token whose shared secret is the provider's public key, as everybody knows it."""
    key = a_key("first")
    content = f"{_part({'alg': 'HS256', 'kid': key.kid})}.{_part(claims)}"
    digest = hmac.digest(key.as_pem(private=False), content.encode(), hashlib.sha256)
    return f"{content}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


@cache
def a_key(kid: str) -> RSAKey:
    """A key of this name: making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@contextmanager
def serving() -> Iterator[OidcProvider]:
    """A provider that listens meanwhile."""
    provider = OidcProvider()
    application = Request.application(provider.answer)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Silent)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")


def _part(content: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
